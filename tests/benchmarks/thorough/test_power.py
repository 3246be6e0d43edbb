"""The corpus benchmark counts honestly: fake checkers whose scores are known, then real pairs."""

import json
import re
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks import checkers, power, power_summary, scores
from benchmarks.checkers import ACCEPTED, CANNOT_RUN, OURS, REFERENCE, REJECTED, Answer
from benchmarks.corpus import CORPUS
from benchmarks.scores import RIGHT, WRONG, Row

NAMED = {pair.name: pair for pair in CORPUS}
PAIRS = tuple(CORPUS[:4])
# quick ones: a hidden wrong branch, a contraction, a custom_jvp
QUICK = ("relu_ratio", "cross_order", "silu_output")


def reject_all(pair, fun, example):
    return Answer(REJECTED, "no", ("agreement: sign",))


def accept_all(pair, fun, example):
    return Answer(ACCEPTED)


def refuse_all(pair, fun, example):
    raise TypeError("not this one\nnor any other")


def scored(checker):
    return scores.score(list(power.run(PAIRS, {OURS: checker}, "float32")))


def row(**changes):
    fields = {"pair": "p", "family": "f", "hidden": False, "expected": "sign", "dtype": "float32", "checker": OURS}
    fields |= {"which": WRONG, "verdict": REJECTED, "detail": "", "codes": (), "seconds": 1.0}
    return Row(**(fields | changes))


def test_a_checker_that_rejects_everything_kills_all_and_nets_nothing():
    s = scored(reject_all)
    assert (s.pairs, s.killed, s.accepted, s.netted, s.cannot_run) == (4, 4, 0, 0, 0)


def test_a_checker_that_accepts_everything_nets_nothing():
    s = scored(accept_all)
    assert (s.pairs, s.killed, s.accepted, s.netted, s.cannot_run) == (4, 0, 4, 0, 0)


def test_a_checker_that_raises_has_neither_rejected_nor_accepted():
    rows = list(power.run(PAIRS, {OURS: refuse_all}, "float32"))
    s = scores.score(rows)
    assert (s.pairs, s.killed, s.accepted, s.netted, s.cannot_run) == (4, 0, 0, 0, 8)
    assert {(r.verdict, r.detail) for r in rows} == {(CANNOT_RUN, "TypeError: not this one")}


def test_a_pair_counts_as_netted_only_when_both_verdicts_are_right():
    rows = [row(), row(which=RIGHT, verdict=ACCEPTED, hidden=False)]
    rows += [row(pair="hidden", hidden=True), row(pair="hidden", hidden=True, which=RIGHT, verdict=ACCEPTED)]
    rows += [row(pair="accused"), row(pair="accused", which=RIGHT)]
    rows += [row(pair="half")]  # its right function was never asked about
    s = scores.score(rows)
    assert (s.pairs, s.killed, s.netted, s.hidden, s.hidden_netted) == (3, 3, 2, 1, 1)


def test_a_diagnosis_is_right_when_the_fault_is_called_by_its_name():
    twice = row(codes=("agreement: unnamed", "agreement: zero", "vmap = loop: sign"))
    assert scores.diagnosed(row(codes=("agreement: sign",)), first=True)
    assert scores.diagnosed(twice, first=False)
    assert not scores.diagnosed(twice, first=True)
    assert not scores.diagnosed(row(codes=("agreement: unnamed",)), first=False)
    assert not scores.diagnosed(row(), first=False)


def test_a_fault_without_a_name_is_right_when_no_name_is_put_to_it():
    assert scores.diagnosed(row(expected=None, codes=("agreement: unnamed", "second order: second-order")), first=True)
    assert not scores.diagnosed(row(expected=None, codes=("agreement: unnamed", "agreement: zero")), first=True)


def test_the_time_ratio_is_the_median_over_the_pairs_of_right_rules():
    rows = []
    for pair, (mine, theirs) in {"a": (2.0, 1.0), "b": (12.0, 4.0), "c": (50.0, 1.0)}.items():
        rows += [row(pair=pair, which=RIGHT, seconds=mine)]
        rows += [row(pair=pair, which=RIGHT, seconds=theirs, checker=REFERENCE), row(pair=pair, seconds=1e6)]
    assert scores.time_ratio(rows) == 3.0
    assert scores.time_ratio([row(which=RIGHT)]) is None


def test_what_another_run_kills_beyond_this_one_is_found():
    here = [row(), row(pair="missed", verdict=ACCEPTED)]
    more = [row(), row(pair="missed"), row(pair="not run here")]
    assert scores.lost(here, more) == [("missed", "float32")]
    assert scores.lost(more, here) == []


def test_a_score_of_no_pair_is_refused():
    with pytest.raises(ValueError, match="at least one pair; got none"):
        scores.score([row()])


