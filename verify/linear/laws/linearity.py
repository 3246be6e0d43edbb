"""Law: f(x + y) = f(x) + f(y), f(c x) = c f(x), f(0) = 0; of an affine f, with f(0) taken off.

Tried at whole numbers x and y, and with powers of two c far from one, where thresholds, clipping and saturation show.
Multiplying by these rounds nothing.
"""

from __future__ import annotations

import numpy as np

from verify import _precision, compare
from verify.linear.trial import LinearTrial
from verify.report import Diagnosis

LAW = "linear"


def check(trial: LinearTrial, argument: str = "fun") -> None:
    """Compare the function with itself; `argument` is what a report calls it."""
    if (trial.claim is None or trial.claim.offset is None) and trial.at_zero.any():
        _not_zero_at_zero(trial, argument)
        return
    x, y = trial.integers(2, trial.probe.inputs)
    factors = _factors(trial.probe.dtype)
    at = np.stack([x, y, x + y, *(factor * x for factor in factors)])
    of_x, of_y, of_both, *of_multiples = trial.probe.many(at) - trial.at_zero
    size = max(float(np.abs(values).max()) for values in (of_x, of_y, of_both))
    largest = _precision.largest(trial.probe.dtype)
    offset = float(np.abs(trial.at_zero).max())
    entry = compare.worst(of_both, of_x + of_y, trial.allowed(of_both, size + offset))
    if not entry.holds:
        _fails(trial, argument, "f(x + y) = f(x) + f(y)", "fun(x + y), fun(x) + fun(y)", entry)
        return
    for factor, found in zip(factors, of_multiples, strict=True):
        if np.isfinite(size) and factor * size > largest:
            continue  # a linear function overflows there as well
        expected = factor * of_x
        one = compare.worst(found, expected, trial.allowed(expected, abs(factor) * size + offset))
        if not one.holds:
            _fails(
                trial, argument, f"f({factor:g} x) = {factor:g} f(x)", f"fun({factor!r} * x), {factor!r} * fun(x)", one
            )
            return
        entry = max(entry, one)
    trial.passed(LAW, argument, entry)


def _factors(dtype: np.dtype) -> list[float]:
    far = 20 if _precision.largest(dtype) > 2.0**100 else 4  # float16 ends at 2^16
    return [2.0**far, 2.0**-far]


def _not_zero_at_zero(trial: LinearTrial, argument: str) -> None:
    zero = np.zeros_like(trial.at_zero)
    told = "The function sends 0 to something else: compare it with a verify.Affine, which has an offset."
    shown = [f"print(fun(np.zeros({trial.probe.shape}, {trial.probe.dtype.name!r})))"]
    trial.failed(LAW, argument, compare.worst(trial.at_zero, zero, 0.0), Diagnosis("affine", told), shown)


def _fails(trial: LinearTrial, argument: str, law: str, printed: str, entry: compare.Entry) -> None:
    shape, name = (2, *trial.probe.shape), trial.probe.dtype.name
    drawn = f"x, y = np.random.default_rng({trial.seed}).integers(-3, 4, {shape}).astype({name!r})"
    shown = [drawn, f"print({printed})"]
    trial.failed(LAW, argument, entry, Diagnosis("not-linear", f"{law} does not hold at whole numbers."), shown)
