"""Arrays that shrink well: small whole numbers first, then short binary fractions, every entry exact in its dtype."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

_WHOLE = 4  # whole numbers lie in [-4, 4]: products and short sums of them are exact in every dtype
_PARTS = 16  # fractions are sixteenths: with _WHOLE seven bits, which bfloat16 holds


def shapes(
    *, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4
) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes, shrinking to few and short axes.

    Raises:
        ValueError: a bound is negative, or a minimum lies above its maximum.
    """
    for what, low, high in (("dims", min_dims, max_dims), ("side", min_side, max_side)):
        if not 0 <= low <= high:
            raise ValueError(f"`min_{what}` must be at least 0 and at most `max_{what}`; got {low} and {high}.")
    return st.lists(st.integers(min_side, max_side), min_size=min_dims, max_size=max_dims).map(tuple)


def arrays(
    shape: int | Sequence[int] | st.SearchStrategy[Any],
    dtype: Any = np.float32,
    *,
    low: float | None = None,
    high: float | None = None,
    elements: st.SearchStrategy[Any] | None = None,
) -> st.SearchStrategy[np.ndarray]:
    """Arrays of whole numbers or of sixteenths between `low` and `high`.

    Args:
        shape: a shape, the length of a vector, or a strategy for either.
        dtype: floating, integer or boolean.
        low: the smallest entry; -4 by default, or less where `high` is less.
        high: the largest entry; 4 by default, or more where `low` is more.
        elements: a strategy for the entries, instead of `low` and `high`.

    Raises:
        ValueError: no entry fits between `low` and `high`, or `elements` is given beside them.
        TypeError: `dtype` is complex or no number, or `shape` is neither a shape nor a strategy.
    """
    entries = _entries(np.dtype(dtype), low, high) if elements is None else st.just(elements)
    if elements is not None and (low is not None or high is not None):
        raise ValueError("`elements` already says what the entries are: leave `low` and `high` out.")
    sizes = shape if isinstance(shape, st.SearchStrategy) else st.just(_shape(shape))
    return _arrays(sizes, np.dtype(dtype), entries)


@st.composite
def _arrays(draw: Callable[..., Any], sizes: Any, dtype: Any, entries: Any) -> np.ndarray:
    shape = _shape(draw(sizes))
    count = math.prod(shape)
    values = draw(st.lists(draw(entries), min_size=count, max_size=count))
    return np.asarray(values, np.float64 if jnp.issubdtype(dtype, jnp.floating) else None).reshape(shape).astype(dtype)


def _entries(dtype: Any, low: float | None, high: float | None) -> st.SearchStrategy[Any]:
    """A strategy for the strategy of an array's entries: of one array, all are whole or all may be fractions."""
    if dtype == np.bool_:
        return st.just(st.booleans())
    floating = jnp.issubdtype(dtype, jnp.floating)
    if not floating and not jnp.issubdtype(dtype, jnp.integer):
        raise TypeError(f"`dtype` must be floating, integer or boolean; got {dtype}.")
    usual = 0 if jnp.issubdtype(dtype, jnp.unsignedinteger) else -_WHOLE
    bottom = low if low is not None else min(usual, _WHOLE if high is None else high)
    top = high if high is not None else max(_WHOLE, bottom + _WHOLE)
    whole, fractions = _multiples(bottom, top, 1), _multiples(bottom, top, _PARTS)
    choices = [s for s in (whole, fractions if floating else None) if s is not None]
    if not choices:
        raise ValueError(f"no {'sixteenth' if floating else 'whole number'} lies between low={low} and high={high}.")
    return st.sampled_from(choices)


def _multiples(low: float, high: float, parts: int) -> st.SearchStrategy[Any] | None:
    first, last = math.ceil(low * parts), math.floor(high * parts)
    if first > last:
        return None
    return st.integers(first, last) if parts == 1 else st.integers(first, last).map(lambda n: n / parts)


def _shape(shape: Any) -> tuple[int, ...]:
    sides = (shape,) if isinstance(shape, int | np.integer) else shape
    if not isinstance(sides, Sequence) or not all(isinstance(n, int | np.integer) and n >= 0 for n in sides):
        raise TypeError(f"`shape` must be a length, a sequence of lengths, or a strategy of these; got {shape!r}.")
    return tuple(int(n) for n in sides)
