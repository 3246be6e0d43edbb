"""Law: one argument alone, and one output alone, have the cotangents that they have among the others.

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
from verify.laws.transformations import allowed
from verify.problem import Arrays
from verify.reproduce import alone_lines
from verify.stripping import RULES, equations
from verify.subject import RuleSubject, first_line
from verify.trial import Trial
from verify.witness import like

LAW = "symbolic zeros"
_MOST = 32  # pairs of an argument and an output in one program


class _Pair(NamedTuple):
    """A float argument, and the float output whose cotangent comes back to it."""

    leaf: int
    out: int


def check(trial: Trial) -> None:
    """Pull every output's cotangent back to every argument alone, in float64 at one ordinary point."""
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary]
    if not rows or trial.answers64 is None or not isinstance(trial.subject, RuleSubject) or not _told_of_zeros(trial):
        return
    pairs = [_Pair(leaf, out) for leaf in range(len(trial.floats)) for out in range(len(trial.cotangents))]
    if len(pairs) > _MOST:
        trial.notes.append(f"{LAW}: {_MOST} of {len(pairs)} pairs of an argument and an output were tried alone")
        pairs = [pairs[k] for k in sorted(trial.rng.choice(len(pairs), _MOST, replace=False))]
    row = rows[-1]  # a random point where there is one: the example may be special
    with _precision.double_precision():
        running = [pair for pair in pairs if not _raises(trial, row, pair)]
        if running:
            _compare(trial, row, running)


def _told_of_zeros(trial: Trial) -> bool:
    here = trial.problem
    program = jax.make_jaxpr(here.call)(here.floats, here.others)
    return any(eqn.primitive.name in RULES and eqn.params.get("symbolic_zeros") for eqn in equations(program))


def _alone(trial: Trial, pair: _Pair, xs: Arrays, ns: Arrays, ws: Arrays) -> Any:
    """The cotangent of one argument where the program differentiates nothing else, and uses one output."""

    def call(x: Any) -> Any:
        return trial.problem.call((*xs[: pair.leaf], x, *xs[pair.leaf + 1 :]), ns)[pair.out]

    out, pullback = jax.vjp(call, xs[pair.leaf])
    return pullback(like((ws[pair.out],), (out,))[0])[0]


def _among_all(trial: Trial, pair: _Pair, xs: Arrays, ns: Arrays, ws: Arrays) -> Any:
    """The same, with all arguments differentiated and the other outputs' cotangents arrays of zeros."""
    only = tuple(w if k == pair.out else jnp.zeros_like(w) for k, w in enumerate(ws))
    return trial.subject.cotangents(xs, ns, only)[pair.leaf]


def _point(trial: Trial, row: int) -> tuple[Arrays, Arrays, Arrays]:
    xs, ns, ws = (trial.row(part, row) for part in (trial.floats, trial.others, trial.cotangents))
    return _precision.to_float64(xs), ns, _precision.to_float64(ws)


def _raises(trial: Trial, row: int, pair: _Pair) -> bool:
    """Whether the rule raises for this pair: a failure, since it does not where everything is differentiated."""
    try:
        jax.eval_shape(lambda *point: _alone(trial, pair, *point), *_point(trial, row))
    except Exception as error:
        path = trial.problem.float_paths[pair.leaf]
        trial.failed(
            LAW,
            path,
            trial.items[row],
            actual=first_line(error),
            expected="it runs where this argument alone is differentiated",
            reproduce=alone_lines(trial.problem, trial.items[row], pair.leaf, path, ()),
        )
        return True
    return False


def _compare(trial: Trial, row: int, pairs: list[_Pair]) -> None:
    def both(*point: Arrays) -> list[tuple[Any, Any]]:
        return [(_alone(trial, pair, *point), _among_all(trial, pair, *point)) for pair in pairs]

    answers = Compiled(both, trial.entries, quick=True)(*_point(trial, row))
    assert trial.answers64 is not None
    within = allowed(trial, [row], trial.row(trial.answers64.cotangents, row))
    for leaf, path in enumerate(trial.problem.float_paths):
        entries = [
            compare.worst(np.asarray(g), np.asarray(expected), within[leaf], nan_equal=True)
            for pair, (g, expected) in zip(pairs, answers, strict=True)
            if pair.leaf == leaf
        ]
        if not entries or any(f.law == LAW and f.argument == path for _, f in trial.findings):
            continue
        entry = max(entries)
        if entry.holds:
            trial.passed(LAW, path, **entry.margin())
            continue
        shown = alone_lines(trial.problem, trial.items[row], leaf, path, entry.index)
        trial.failed(LAW, path, trial.items[row], reproduce=shown, **entry.fields())
