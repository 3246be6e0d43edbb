"""Where a Jacobian is looked at, and along which cotangents: unit ones, whose products are rows, and random ones.

A wrong entry of a row that is not looked at changes the product with a random cotangent, by its own size times an entry
of the cotangent: it is seen unless it is below the rounding of the whole sum.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from verify import items, points
from verify.domain import Domains
from verify.items import Item
from verify.problem import Arrays, Problem

ALL = 2**20  # entries of a Jacobian up to which every row is looked at
_SAMPLE = 16  # rows of a larger one
EXAMPLE, ELSEWHERE = "the example", "random values, rows"


def rows(outputs: Sequence[Any], inputs: int, rng: np.random.Generator) -> np.ndarray:
    """The numbers of the rows that are looked at, over all outputs: all, or the first, the last and random ones."""
    count = sum(math.prod(out.shape) for out in outputs)
    if count * inputs <= ALL:
        return np.arange(count)
    return np.unique([0, count - 1, *rng.integers(0, count, _SAMPLE)])


def units(label: str, floats: Arrays, others: Arrays, outputs: Sequence[Any], at: np.ndarray) -> list[Item]:
    """Items with unit cotangents at one point, one per row."""
    sizes = [math.prod(out.shape) for out in outputs]
    found = []
    for row in at:
        flat = np.zeros(sum(sizes))
        flat[row] = 1
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        hot = tuple(part.reshape(out.shape).astype(out.dtype) for part, out in zip(parts, outputs, strict=True))
        found.append(Item(label, floats, others, hot))
    return found


def row_of(item: Item) -> int | None:
    """The number of the row that an item shows; None where its cotangent is no unit vector."""
    flat = np.concatenate([np.asarray(w, np.float64).reshape(-1) for w in item.cotangents])
    (at,) = np.nonzero(flat)
    return int(at[0]) if len(at) == 1 and flat[at[0]] == 1 else None


def mixed(
    problem: Problem,
    outputs: Sequence[Any],
    marks: Sequence[float],
    domains: Domains,
    rng: np.random.Generator,
) -> list[Item]:
    """Random and special points with one random cotangent each; the example with two."""
    every = items.lattice(problem, outputs, marks, domains, rng)
    return [item for item in every if "cotangent" not in item.label]


def elsewhere(problem: Problem, domains: Domains, rng: np.random.Generator) -> Arrays | None:
    """Another point at which all rows are looked at; None where no argument may be varied."""
    return points.fresh(problem, domains.floats, rng) if any(map(points.varies, domains.floats)) else None


def at_the_example(problem: Problem, outputs: Sequence[Any], rng: np.random.Generator) -> list[Item]:
    """Two random cotangents there."""
    first = Item(EXAMPLE, problem.floats, problem.others, items.cotangent(rng, outputs))
    return [first, dataclasses.replace(first, cotangents=items.cotangent(rng, outputs))]
