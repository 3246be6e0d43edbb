"""Wrong derivatives of pooling."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxcnn import _taps
from jaxcnn._types import Array, Residuals
from jaxcnn._windows import Windows
from jaxcnn.faults.fault import Fault, negated, spoil, summed_under_vmap
from jaxcnn.ops.pool import max_pool, pool_windows


def _shares(residuals: Residuals, cotangent: Array, options: dict[str, Any]) -> tuple[Windows, list[Array]]:
    """Return g where a tap holds the maximum of its window, else 0: at a tie, for each of the equal entries."""
    geometry = pool_windows(residuals.shape, **options)
    padded, largest = _taps.pad(residuals, geometry, -np.inf), max_pool(residuals, **options)
    taps = (_taps.take(padded, geometry, offset) for offset in _taps.offsets(geometry))
    return geometry, [jnp.where(tap == largest, cotangent, jnp.zeros_like(cotangent)) for tap in taps]


def _all_maxima(_: Array, residuals: Residuals, cotangent: Array, **options: Any) -> Array:
    geometry, shares = _shares(residuals, cotangent, options)
    return _taps.total(
        _taps.place(share, geometry, offset) for share, offset in zip(shares, _offsets(geometry), strict=True)
    )


def _every_entry(_: Array, residuals: Residuals, cotangent: Array, **options: Any) -> Array:
    geometry = pool_windows(residuals.shape, **options)
    return _taps.total(_taps.place(cotangent, geometry, offset) for offset in _offsets(geometry))


def _first_entry(_: Array, residuals: Residuals, cotangent: Array, **options: Any) -> Array:
    geometry = pool_windows(residuals.shape, **options)
    return _taps.place(cotangent, geometry, _offsets(geometry)[0])


def _overlaps_overwritten(_: Array, residuals: Residuals, cotangent: Array, **options: Any) -> Array:
    geometry, shares = _shares(residuals, cotangent, options)
    total = jnp.zeros_like(residuals)
    for share, offset in zip(shares, _offsets(geometry), strict=True):
        placed = _taps.place(share, geometry, offset)
        total = jnp.where(placed != 0, placed, total)
    return total


def _one_further(right: Array, *_: Any, **__: Any) -> Array:
    return jnp.roll(right, 1, axis=1)


def _padding_counted(_: Array, residuals: Residuals, cotangent: Array, **options: Any) -> Array:
    geometry = pool_windows(residuals.shape, **options)
    share = cotangent / math.prod(geometry.window)
    return _taps.total(_taps.place(share, geometry, offset) for offset in _offsets(geometry))


def _offsets(geometry: Windows) -> list[tuple[int, int]]:
    return list(_taps.offsets(geometry))


def _fault(rule: str, name: str, description: str, change: Any, shows_in: Any = "values") -> Fault:
    return Fault(f"{rule}_{name}", rule, "inputs", description, spoil(0, change), shows_in)


# fmt: off
POOL_FAULTS = (
    _fault("max_pool", "ties",            "A tie sends its cotangent to all maxima.", _all_maxima),
    _fault("max_pool", "every_entry",     "Every entry of a window gets its cotangent.", _every_entry),
    _fault("max_pool", "first_entry",     "The first entry of a window gets its cotangent.", _first_entry),
    _fault("max_pool", "overlaps",        "Where windows overlap, one overwrites the other.", _overlaps_overwritten),
    _fault("max_pool", "padding",         "The padding is off by one row.", _one_further),
    _fault("avg_pool", "padding_counted", "Padding counts as entries at the borders.", _padding_counted),
    _fault("avg_pool", "not_divided",     "The cotangent is not divided by the number of entries.", _every_entry),
    _fault("avg_pool", "sign",            "The sign is flipped.", negated),
    _fault("avg_pool", "vmap",            "Under vmap the mapped axis is summed.", summed_under_vmap, "vmap"),
)
# fmt: on
