"""The Jacobian benchmark runs at small networks, and judges claims by what it measures."""

from benchmarks import jacobians
from benchmarks.record import Row


def test_it_runs_at_small_networks_and_judges_nothing_there(capsys):
    assert jacobians.main(["--smoke"]) == 0
    printed = capsys.readouterr().out
    assert "jacrev of Flax" in printed
    assert not {"yes", "NO"} & set(printed.split())


def test_a_claim_that_does_not_hold_ends_in_exit_status_1(capsys, monkeypatch):
    missed = Row("gradients", "closed form", 1.0, "s", beside="fill", ratio=0.7, least=1 / 1.2, floor=True)
    monkeypatch.setattr(jacobians, "gradient_rows", lambda problem, rounds: [missed])
    monkeypatch.setattr(jacobians, "input_rows", lambda problem, rounds: [])
    assert jacobians.main([]) == 1
    assert capsys.readouterr().out.split()[-3:] == ["0.7", "0.833", "NO"]
