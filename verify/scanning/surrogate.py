"""Surrogate gradients: of a function that is constant wherever it is differentiable, no witness says which is meant.

What `verify.surrogates` is for a rule; a scan too must not call a straight-through estimator wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify.scanning.lattice import Item
from verify.scanning.oracle import Oracle
from verify.scanning.programs import Programs

WHY = "the function is constant wherever it is differentiable: a surrogate gradient, or a wrong one"
_LEAST = 3  # points at which difference quotients say zero


def stands_for(position: int, programs: Programs, oracle: Oracle, items: Sequence[Item]) -> bool:
    """Whether what is no derivative of the argument at `position` may be a surrogate, on purpose.

    The function must map the argument entry by entry, jump as it changes alone, and be constant in between.
    """
    shape = np.shape(items[0].arrays[position])
    if [out.shape for out in programs.outputs] != [shape]:
        return False
    own = (i for i, item in enumerate(items) if item.first.position == position)
    slopes = [truth.value for i in own if (truth := oracle.by_numbers(i, 1)).kind == "smooth"]
    return len(slopes) >= _LEAST and not any(slopes) and _jumps(position, programs, items)


def _jumps(position: int, programs: Programs, items: Sequence[Item]) -> bool:
    first = items[0].arrays

    def alone(item: Item) -> Item:
        arrays = (x if i == position else first[i] for i, x in enumerate(item.arrays))
        return item._replace(arrays=tuple(arrays))

    values = programs.answers(1, "float64", [alone(item) for item in items]).value
    return len(np.unique(values[np.isfinite(values)])) > 1
