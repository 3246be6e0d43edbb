"""What README.md quotes of faults that checkers notice, of which file, and how the words are made from it."""

from benchmarks import scores
from benchmarks.checkers import OURS
from benchmarks.scores import Row


def answers(saved, checker=OURS, dtype=None):
    return [r for r in map(Row.load, saved["answers"]) if r.checker == checker and dtype in (None, r.dtype)]


def netted(saved, checker, dtype):
    return scores.score(answers(saved, checker, dtype)).netted


def named_of_100(saved):
    score = scores.score(answers(saved))
    return round(100 * score.diagnosed_any / score.killed)


def total(saved, key, fair="mutants"):
    return sum(row[key] for row in saved["configurations"] if row[fair] is not None)


QUOTED = [
    (
        "174 right and wrong twins",
        "power",
        lambda s: f"{scores.score(answers(s, OURS, 'float32')).pairs} right and wrong twins",
    ),
    (
        "73 of the faults invisible",
        "power",
        lambda s: f"{scores.score(answers(s, OURS, 'float32')).hidden} of the faults invisible",
    ),
    (
        "170 told apart in float32, 170 in float64",
        "power",
        lambda s: f"{netted(s, OURS, 'float32')} told apart in float32, {netted(s, OURS, 'float64')} in float64",
    ),
    ("`check_grads` 94 and", "power", lambda s: f"`check_grads` {netted(s, 'check_grads order 2', 'float32')} and"),
    (
        "chex 91 of 174 at order 2, in float32",
        "power",
        lambda s: (
            f"chex {netted(s, 'chex order 2', 'float32')} of "
            f"{scores.score(answers(s, 'chex order 2', 'float32')).pairs} at order 2, in float32"
        ),
    ),
    (
        "no right one accused",
        "power",
        lambda s: (
            f"{sum(r.which == 'right' and r.verdict != 'accepted' for r in answers(s)) or 'no'} right one accused"
        ),
    ),
    ("named in 91 of 100", "power", lambda s: f"named in {named_of_100(s)} of 100"),
    (
        "2.5 times the time of `check_grads(order=2)`",
        "power",
        lambda s: (
            f"{scores.time_ratio([Row.load(r) for r in s['answers']]):.1f} times the time of `check_grads(order=2)`"
        ),
    ),
    ("at 23 configurations", "mutation", lambda s: f"at {len(s['configurations'])} configurations"),
    (
        "all 1,383 noticed",
        "mutation",
        lambda s: (
            f"{'all' if total(s, 'mutants') == total(s, 'check_rule') else 'not all'} {total(s, 'mutants'):,} noticed"
        ),
    ),
    (
        "936 of 1,258 by `check_grads` (order 1)",
        "mutation",
        lambda s: (
            f"{total(s, 'check_grads 1', 'check_grads 1'):,} of {total(s, 'mutants', 'check_grads 1'):,} by "
            "`check_grads` (order 1)"
        ),
    ),
]
