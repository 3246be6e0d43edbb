"""The mutation benchmark on a few mutants of small rules: `check_rule` notices all, `check_grads` is shown the same."""

import json
import shutil

import jax
import pytest

from benchmarks import mutation
from jaxcnn.verification.cases import CASES


def case(rule):
    return next(case for case in CASES if case.rule == rule)


@pytest.mark.parametrize("rule", ["tanh"])
def test_check_rule_notices_every_mutant_of_a_sample(rule):
    row = mutation.measure(case(rule), 3)
    assert row.ours.survivors == ()
    assert len(row.ours.killed) == len(row.mutants.different) == 3
    assert {score.total for score in row.grads} == {3}


def test_a_check_that_rejects_the_right_rule_has_no_score(monkeypatch):
    def rejects(*_, **__):
        raise AssertionError("not close")

    monkeypatch.setattr(mutation, "check_grads", rejects)
    row = mutation.measure(case("relu"), 2)
    assert row.grads == (None, None)
    assert row.cells()[5:7] == ("rejects right", "rejects right")


def test_each_run_keeps_its_compilations_in_its_own_folder(tmp_path):
    for factor in (3.0, 5.0):
        folder = tmp_path / str(factor)
        folder.mkdir()
        with mutation.compilations_kept(str(folder)):
            jax.jit(lambda x, factor=factor: x * factor + 1)(1.0)
        assert any(folder.iterdir())
        shutil.rmtree(folder)
    assert jax.config.jax_compilation_cache_dir != str(folder)


def test_the_command_prints_a_table_and_writes_every_mutant(tmp_path, capsys):
    file = tmp_path / "score.json"
    assert mutation.main(["--only", "flatten", "--limit", "2", "--mutants", str(file)]) == 0
    header, row, total = capsys.readouterr().out.splitlines()[:3]
    assert header.split()[:2] == ["rule", "mutants"]
    assert row.split()[:2] == ["flatten", "2"]
    assert total.split()[0] == "all"
    score = json.loads(file.read_text())["cases"]["flatten"]["check_rule"]
    assert len(score["killed"]) == 2
    assert all(mutant["diff"] for mutant in score["killed"])
