"""Where a rule is examined: an `Item` is one point with one cotangent; items of equal shape run in one program.

Random points are not where bugs live, so `lattice` always adds the special ones of `points`, telling indices, and
cotangents that are zero, one-hot, small and large.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from verify import _precision, points
from verify.domain import Domain, Domains
from verify.problem import Problem

Arrays = tuple[Any, ...]


_EXAMPLE, _RANDOM = "the example", "random values"
_ALIKE, _REVERSED, _TOLD = "indices alike, mask true", "indices in reverse, mask false", "telling indices"
_INDICES = (_ALIKE, f"{_TOLD} 0", _REVERSED)
_DRAWS, _DRAWS_OF_FEW = 3, 9  # random points; of few entries more, or a branch may be taken at none of them


@dataclasses.dataclass(frozen=True)
class Item:
    """A point (`floats`, `others`), a cotangent for every floating output, and what is special about it."""

    label: str
    floats: Arrays
    others: Arrays
    cotangents: Arrays

    @property
    def ordinary(self) -> bool:
        """Whether this is the example or a random point: nothing special about its values."""
        return self.label.startswith((_EXAMPLE, _RANDOM))

    @property
    def reach(self) -> float:
        """The largest input, in absolute value."""
        return max(float(np.max(np.abs(np.asarray(x, np.float64)), initial=0.0)) for x in self.floats)

    @property
    def size(self) -> int:
        """Entries of the point: the smaller of two failing items is the better example."""
        return sum(np.size(a) for a in self.floats)


def stack(rows: Sequence[Arrays]) -> Arrays:
    """Stack tuples of arrays leaf by leaf along a new first axis."""
    return tuple(np.stack([np.asarray(row[i]) for row in rows]) for i in range(len(rows[0])))


def cotangent(rng: np.random.Generator, outputs: Iterable[Any]) -> Arrays:
    """A random cotangent of short decimals for every output."""
    return tuple(points.short_normal(rng, out.shape, out.dtype) for out in outputs)


def lattice(
    problem: Problem,
    outputs: Sequence[Any],
    thresholds: Sequence[float],
    domains: Domains,
    rng: np.random.Generator,
    indices: Sequence[Sequence[int]] = (),
) -> list[Item]:
    """The items for one shape: the example first, then random points, special points, special cotangents.

    `thresholds` are telling values of the float arguments, `indices` those of each array in `problem.others`.
    """
    found = [(_EXAMPLE, problem.floats)]
    found += [(_EXAMPLE, problem.floats)] * 2  # three cotangents: linearity needs w1, w2 and their sum
    varied = [leaf for leaf, domain in zip(problem.floats, domains.floats, strict=True) if points.varies(domain)]
    if varied:
        found += [(f"{_RANDOM} {i}", points.fresh(problem, domains.floats, rng)) for i in range(_draws(problem))]
        found += list(points.special(problem, thresholds, domains.floats, rng))
    items = [
        Item(label, _clip(floats, domains.floats), problem.others, cotangent(rng, outputs)) for label, floats in found
    ]
    first, second = items[0].cotangents, items[1].cotangents
    total = tuple((2 * a + b).astype(a.dtype) for a, b in zip(first, second, strict=True))
    items[2] = dataclasses.replace(items[2], cotangents=total)
    for label, make in _COTANGENTS:
        special = tuple(make(w, cotangent_scale(first), rng) for w in first)
        items.append(Item(label, problem.floats, problem.others, special))
    varied = _other_values(problem, items[0], domains, indices, rng)
    return items + [item for item in (_admissible(item, items[0], domains) for item in varied) if item is not None]


def affordable(found: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """The items of which memory holds the answers, in their order, and those left out: none of a small problem.

    What is not tried at a large shape is tried at a small one where the primal accepts that (`shapes.variations`).
    Repeated and singled-out indices and masks are never left out: with integers about, shapes may not shrink.
    """
    count = max(_LEAST, _AFFORDABLE // max(1, sum(np.size(a) for a in (*found[0].floats, *found[0].cotangents))))
    rank = {label: k for k, label in enumerate(_TELLING)}
    kept = set(sorted(range(len(found)), key=lambda i: (rank.get(found[i].label, len(rank)), i))[:count])
    return [item for i, item in enumerate(found) if i in kept], [item for i, item in enumerate(found) if i not in kept]


def _draws(problem: Problem) -> int:
    return _DRAWS_OF_FEW if points.few(problem) else _DRAWS


def _admissible(item: Item, example: Item, domains: Domains) -> Item | None:
    """The item with its integers and masks inside their domains, None where that leaves those of the example."""
    others = tuple(
        n if not points.varies(d) else m if d is None else d.clip(m)
        for n, m, d in zip(example.others, item.others, domains.others, strict=True)
    )
    if all(np.array_equal(n, m) for n, m in zip(example.others, others, strict=True)):
        return None
    return dataclasses.replace(item, others=others)


def _other_values(
    problem: Problem, example: Item, domains: Domains, indices: Sequence[Sequence[int]], rng: np.random.Generator
) -> list[Item]:
    """The example with its indices and masks changed: to values that it has already, or that the primal singles out."""
    makers = {
        _ALIKE: lambda n: np.ones_like(n) if n.dtype == bool else np.full_like(n, n.reshape(-1)[0]),
        _REVERSED: lambda n: np.zeros_like(n) if n.dtype == bool else _reversed(n),
        "mask random": lambda n: rng.random(n.shape) < 0.5 if n.dtype == bool else n,
    }
    found = []
    for label, make in makers.items():
        others = tuple(
            np.asarray(make(np.asarray(n))).reshape(np.shape(n)) if kind == "array" and np.size(n) else n
            for kind, n in zip(problem.other_kinds, example.others, strict=True)
        )
        if any(not np.array_equal(n, m) for n, m in zip(others, example.others, strict=True)):
            found.append(dataclasses.replace(example, label=label, others=others))
    found += _zero_integers(problem, example, domains)
    if any(indices):
        for label in (f"{_TOLD} 0", f"{_TOLD} 1"):
            chosen = zip(example.others, indices, strict=True)
            others = tuple(_some_replaced(np.asarray(n), values, rng) if values else n for n, values in chosen)
            found.append(dataclasses.replace(example, label=label, others=others))
    return found


def _zero_integers(problem: Problem, example: Item, domains: Domains) -> list[Item]:
    """Integers of zero, an exponent or a count among them, beside the example's floats and beside zeros."""
    zero = tuple(
        np.zeros_like(n) if kind == "array" and np.asarray(n).dtype.kind in "iu" else n
        for kind, n in zip(problem.other_kinds, example.others, strict=True)
    )
    if all(np.array_equal(n, m) for n, m in zip(zero, example.others, strict=True)):
        return []
    leaves = zip(example.floats, domains.floats, strict=True)
    nothing = _clip(tuple(np.zeros_like(x) if points.varies(d) else x for x, d in leaves), domains.floats)
    found = dataclasses.replace(example, label="integers zero", others=zero)
    return [found, dataclasses.replace(found, label="all zero, integers too", floats=nothing)]


