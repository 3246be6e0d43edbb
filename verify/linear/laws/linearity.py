"""Law: f(0) = 0, f(2 x) = 2 f(x), f(-x) = -f(x), f(x + y) = f(x) + f(y); of an affine f, all with f(0) taken off.

Tried at whole numbers, and at the same ones times 2^-20 and 2^20: thresholds, clipping and saturation show far from
one. Doubling and negating round nothing.
"""

from __future__ import annotations

import numpy as np

from verify import compare
from verify.linear.trial import LinearTrial
from verify.report import Diagnosis

LAW = "linear"

_SCALES = (0, -20, 20)  # powers of two


def check(trial: LinearTrial, argument: str = "fun") -> None:
    """Compare the function with itself; `argument` is what a report calls it."""
    if (trial.claim is None or trial.claim.offset is None) and trial.at_zero.any():
        _not_zero_at_zero(trial, argument)
        return
    x, y = trial.integers(2, trial.probe.inputs)
    worst = compare.Entry()
    for power in _SCALES:
        a, b = x * 2.0**power, y * 2.0**power
        fa, fb, both, double, minus = trial.probe.many(np.stack([a, b, a + b, 2 * a, -a])) - trial.at_zero
        size = float(np.max(np.abs([fa, fb, both, double]))) + float(np.abs(trial.at_zero).max())
        for words, found, expected in (
            ("f(x + y) = f(x) + f(y)", both, fa + fb),
            ("f(2 x) = 2 f(x)", double, 2 * fa),
            ("f(-x) = -f(x)", minus, -fa),
        ):
            entry = compare.worst(found, expected, trial.allowed(expected, size))
            if not entry.holds:
                _fails(trial, argument, words, power, entry)
                return
            worst = max(worst, entry)
    trial.passed(LAW, argument, worst)


def _not_zero_at_zero(trial: LinearTrial, argument: str) -> None:
    zero = np.zeros_like(trial.at_zero)
    told = "The function sends 0 to something else: compare it with a verify.Affine, which has an offset."
    shown = [f"print(fun(np.zeros({trial.probe.shape}, {trial.probe.dtype.name!r})))"]
    trial.failed(LAW, argument, compare.worst(trial.at_zero, zero, 0.0), Diagnosis("affine", told), shown)


def _fails(trial: LinearTrial, argument: str, words: str, power: int, entry: compare.Entry) -> None:
    sizes = "whole numbers" if power == 0 else f"whole numbers times 2^{power}"
    draw = f"np.random.default_rng(0).integers(-3, 4, {(2, *trial.probe.shape)}).astype({trial.probe.dtype.name!r})"
    shown = [
        f"x, y = 2.0**{power} * {draw}",
        "print(fun(x + y), fun(x) + fun(y), fun(2 * x), 2 * fun(x), fun(-x))",
    ]
    trial.failed(LAW, argument, entry, Diagnosis("not-linear", f"{words} does not hold at {sizes}."), shown)