def test_every_call_gets_a_fresh_function_and_checkers_take_turns_to_be_first():
    seen = []

    def spy(name):
        return lambda pair, fun, example: seen.append((pair.name, name, fun)) or Answer(ACCEPTED)

    list(power.run(PAIRS[:2], {"a": spy("a"), "b": spy("b")}, "float32"))
    assert [name for _, name, _ in seen] == ["a", "a", "b", "b", "b", "b", "a", "a"]
    assert len({id(fun) for *_, fun in seen}) == 8


def test_float64_examples_are_checked_with_64_bit_types_on_and_leave_them_as_they_were():
    seen = []

    def spy(pair, fun, example):
        seen.append((jax.dtypes.canonicalize_dtype(np.float64), example[0].dtype))
        return Answer(ACCEPTED)

    list(power.run(PAIRS[:1], {OURS: spy}, "float64"))
    assert set(seen) == {(np.dtype("float64"), np.dtype("float64"))}
    assert not jax.config.jax_enable_x64


def test_the_peers_see_floating_leaves_only():
    pair = NAMED["cross_entropy_mean"]
    of_floats, floats = checkers.on_floats(pair.make_right(), pair.example(np.float32))
    assert [x.dtype for x in floats] == ["float32"]
    np.testing.assert_allclose(of_floats(*floats), pair.primal(*pair.example(np.float32)), rtol=1e-6)


def test_a_peer_rejects_a_rule_that_is_wrong_at_the_example_and_accepts_its_twin():
    pair, check = NAMED["cross_order"], checkers.check_grads(1)
    found = [checkers.cold(check, pair, make, pair.example(np.float32)) for make in (pair.make_right, pair.make_wrong)]
    assert [answer.verdict for answer in found] == [ACCEPTED, REJECTED]
    assert all(answer.seconds > 0 for answer in found)


def test_without_chex_its_rows_name_the_extra_and_the_others_are_measured(monkeypatch):
    monkeypatch.setitem(sys.modules, "chex", None)
    found, missing = checkers.checkers(None)
    assert {"chex order 1", "chex order 2"} <= set(missing)
    assert "jaxcnn[bench]" in missing["chex order 1"]
    assert {OURS, REFERENCE} <= set(found)


@pytest.mark.parametrize("name", QUICK)
def test_check_rule_nets_a_pair_and_names_its_fault(name):
    rows = list(power.run([NAMED[name]], checkers.checkers(None, [OURS])[0], "float32"))
    s = scores.score(rows)
    assert (s.netted, s.diagnosed_any) == (1, 1)


def test_saved_answers_give_the_same_tables(tmp_path, capsys, monkeypatch):
    fakes = {OURS: accept_all, REFERENCE: reject_all}, {"chex order 1": "chex is not installed"}
    monkeypatch.setattr(checkers, "checkers", lambda budget, names: fakes)
    file = tmp_path / "rows.json"
    assert power.main(["--dtype", "float32", "--shard", "0/60", "--json", str(file)]) == 0
    first, marked, missing = capsys.readouterr().out.partition("\n\nnot measured\n")
    assert marked
    assert "chex is not installed" in missing
    assert power.main(["--read", str(file)]) == 0
    assert capsys.readouterr().out.rstrip() == first
    assert len(json.loads(file.read_text())["answers"]) == 4 * len(CORPUS[::60])


def test_of_a_part_of_the_corpus_nothing_is_claimed_and_of_the_whole_all():
    part, whole = (power_summary.rows([row(), row(which=RIGHT, verdict=ACCEPTED)], whole=n) for n in (2, 1))
    assert not any(row.least for row in part)
    assert {one.what: one.least for one in whole if one.least} == {
        "check_rule: told apart": 0.97,
        "check_rule: right accepted": 1.0,
        "check_rule: fault named": 0.8,
    }
    assert [one.holds for one in whole] == [True, True, False]


def test_a_claim_about_the_whole_corpus_that_does_not_hold_makes_the_exit_code_1(tmp_path):
    answers = [row(pair=p.name, which=w, verdict=ACCEPTED) for p in CORPUS for w in (RIGHT, WRONG)]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({"answers": [vars(answer) for answer in answers]}))
    assert power.main(["--read", str(file)]) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shard", "3/3"], r"a shard is K/N with 0 <= K < N; got '3/3'"),
        (["--budget", "0"], r"a budget is a positive number of seconds; got '0'"),
        (["--only", "no such pair"], r"no pair is left by --only no such pair"),
        (["--read", "nowhere.json"], r"nowhere\.json"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_sentence_with_exit_code_2(words, message, capsys):
    try:
        code = power.main(words)
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert re.search(message, capsys.readouterr().err)
