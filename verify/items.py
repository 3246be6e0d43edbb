"""Where a rule is examined: an `Item` is one point with one cotangent; items of equal shape run in one program.

Random points are not where bugs live, so `lattice` always adds zeros of both signs, ones, ties, equal arguments,
thresholds read from the primal, saturation, tiny and large values, and cotangents that are zero, one-hot and large.
Numbers are short decimals in the dtype under test: they print well and cast to float64 without change.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from verify import _precision
from verify.domain import Domain
from verify.problem import Problem

Arrays = tuple[Any, ...]


_EXAMPLE, _RANDOM = "the example", "random values"


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


def short_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Standard normal numbers with two decimals, none of them zero."""
    values = np.round(rng.standard_normal(shape), 2)
    return np.where(values == 0, 0.01, values).astype(dtype)


def cotangent(rng: np.random.Generator, outputs: Iterable[Any]) -> Arrays:
    """A random cotangent of short decimals for every output."""
    return tuple(short_normal(rng, out.shape, out.dtype) for out in outputs)


def lattice(
    problem: Problem,
    outputs: Sequence[Any],
    thresholds: Sequence[float],
    domains: Sequence[Domain | None],
    rng: np.random.Generator,
) -> list[Item]:
    """The items for one shape: the example first, then random points, special points, special cotangents."""
    points = [(_EXAMPLE, problem.floats)]
    points += [(_EXAMPLE, problem.floats)] * 2  # three cotangents: linearity needs w1, w2 and their sum
    varied = [leaf for leaf, domain in zip(problem.floats, domains, strict=True) if _varies(domain)]
    if varied:
        points += [(f"{_RANDOM} {i}", _fresh(problem, domains, rng)) for i in range(3)]
        points += list(_special(problem, thresholds, domains, rng))
    items = [Item(label, _clip(floats, domains), problem.others, cotangent(rng, outputs)) for label, floats in points]
    first, second = items[0].cotangents, items[1].cotangents
    total = tuple((2 * a + b).astype(a.dtype) for a, b in zip(first, second, strict=True))
    items[2] = dataclasses.replace(items[2], cotangents=total)
    for label, make in _COTANGENTS:
        special = tuple(make(w, cotangent_scale(first), rng) for w in first)
        items.append(Item(label, problem.floats, problem.others, special))
    return items + _other_values(problem, items[0], rng)


