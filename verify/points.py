"""Values of floating arguments: random ones that look like the example, and those where bugs live.

Zeros of both signs, ones, ties, equal arguments, thresholds read from the primal, saturation, the edges of the dtype's
range, tiny and large values. Numbers are short decimals in the dtype under test: they print well and cast to float64
without change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from verify import _precision
from verify.domain import Domain
from verify.problem import Arrays, Problem

Make = Callable[[np.ndarray], Any]

_FEW = 8  # entries that two draws of a tie would seldom bring together
_MODERATE = 2048  # entries up to which some points more cost little


def varies(domain: Domain | None) -> bool:
    """Whether an argument's values may be varied."""
    return domain is None or domain.vary_values


def few(problem: Problem) -> bool:
    """Whether the problem has so few entries that a few draws may not show what one of them does."""
    return sum(np.size(x) for x in problem.floats) <= _FEW


def short_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Standard normal numbers with two decimals, none of them zero."""
    values = np.round(rng.standard_normal(shape), 2)
    return np.where(values == 0, 0.01, values).astype(dtype)


def fresh(problem: Problem, domains: Sequence[Domain | None], rng: np.random.Generator) -> Arrays:
    """Random values that look like the example: its scale, its signs where they are all equal, the unit interval."""
    return tuple(
        np.asarray(x) if not varies(d) else _like(np.asarray(x), rng)
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


def special(
    problem: Problem, thresholds: Sequence[float], domains: Sequence[Domain | None], rng: np.random.Generator
) -> Iterable[tuple[str, Arrays]]:
    """Points where bugs live. Each changes all varied leaves at once; the sparse ones change few entries."""

    def every(label: str, make: Make) -> tuple[str, Arrays]:
        return label, tuple(
            np.asarray(make(np.asarray(x)), x.dtype) if varies(d) else x
            for x, d in zip(problem.floats, domains, strict=True)
        )

    own = [float(v) for d in domains if d is not None for v in d.special]
    marks = np.unique(np.asarray([0.0, 1.0, -1.0, 0.5, -0.5, *thresholds, *own]))
    if np.any([np.size(x) > 1 for x in problem.floats]):
        yield every("one entry zero", lambda x: _put(x, rng, 0.0))
        yield every("two entries equal", lambda x: _tie(x, rng))
    yield every("all zero", np.zeros_like)
    yield every("all minus zero", lambda x: -np.zeros_like(x))
    yield every("all one", np.ones_like)
    yield every("all minus one", lambda x: -np.ones_like(x))
    yield every("small integers, with ties", lambda x: rng.integers(-1, 3, x.shape))
    for label, values in (("thresholds", marks), ("beside thresholds", _beside(marks))):
        rounds = _rounds(problem, len(values))
        dealt = [_dealt(values, rounds, np.asarray(x), rng) for x in problem.floats]
        for i in range(rounds):
            hands = zip(problem.floats, domains, dealt, strict=True)
            yield f"{label} {i}", tuple(hand[i] if varies(d) else np.asarray(x) for x, d, hand in hands)
    for i in range(
        6 if few(problem) else 2
    ):  # a winner that is chosen by rounded or scaled values is wrong beside a tie alone
        yield every(f"near ties {i}", lambda x: _nearly(rng.integers(1, 3, x.shape), rng))
    one_sided = any(_sign(np.asarray(x)) for x in problem.floats)
    for label, make in _sizes(rng).items():
        yield every(label, make)
        if one_sided:  # a logarithm is defined on one side only
            yield every(f"{label}, signs as in the example", partial(_signed, make=make))
    if one_sided:
        yield every("values of both signs", lambda x: 2.0 * short_normal(rng, x.shape, np.float64))
    if any(_in_unit_interval(np.asarray(x)) for x in problem.floats):
        yield every("close to one", lambda x: _close_to_one(x, rng) if _in_unit_interval(x) else x)
    shapes = {np.shape(x) for x in problem.floats}
    if len(shapes) < len(problem.floats):
        leaders = {np.shape(x): x for x in problem.floats}
        yield every("arguments equal", lambda x: leaders[x.shape])
        yield "one entry of two arguments equal", _one_shared_entry(problem.floats, domains, rng)


def _nearly(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values off by up to one part in 2^11: apart for float32, equal for a coarser eye."""
    return values * (1 + 2.0**-11 * rng.uniform(-1, 1, values.shape))


def _sizes(rng: np.random.Generator) -> dict[str, Make]:
    """From the largest values to the smallest: saturation, overflow, tails."""
    return {
        "large": lambda x: 8.0 * short_normal(rng, x.shape, np.float64),
        "saturated": lambda x: rng.choice([-40.0, -20.0, 20.0, 40.0], x.shape),
        "saturated alike": lambda x: np.full(x.shape, 30.0),
        "far out": lambda x: rng.choice([-1e4, -300.0, 300.0, 1e4], x.shape),
        "far above": lambda x: rng.choice([1e3, 1e4], x.shape),  # of few entries none might lie there else
        "far below": lambda x: rng.choice([-1e4, -1e3], x.shape),
        "square overflows": lambda x: _edge(x.dtype, 0.6) * rng.uniform(1, 2, x.shape) * _signs(x, rng),
        "square underflows": lambda x: _edge(x.dtype, -0.6) * rng.uniform(1, 2, x.shape) * _signs(x, rng),
        "small": lambda x: 1e-3 * short_normal(rng, x.shape, np.float64),
        "tiny": lambda x: 1e-6 * short_normal(rng, x.shape, np.float64),
    }


def _sign(x: np.ndarray) -> float:
    """1 or -1 where all entries have that sign, else 0."""
    return 1.0 if (x > 0).all() else -1.0 if (x < 0).all() else 0.0


def _signed(x: np.ndarray, make: Make) -> np.ndarray:
    """What `make` returns, with the sign of the example where all its entries have one sign."""
    values = np.asarray(make(x))
    return _sign(x) * np.abs(values) if _sign(x) else values


def _in_unit_interval(x: np.ndarray) -> bool:
    return bool((x > 0).all() and (x < 1).all())


def _close_to_one(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 1 - 2.0**-10 * rng.uniform(0.5, 1, x.shape)


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
        elif varies(domain):
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


def _beside(values: np.ndarray) -> np.ndarray:
    """One part in 2^6 to either side: as near as half precision can tell apart, clear of the difference steps."""
    away = 2.0**-6 * np.maximum(np.abs(values), 1.0)
    return np.concatenate([values - away, values + away])


def _rounds(problem: Problem, count: int) -> int:
    """How often `count` values are dealt: until each argument has met every value, unless others are large."""
    sizes = [np.size(x) for x in problem.floats]
    return max(2, -(-count // min(sizes))) if sum(sizes) <= _MODERATE else 2


def _dealt(values: np.ndarray, rounds: int, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values for the entries of `x`, round after round, dealt like cards: each once before any comes again.

    Every round is shuffled once more: rows of a matrix that hold the whole deck would have equal sums.
    """
    values, count = values[np.abs(values) <= _precision.largest(x.dtype)], rounds * x.size
    cards = np.concatenate([rng.permutation(values) for _ in range(-(-count // len(values)))])
    hands = rng.permuted(cards[:count].reshape(rounds, x.size), axis=1)
    return hands.reshape(rounds, *x.shape).astype(x.dtype)
