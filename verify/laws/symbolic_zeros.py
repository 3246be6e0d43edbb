"""Law: one argument alone, all but one, and one output alone, have the cotangents that they have among the others.

A rule with `symbolic_zeros=True` is told which arguments are differentiated and which outputs nobody uses, and may save
itself work there. What it answers then no other law asks: they differentiate everything, with every cotangent an array.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify import _precision, compare
from verify.compiled import Compiled
from verify.laws import eager
from verify.laws.transformations import allowed
from verify.problem import Arrays
from verify.reproduce import partly_lines
from verify.stripping import RULES, equations
from verify.subject import RuleSubject, first_line
from verify.trial import Trial
from verify.witness import like

LAW = "symbolic zeros"
_MOST = 32  # cases in one program


class _Case(NamedTuple):
    """The float leaves that are differentiated, and the float output that is used."""

    leaves: tuple[int, ...]
    out: int


def check(trial: Trial) -> None:
    """Pull one output's cotangent back to some arguments, in float64 at one ordinary point, in every case."""
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary]
    if not rows or trial.answers64 is None or not isinstance(trial.subject, RuleSubject) or not _told_of_zeros(trial):
        return
    if any(kind == "failures" and f.law in (eager.REPEATABLE, eager.REENTRANT) for kind, f in trial.findings):
        trial.notes.append(f"{LAW} were left out: the rule keeps state from call to call")
        return
    cases = _cases(len(trial.floats), len(trial.cotangents))
    if len(cases) > _MOST:
        trial.notes.append(f"{LAW}: {_MOST} of {len(cases)} choices of arguments and an output were tried")
        cases = [cases[k] for k in sorted(trial.rng.choice(len(cases), _MOST, replace=False))]
    row = rows[-1]  # a random point where there is one: the example may be special
    with _precision.double_precision():
        running = [case for case in cases if not _raises(trial, row, case)]
        if running:
            _compare(trial, row, running)


def _told_of_zeros(trial: Trial) -> bool:
    here = trial.problem
    program = jax.make_jaxpr(here.call)(here.floats, here.others)
    return any(eqn.primitive.name in RULES and eqn.params.get("symbolic_zeros") for eqn in equations(program))


def _cases(count: int, outs: int) -> list[_Case]:
    """One leaf at a time, then all but one; with one output all leaves together are what the other laws ask."""
    every = tuple(range(count))
    subsets = [(k,) for k in every] + [every[:k] + every[k + 1 :] for k in every if count > 2]
    return [_Case(leaves, out) for leaves in subsets for out in range(outs) if (leaves, outs) != (every, 1)]


def _partly(trial: Trial, case: _Case, xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
    """The cotangents of the chosen leaves where the program differentiates nothing else, and uses one output."""

    def call(*chosen: Any) -> Any:
        given = dict(zip(case.leaves, chosen, strict=True))
        return trial.problem.call(tuple(given.get(k, x) for k, x in enumerate(xs)), ns)[case.out]

    out, pullback = jax.vjp(call, *(xs[k] for k in case.leaves))
    return pullback(like((ws[case.out],), (out,))[0])


def _among_all(trial: Trial, case: _Case, xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
    """The same, with all arguments differentiated and the other outputs' cotangents arrays of zeros."""
    only = tuple(w if k == case.out else jnp.zeros_like(w) for k, w in enumerate(ws))
    every = trial.subject.cotangents(xs, ns, only)
    return tuple(every[k] for k in case.leaves)


def _point(trial: Trial, row: int) -> tuple[Arrays, Arrays, Arrays]:
    xs, ns, ws = (trial.row(part, row) for part in (trial.floats, trial.others, trial.cotangents))
    return _precision.to_float64(xs), ns, _precision.to_float64(ws)


def _told(trial: Trial, case: _Case) -> str:
    names = ", ".join(trial.problem.float_paths[k] for k in case.leaves)
    of_many = f" and only output {case.out} is used" if len(trial.cotangents) > 1 else ""
    return f"only {names} {'is' if len(case.leaves) == 1 else 'are'} differentiated{of_many}"


def _raises(trial: Trial, row: int, case: _Case) -> bool:
    """Whether the rule raises in this case: a failure, since it does not where everything is differentiated."""
    try:
        jax.eval_shape(lambda *point: _partly(trial, case, *point), *_point(trial, row))
    except jax.errors.JAXTypeError:
        raise  # a leaked tracer: state, which the caller names
    except Exception as error:
        path = trial.problem.float_paths[case.leaves[0]]
        if not _failed(trial, path):
            expected = f"it runs where {_told(trial, case)}"
            shown = partly_lines(trial.problem, trial.items[row], case.leaves, case.out, _told(trial, case))
            trial.failed(LAW, path, trial.items[row], actual=first_line(error), expected=expected, reproduce=shown)
        return True
    return False


def _failed(trial: Trial, path: str) -> bool:
    return any(kind == "failures" and (f.law, f.argument) == (LAW, path) for kind, f in trial.findings)


def _compare(trial: Trial, row: int, cases: list[_Case]) -> None:
    def both(*point: Arrays) -> list[tuple[Arrays, Arrays]]:
        return [(_partly(trial, case, *point), _among_all(trial, case, *point)) for case in cases]

    answers = Compiled(both, trial.entries, quick=True)(*_point(trial, row))
    assert trial.answers64 is not None
    within = allowed(trial, [row], trial.row(trial.answers64.cotangents, row))
    for leaf, path in enumerate(trial.problem.float_paths):
        entries = [
            (compare.worst(np.asarray(g), np.asarray(expected), within[leaf], nan_equal=True), case)
            for case, pair in zip(cases, answers, strict=True)
            for k, g, expected in zip(case.leaves, *pair, strict=True)
            if k == leaf
        ]
        if not entries or _failed(trial, path):
            continue
        entry, case = max(entries, key=lambda one: one[0])
        if entry.holds:
            trial.passed(LAW, path, **entry.margin())
            continue
        place = f"look at {path}{list(entry.index) if entry.index else ''}: {_told(trial, case)}"
        shown = partly_lines(trial.problem, trial.items[row], case.leaves, case.out, place)
        trial.failed(LAW, path, trial.items[row], reproduce=shown, **entry.fields())