def _other_values(problem: Problem, example: Item, rng: np.random.Generator) -> list[Item]:
    """The example with its indices and masks changed, to values that are valid because the example has them."""
    makers = {
        "indices alike, mask true": lambda n: np.ones_like(n) if n.dtype == bool else np.full_like(n, n.reshape(-1)[0]),
        "indices in reverse, mask false": lambda n: np.zeros_like(n) if n.dtype == bool else _reversed(n),
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
    return found


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


def _varies(domain: Domain | None) -> bool:
    return domain is None or domain.vary_values


def _clip(floats: Arrays, domains: Sequence[Domain | None]) -> Arrays:
    return tuple(x if d is None else d.clip(x) for x, d in zip(floats, domains, strict=True))


def _fresh(problem: Problem, domains: Sequence[Domain | None], rng: np.random.Generator) -> Arrays:
    """Random values that look like the example: its scale, its signs where they are all equal, the unit interval."""
    return tuple(
        np.asarray(x) if not _varies(d) else _like(np.asarray(x), rng)
        for x, d in zip(problem.floats, domains, strict=True)
    )


def _like(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    wide = x.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    scale = float(np.sqrt(np.mean(finite**2))) if finite.size and np.any(finite) else 1.0
    scale = float(f"{scale:.2g}")  # short decimals stay short
    if finite.size and finite.min() > 0:
        if finite.max() <= 1:
            return np.round(rng.uniform(0.05, 0.95, x.shape), 2).astype(x.dtype)
        return np.asarray(scale * np.round(np.exp(0.5 * rng.standard_normal(x.shape)), 2), x.dtype)
    return np.asarray(scale * short_normal(rng, x.shape, np.float64), x.dtype)


def _special(
    problem: Problem, thresholds: Sequence[float], domains: Sequence[Domain | None], rng: np.random.Generator
) -> Iterable[tuple[str, Arrays]]:
    """Points where bugs live. Each changes all varied leaves at once; the sparse ones change few entries."""

    def every(label: str, make: Any) -> tuple[str, Arrays]:
        return label, tuple(
            np.asarray(make(np.asarray(x)), x.dtype) if _varies(d) else x
            for x, d in zip(problem.floats, domains, strict=True)
        )

    own = [float(v) for d in domains if d is not None for v in d.special]
    marks = np.unique(np.asarray([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, *thresholds, *own]))
    if np.any([np.size(x) > 1 for x in problem.floats]):
        yield every("one entry zero", lambda x: _put(x, rng, 0.0))
        yield every("two entries equal", lambda x: _tie(x, rng))
    yield every("all zero", np.zeros_like)
    yield every("all minus zero", lambda x: -np.zeros_like(x))
    yield every("all one", np.ones_like)
    yield every("all minus one", lambda x: -np.ones_like(x))
    yield every("small integers, with ties", lambda x: rng.integers(-1, 3, x.shape))
    for i in range(2):
        yield every(f"thresholds {i}", lambda x: rng.choice(marks, x.shape))
        yield every(f"beside thresholds {i}", lambda x: _beside(rng.choice(marks, x.shape), x.dtype, rng))
    yield every("large", lambda x: 8.0 * short_normal(rng, x.shape, np.float64))
    yield every("saturated", lambda x: rng.choice([-40.0, -20.0, 20.0, 40.0], x.shape))
    yield every("saturated alike", lambda x: np.full(x.shape, 30.0))
    yield every("far out", lambda x: rng.choice([-1e4, -300.0, 300.0, 1e4], x.shape))
    for label, exponent in (("square overflows", 0.6), ("square underflows", -0.6)):
        yield every(label, lambda x, e=exponent: _edge(x.dtype, e) * rng.uniform(1, 2, x.shape) * _signs(x, rng))
    yield every("small", lambda x: 1e-3 * short_normal(rng, x.shape, np.float64))
    yield every("tiny", lambda x: 1e-6 * short_normal(rng, x.shape, np.float64))
    shapes = {np.shape(x) for x in problem.floats}
    if len(shapes) < len(problem.floats):
        leaders = {np.shape(x): x for x in problem.floats}
        yield every("arguments equal", lambda x: leaders[x.shape])
        yield "one entry of two arguments equal", _one_shared_entry(problem.floats, domains, rng)


def _edge(dtype: Any, share: float) -> float:
    """A number whose exponent is that share of the dtype's range: its square leaves the range beyond a half."""
    return 2.0 ** round(share * np.log2(_precision.largest(dtype)))


def _signs(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice((-1.0, 1.0), x.shape)


def _one_shared_entry(floats: Arrays, domains: Sequence[Domain | None], rng: np.random.Generator) -> Arrays:
    """One entry of every later argument takes the value that the first argument of its shape has there."""
    out: list[np.ndarray] = []
    leaders: dict[tuple[int, ...], tuple[np.ndarray, Any]] = {}
    for x, domain in zip(floats, domains, strict=True):
        copy = np.array(x)
        if copy.shape not in leaders:
            leaders[copy.shape] = (copy, rng.integers(copy.size))
        elif _varies(domain):
            leader, position = leaders[copy.shape]
            copy.reshape(-1)[position] = leader.reshape(-1)[position].astype(copy.dtype)
        out.append(copy)
    return tuple(out)


def _put(x: np.ndarray, rng: np.random.Generator, value: float) -> np.ndarray:
    out = np.array(x)
    out.reshape(-1)[rng.integers(x.size)] = value
    return out


def _tie(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Make two neighbouring entries of the last axis that holds two the largest, and equal."""
    out = np.array(x)
    axes = [axis for axis, n in enumerate(x.shape) if n > 1]
    if not axes:
        return out
    index = [int(rng.integers(n)) for n in x.shape]
    index[axes[-1]] = int(rng.integers(x.shape[axes[-1]] - 1))
    other = list(index)
    other[axes[-1]] += 1
    out[tuple(index)] = out[tuple(other)] = np.asarray(np.max(x) + 1, x.dtype)
    return out


def _beside(values: np.ndarray, dtype: Any, rng: np.random.Generator) -> np.ndarray:
    """One part in 2^6 to either side: as near as half precision can tell apart, clear of the difference steps."""
    away = rng.choice((-1.0, 1.0), values.shape) * 2.0**-6
    return (values + away * np.maximum(np.abs(values), 1.0)).astype(dtype)
