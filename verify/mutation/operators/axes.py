"""Mistakes with axes: reversed, shifted, transposed, summed or not summed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax.numpy as jnp
from jax import lax

from verify.mutation.operators._operator import Edit, Evaluate, Operator, is_float, on_result, with_params

# results whose axes were just made or moved: the places where they can be confused
_MOVERS = (
    "dot_general",
    "conv_general_dilated",
    "reshape",
    "transpose",
    "rev",
    "broadcast_in_dim",
    "pad",
    "slice",
    "concatenate",
    "gather",
    "scatter-add",
    "reduce_sum",
    "cumsum",
    "dynamic_slice",
)


def _long_axes(eqn: Any) -> list[int]:
    moved = eqn.primitive.name in _MOVERS and is_float(eqn)
    return [axis for axis, n in enumerate(eqn.outvars[0].aval.shape) if n > 1] if moved else []


def _reversed(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name == "rev":
        yield "rev dropped", lambda eqn, values: [values[0]]
    for axis in _long_axes(eqn):
        yield f"axis {axis} reversed", on_result(partial(jnp.flip, axis=axis))


def _rolled(eqn: Any) -> Iterator[Edit]:
    for axis in _long_axes(eqn):
        yield f"rolled by 1 along axis {axis}", on_result(partial(jnp.roll, shift=1, axis=axis))


def _transposed(eqn: Any) -> Iterator[Edit]:
    axes = _long_axes(eqn)
    shape = eqn.outvars[0].aval.shape if axes else ()
    for position, a in enumerate(axes):
        for b in axes[position + 1 :]:
            if shape[a] == shape[b]:
                yield f"axes {a} and {b} exchanged", on_result(partial(jnp.swapaxes, axis1=a, axis2=b))
    if eqn.primitive.name == "transpose" and is_float(eqn):
        yield "transpose replaced by reshape", lambda eqn, values: [values[0].reshape(eqn.outvars[0].aval.shape)]


def _first_slice(eqn: Any, values: list[Any]) -> list[Any]:
    axes = eqn.params["axes"]
    return [values[0][tuple(0 if axis in axes else slice(None) for axis in range(values[0].ndim))]]


def _reduction(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name not in ("reduce_sum", "reduce_max", "reduce_min", "reduce_prod") or not is_float(eqn):
        return
    yield "only the first entry taken", _first_slice
    others = {"reduce_sum": (jnp.mean, jnp.max), "reduce_max": (jnp.min,), "reduce_min": (jnp.max,)}
    for other in others.get(eqn.primitive.name, ()):
        yield f"{eqn.primitive.name} replaced by {other.__name__}", _reduced_by(other)


def _reduced_by(function: Any) -> Evaluate:
    return lambda eqn, values: [function(values[0], axis=tuple(eqn.params["axes"]))]


def _all_but_first(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name != "reduce_sum" or not is_float(eqn):
        return
    for axis in eqn.params["axes"]:
        yield f"first entry of axis {axis} left out", partial(_without_first, axis)


def _without_first(axis: int, eqn: Any, values: list[Any]) -> list[Any]:
    rest = lax.slice_in_dim(values[0], min(1, values[0].shape[axis]), None, axis=axis)
    return [jnp.sum(rest, axis=tuple(eqn.params["axes"]))]


def _cumulated(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name in ("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"):
        yield "other direction", with_params(lambda eqn: {"reverse": not eqn.params["reverse"]})
        yield "not cumulated", lambda eqn, values: [values[0]]


OPERATORS = (
    Operator("axis reversed", "a flip too many or too few", _reversed),
    Operator("rolled", "everything off by one position", _rolled),
    Operator("transposed", "two axes of equal length exchanged, or moved by reshape", _transposed),
    Operator("sum dropped", "a sum forgotten, or a mean or a maximum in its place", _reduction),
    Operator("sum cut short", "a sum that leaves out one term", _all_but_first),
    Operator("cumulation changed", "a cumulative sum in the wrong direction, or forgotten", _cumulated),
)
