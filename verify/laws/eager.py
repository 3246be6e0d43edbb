"""Laws: eager = jit, the same answer twice, and two forward passes before the two backward passes.

A closure or a list that keeps "the last" residual passes every test that runs forward and backward in turn; it fails
as soon as a second forward pass runs before the first backward pass, as in every program that uses a layer twice.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from verify import _precision, compare, tolerance
from verify.problem import Arrays
from verify.subject import RuleError, RuleSubject, first_line
from verify.trial import Trial

JIT = "eager = jit"
REPEATABLE = "repeatable"
REENTRANT = "re-entrant"
_CELLS = {JIT: "jit", REPEATABLE: "called again", REENTRANT: "two forwards, then the backwards"}


def check(trial: Trial) -> None:
    """Run two items eagerly: forward, forward, backward, backward, backward again."""
    rows = [int(i) for i in np.flatnonzero(trial.valid)]
    if not rows:
        return
    first, second = rows[0], rows[-1]
    for i in rows[1:]:
        if any(np.any(a[first] != a[i]) for a in trial.floats):
            second = i
            break
    if isinstance(trial.subject, RuleSubject):
        alone, early, late, again = _rule(trial, first, second)
    else:
        alone, early, late, again = _backward(trial, first, second)
    if trial.subject.traceable:
        _compare(trial, JIT, first, alone, trial.row(trial.answers.cotangents, first), exact=False)
    _compare(trial, REENTRANT, first, early, alone, exact=True)
    if first != second:
        _compare(trial, REENTRANT, second, late, trial.row(trial.answers.cotangents, second), exact=False)
    _compare(trial, REPEATABLE, first, again, alone, exact=True)


def _rule(trial: Trial, first: int, second: int) -> tuple[Arrays, Arrays, Arrays, Arrays]:
    def forward(i: int) -> tuple[Any, Arrays]:
        item = trial.items[i]
        others = tuple(jax.numpy.asarray(n) for n in item.others)
        floats = tuple(jax.numpy.asarray(x) for x in item.floats)
        pullback = jax.vjp(lambda *x: trial.problem.call(x, others), *floats)[1]
        return pullback, tuple(jax.numpy.asarray(w) for w in item.cotangents)

    try:
        pull, w = forward(first)
        alone = pull(w)
        pull_first, w_first = forward(first)
        pull_second, w_second = forward(second)
        early, late = pull_first(w_first), pull_second(w_second)
        return alone, early, late, pull_first(w_first)
    except jax.errors.JAXTypeError:
        raise  # a leaked tracer: state, which the caller names
    except Exception as error:
        raise RuleError(f"eagerly, {first_line(error)}") from error


def _backward(trial: Trial, first: int, second: int) -> tuple[Arrays, Arrays, Arrays, Arrays]:
    """A stand-alone backward pass gets its arguments anew: state can only hide inside it."""

    def run(i: int) -> Arrays:
        item = trial.items[i]
        copies = tuple(np.array(x) for x in item.floats)
        out = trial.subject.pull(copies, item.others, tuple(map(np.array, item.cotangents)))  # type: ignore[union-attr]
        for path, x, kept in zip(trial.problem.float_paths, item.floats, copies, strict=True):
            if not np.array_equal(np.asarray(x), kept, equal_nan=True):
                trial.failed(REPEATABLE, path, item, actual="overwritten by the backward pass", expected="unchanged")
        return tuple(np.array(g) for g in out)

    alone = run(first)
    late = run(second)
    early = run(first)
    return alone, early, late, run(first)


def _compare(trial: Trial, law: str, i: int, found: Arrays, expected: Arrays, *, exact: bool) -> None:
    """Exact where the same compiled code runs twice, else within rounding of the dtype."""
    widest = compare.Entry()
    for leaf, path in enumerate(trial.problem.float_paths):
        a, b = np.asarray(found[leaf], np.float64), np.asarray(expected[leaf], np.float64)
        entry = compare.worst(a, b, 0.0 if exact else _allowed(trial, i, leaf, b, 0.0), nan_equal=True)
        if not exact and not entry.holds:  # what is largest on the way costs one more program to compile
            allowed = _allowed(trial, i, leaf, b, float(trial.largest_intermediate[i]))
            entry = compare.worst(a, b, allowed, nan_equal=True)
        if not entry.holds:
            trial.failed(law, path, trial.items[i], **entry.fields())
            trial.cell(_CELLS[law], "failed", entry.ratio)
            return
        widest = max(widest, entry)
    trial.passed(law, None, **widest.margin())
    trial.cell(_CELLS[law], "held", widest.ratio)


def _allowed(trial: Trial, i: int, leaf: int, expected: Any, largest: float) -> Any:
    """XLA fuses and reorders: the roundings of whatever is `largest` on the way may differ."""
    spread = trial.spread[leaf][i] if trial.autodiff is not None else np.zeros(expected.shape)
    scale = max(float(trial.cotangent_scale[i]), largest, float(np.abs(expected).max()))
    u = _precision.unit_roundoff(trial.dtype)
    return tolerance.bound(trial.dtype, expected, spread + u * scale, trial.length)
