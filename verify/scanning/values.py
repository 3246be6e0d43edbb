"""The lattice of values: where bugs live, for scalars and for arrays; all of them float32 numbers.

Scalars take the marks that their kind admits, in every pair with a few of those of the other arguments. Arrays take
what `verify.points` gives a rule on trial: zeros, ones, ties, one entry zero, small, large and saturated values.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

# zero, the integers and halves where special functions change branch or have their poles, saturation, tails
# fmt: off
MARKS = (
    0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 1.5, -1.5, 3.0, -3.0, 0.25, -0.25, 0.75, 5.0, -5.0, 10.0, -10.0, 20.0, -20.0,
    2.0**-10, -(2.0**-10), 2.0**-20, -(2.0**-20), 0.9990234375, 1.0009765625, 40.0, -40.0, 100.0, -100.0, 300.0, -300.0,
    1e4, -1e4,
)
# fmt: on
FEW = (0.0, 1.0, -1.0, 0.5, 2.0, 20.0, -20.0)  # of each argument, for all pairs
MOST = 72  # points of one call: beyond, an exact derivative to 50 digits of each takes minutes


def scalars(admitted: Sequence[tuple[float, ...]], ordinary: Sequence[np.ndarray]) -> list[tuple[float, ...]]:
    """Points of several scalar arguments: each mark of each beside ordinary values, then pairs, ties among them.

    Args:
        admitted: for every argument the marks inside its domain.
        ordinary: rows of ordinary values, one column per argument.
    """
    points = [tuple(float(v) for v in row) for row in ordinary]
    for position, marks in enumerate(admitted):
        for row, mark in zip(itertools.cycle(ordinary), marks, strict=False):
            points.append(tuple(mark if i == position else float(v) for i, v in enumerate(row)))
    if len(admitted) > 1:
        few = [tuple(m for m in marks if m in FEW) or marks[:3] for marks in admitted]
        for first, second in itertools.product(few[0], few[1]):
            rest = tuple(float(v) for v in ordinary[0][2:])
            points.append((first, second, *rest))
    unique = list(dict.fromkeys(points))
    if len(unique) <= MOST:
        return unique
    stride = len(unique) / MOST  # evenly thinned, so that every argument keeps its share
    return [unique[int(i * stride)] for i in range(MOST)]
