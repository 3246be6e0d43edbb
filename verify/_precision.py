"""Dtypes as the checks use them: unit roundoff, the float64 twin, exact casts in and out of float64."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

WITNESS = np.dtype(np.float64)


def is_float(leaf: Any) -> bool:
    """Whether an array has a real floating dtype (bfloat16 and float8 included)."""
    return jnp.issubdtype(leaf.dtype, jnp.floating)


def real_dtype(dtype: Any) -> Any:
    """The dtype itself if it is floating, that of the parts if it is complex, else None."""
    if jnp.issubdtype(dtype, jnp.complexfloating):
        return np.dtype(np.float32 if dtype == np.complex64 else np.float64)
    return dtype if jnp.issubdtype(dtype, jnp.floating) else None


def unit_roundoff(dtype: Any) -> float:
    """u = eps / 2: the largest relative error of rounding to nearest in `dtype`."""
    return float(jnp.finfo(dtype).eps) / 2


def largest(dtype: Any) -> float:
    """The largest finite number of `dtype`."""
    return float(jnp.finfo(dtype).max)


def smallest_normal(dtype: Any) -> float:
    """The smallest positive normal number of `dtype`: below it, rounding is absolute and not relative."""
    return float(jnp.finfo(dtype).tiny)


def to_float64(arrays: Iterable[Any]) -> tuple[np.ndarray, ...]:
    """Cast to float64; exact for every narrower float."""
    return tuple(np.asarray(a).astype(WITNESS) for a in arrays)


def double_precision() -> Any:
    """Context in which JAX computes in float64, whatever the user's setting is; undone on leaving."""
    return jax.enable_x64(True)


def is_key(value: Any) -> bool:
    """Whether a value is an array of random keys, which has no entries to look at."""
    return hasattr(value, "dtype") and bool(jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key))
