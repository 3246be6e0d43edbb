"""The example in other shapes: whether the primal takes them, and its entries drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from verify import placement
from verify.problem import Problem

Axis = tuple[int, int]  # (array, axis), floats first, then the other arrays


def accepts(problem: Problem, change: dict[Axis, int]) -> bool:
    """Whether the primal still traces, with entries to return, when the axes grow by so much."""
    outputs = outputs_of(problem, changed(problem, change))
    return bool(outputs) and all(np.prod(out.shape) > 0 for out in outputs or ())


def changed(problem: Problem, change: dict[Axis, int]) -> list[tuple[int, ...]]:
    """The shapes of all arrays when the axes grow by so much."""
    arrays = (*problem.floats, *problem.others)
    return [tuple(n + change.get((i, d), 0) for d, n in enumerate(np.shape(a))) for i, a in enumerate(arrays)]


def outputs_of(problem: Problem, sizes: Sequence[tuple[int, ...]]) -> tuple[Any, ...] | None:
    """What comes out for arrays of these shapes, or None where the primal or the devices refuse them."""
    if not placement.divides(problem.shardings, sizes):
        return None
    arrays = (*problem.floats, *problem.others)
    structs = [jax.ShapeDtypeStruct(s, a.dtype) for a, s in zip(arrays, sizes, strict=True)]
    count = len(problem.floats)
    try:
        return problem.outputs(structs[:count], structs[count:])
    except Exception:  # whatever the primal raises for a shape is its way of refusing it
        return None


def resized(
    problem: Problem, change: dict[Axis, int], rng: np.random.Generator
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The example (floats, others) with the axes grown by so much, its entries drawn anew."""
    return redrawn(problem, changed(problem, change), rng)


def redrawn(
    problem: Problem, sizes: Sequence[tuple[int, ...]], rng: np.random.Generator
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Entries of the example, drawn anew: integers and booleans stay within the values the example shows.

    Floats that all differ still do, so that ties are met where they are looked for and not everywhere.
    """

    def redraw(array: Any, shape: tuple[int, ...]) -> Any:
        if shape == np.shape(array):
            return array
        known, size = np.asarray(array).reshape(-1), int(np.prod(shape))
        if np.asarray(array).dtype.kind in "iub" or np.unique(known).size < known.size:
            return rng.choice(known, shape).astype(array.dtype)
        rounds = [rng.permutation(known) * (1 + k / 64) for k in range(-(-size // known.size))]
        drawn = np.concatenate(rounds)[:size]
        if known.size > 2 and np.all(np.diff(known.astype(np.float64)) > 0):
            drawn = np.sort(drawn)  # knots, edges: what was ascending stays so
        return drawn.reshape(shape).astype(array.dtype)

    drawn = [redraw(a, s) for a, s in zip((*problem.floats, *problem.others), sizes, strict=True)]
    return tuple(drawn[: len(problem.floats)]), tuple(drawn[len(problem.floats) :])