def _some_replaced(n: np.ndarray, values: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """About half of the entries replaced by telling values; what was sorted stays so."""
    replaced = np.where(rng.random(n.shape) < 0.5, rng.choice(values, n.shape), n)
    if np.array_equal(replaced, n) and n.size:
        replaced.reshape(-1)[rng.integers(n.size)] = rng.choice(values)
    flat = n.reshape(-1)
    if n.ndim == 1 and n.size > 2 and np.all(flat[1:] >= flat[:-1]):
        replaced = np.sort(replaced)
    return np.asarray(replaced, n.dtype)


def _one_hot(w: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    hot = np.zeros_like(w)
    hot.reshape(-1)[rng.integers(w.size)] = 1
    return hot


def cotangent_scale(cotangents: Iterable[Any]) -> float:
    """What cotangents are multiplied and divided by: 2^38 in float32, 2^4 in float16, the smallest of several.

    A power of two, so that homogeneity has no rounding of its own; far enough to meet a clip or a threshold.
    """
    return min(2.0 ** min(40, int(0.3 * np.log2(_precision.largest(w.dtype)))) for w in cotangents)


def _times(w: np.ndarray, factor: float) -> np.ndarray:
    return np.asarray(w * np.asarray(factor, w.dtype), w.dtype)


ZERO, LARGE, SMALL = (f"{_EXAMPLE}, cotangent {kind}" for kind in ("zero", "large", "small"))
# of a large point: what is kept to the last, most telling first; the others follow in their order
_TELLING = (
    _EXAMPLE,
    f"{_RANDOM} 0",
    ZERO,
    LARGE,
    SMALL,
    *_INDICES,
    "thresholds 0",
    "small integers, with ties",
    "far out",
)
_LEAST = 13  # the three examples and all of these
_AFFORDABLE = 1 << 22  # entries of all items together: 32 MiB of float64, seven times with the copies of `tolerance`
_COTANGENTS = (
    (ZERO, lambda w, scale, rng: np.zeros_like(w)),
    (f"{_EXAMPLE}, cotangent one-hot", lambda w, scale, rng: _one_hot(w, rng)),
    (LARGE, lambda w, scale, rng: _times(w, scale)),
    (SMALL, lambda w, scale, rng: _times(w, 1 / scale)),
)


def _reversed(n: np.ndarray) -> np.ndarray:
    """The entries in reverse, unless they are sorted: then the function may rely on that."""
    flat = n.reshape(-1)
    return flat if np.all(flat[1:] >= flat[:-1]) else flat[::-1]


def _clip(floats: Arrays, domains: Sequence[Domain | None]) -> Arrays:
    return tuple(x if d is None else d.clip(x) for x, d in zip(floats, domains, strict=True))
