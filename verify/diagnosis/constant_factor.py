"""The cotangent is a fixed multiple of the right one: a forgotten 1/2, a mean for a sum, a scale left out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from verify.diagnosis.case import Candidate, Case

CODE = "constant-factor"

_DENOMINATOR = 64  # a ratio of small integers reads as one; beyond, a decimal says more
_NAMED = {
    "ln 2": math.log(2),
    "1/ln 2": 1 / math.log(2),
    "ln 10": math.log(10),
    "1/ln 10": 1 / math.log(10),
    "pi": math.pi,
    "1/pi": 1 / math.pi,
    "sqrt(2)": math.sqrt(2),
    "1/sqrt(2)": math.sqrt(0.5),
    "sqrt(pi)": math.sqrt(math.pi),
    "1/sqrt(pi)": 1 / math.sqrt(math.pi),
    "sqrt(pi)/2": math.sqrt(math.pi) / 2,
    "2/sqrt(pi)": 2 / math.sqrt(math.pi),
}


def candidates(case: Case) -> Iterator[Candidate]:
    """The ratio at the largest entry; then the values of scalar arguments, and one over them."""
    peak = np.unravel_index(int(np.argmax(np.abs(case.right))), case.right.shape)
    if case.right[peak] == 0 or case.actual[peak] == 0:
        return
    ratio = float(case.actual[peak] / case.right[peak])
    yield Candidate(_sentence(case, ratio), lambda c: ratio * c.right)
    for leaf, x in enumerate(case.points):
        if x[0].size == 1:
            yield _scaled(case, leaf, 1)
            yield _scaled(case, leaf, -1)


def _scaled(case: Case, leaf: int, power: int) -> Candidate:
    def produce(c: Case) -> np.ndarray:
        scale = c.points[leaf].reshape(-1, *[1] * (c.right.ndim - 1))
        return c.right * scale if power > 0 else c.right / scale

    word = "times" if power > 0 else "divided by"
    return Candidate(f"d_{case.path} equals the right gradient {word} `{case.name(leaf)}`.", produce)


def _sentence(case: Case, ratio: float) -> str:
    text = f"d_{case.path} equals the right gradient times {told(ratio)}"
    count = _count(case, ratio)
    return text + (f": {count}." if count else ".")


def told(ratio: float) -> str:
    """The ratio as a person would write it: 1/3, -2, ln 2, 0.30103."""
    simple = Fraction(ratio).limit_denominator(_DENOMINATOR)
    if abs(float(simple) - ratio) <= 1e-6 * abs(ratio) and abs(simple.numerator) <= _DENOMINATOR and simple != 1:
        return str(simple)
    for name, value in _NAMED.items():
        if abs(abs(ratio) - value) <= 1e-6 * value:
            return f"-{name}" if ratio < 0 else name
    return f"{ratio:.9g}"


def _count(case: Case, ratio: float) -> str | None:
    """What is there N times, if N or 1/N is the ratio: the entries that a sum or a mean went over."""
    for n, what in _counts(case):
        if n > 1 and abs(ratio * n - 1) <= 1e-6:
            return f"a mean over the {n} {what} where a sum belongs"
        if n > 1 and abs(ratio / n - 1) <= 1e-6:
            return f"a sum over the {n} {what} where a mean belongs, or one sum too many"
    return None


def _counts(case: Case) -> Iterator[tuple[int, str]]:
    for kind, arrays in (("output", case.cotangents), ("input", case.points)):
        for a in arrays:
            yield a[0].size, f"entries of the {kind}"
            yield a[0].size // max(1, case.right[0].size), f"entries of the {kind} per entry of `{case.path}`"
            for axis, n in enumerate(a.shape[1:]):
                yield n, f"entries along axis {axis} of the {kind}"
