"""The Jacobian benchmark runs at small networks, and judges claims by what it measures."""

from benchmarks import jacobians
from benchmarks.interleaved import Timing


def test_it_runs_at_small_networks_and_judges_nothing_there(capsys):
    assert jacobians.main(["--smoke"]) == 0
    printed = capsys.readouterr().out
    assert "jacrev of Flax" in printed
    assert printed.count("not judged") == 4


def test_a_claim_that_does_not_hold_ends_in_exit_status_1(capsys, monkeypatch):
    def slow(problem, rounds):
        claim = jacobians.Claim("gradients at most 1.2 compiled fills", "1.30", False)
        return [claim], {"gradients": Timing((1.0,))}

    monkeypatch.setattr(jacobians, "gradient_claims", slow)
    monkeypatch.setattr(jacobians, "input_claims", lambda problem, rounds: ([], {}))
    assert jacobians.main([]) == 1
    assert capsys.readouterr().out.split()[-2:] == ["1.30", "NO"]
