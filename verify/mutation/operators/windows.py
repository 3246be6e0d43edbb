"""Mistakes in the geometry of windows and indices: padding and indices off by one, strides and dilations ignored."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import partial
from typing import Any

from verify.mutation.operators._operator import Edit, Operator, is_float, with_params
from verify.mutation.operators.arithmetic import on_operand

_STRETCHES = ("window_strides", "lhs_dilation", "rhs_dilation")
_PADDINGS = {"conv_general_dilated": "padding", "pad": "padding_config"}


def _put(values: Any, axis: int, value: Any) -> tuple[Any, ...]:
    return (*values[:axis], value, *values[axis + 1 :])


def _padding(eqn: Any) -> Iterator[Edit]:
    key = _PADDINGS.get(eqn.primitive.name)
    if key is None or not is_float(eqn):
        return
    for axis, (low, high, *rest) in enumerate(eqn.params[key]):
        if rest and not (low or high or any(rest)):
            continue  # an axis that this pad leaves alone
        for step in (1, -1):
            yield f"padding of axis {axis} moved by {step:+d}", with_params(partial(_repadded, key, axis, step))


def _repadded(key: str, axis: int, step: int, eqn: Any) -> dict[str, Any]:
    low, high, *rest = eqn.params[key][axis]
    return {key: _put(eqn.params[key], axis, (low + step, high - step, *rest))}


def _stretch(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name == "conv_general_dilated":
        for key in _STRETCHES:
            for axis in (axis for axis, value in enumerate(eqn.params[key]) if value > 1):
                yield f"{key} of axis {axis} ignored", with_params(partial(_unstretched, key, axis))
    if eqn.primitive.name == "pad":
        for axis in (axis for axis, (*_, interior) in enumerate(eqn.params["padding_config"]) if interior > 0):
            yield f"interior padding of axis {axis} ignored", with_params(partial(_closed, axis))
    if eqn.primitive.name == "slice" and eqn.params["strides"] is not None:
        for axis in (axis for axis, stride in enumerate(eqn.params["strides"]) if stride > 1):
            yield f"stride of axis {axis} ignored", with_params(partial(_dense, axis))


def _unstretched(key: str, axis: int, eqn: Any) -> dict[str, Any]:
    """One stride or dilation set to 1, and the padding after it chosen so that the output keeps its size."""
    numbers, padding = eqn.params["dimension_numbers"], eqn.params["padding"]
    n = eqn.invars[0].aval.shape[numbers.lhs_spec[2 + axis]]
    k = eqn.invars[1].aval.shape[numbers.rhs_spec[2 + axis]]
    m = eqn.outvars[0].aval.shape[numbers.out_spec[2 + axis]]
    stride, lhs_dilation, rhs_dilation = (1 if name == key else eqn.params[name][axis] for name in _STRETCHES)
    low = padding[axis][0]
    high = (m - 1) * stride + (k - 1) * rhs_dilation - (n - 1) * lhs_dilation - low
    return {key: _put(eqn.params[key], axis, 1), "padding": _put(padding, axis, (low, high))}


def _closed(axis: int, eqn: Any) -> dict[str, Any]:
    low, high, interior = eqn.params["padding_config"][axis]
    lost = max(0, eqn.invars[0].aval.shape[axis] - 1) * interior
    return {"padding_config": _put(eqn.params["padding_config"], axis, (low, high + lost, 0))}


def _dense(axis: int, eqn: Any) -> dict[str, Any]:
    limit = eqn.params["start_indices"][axis] + eqn.outvars[0].aval.shape[axis]
    return {
        "strides": _put(eqn.params["strides"], axis, 1),
        "limit_indices": _put(eqn.params["limit_indices"], axis, limit),
    }


def _slice(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name != "slice":
        return
    for axis in range(len(eqn.params["start_indices"])):
        for step in (1, -1):
            if _moved(axis, step, eqn):
                yield f"slice of axis {axis} moved by {step:+d}", with_params(partial(_moved, axis, step))


def _moved(axis: int, step: int, eqn: Any) -> dict[str, Any]:
    starts, limits = eqn.params["start_indices"], eqn.params["limit_indices"]
    start, limit = starts[axis] + step, limits[axis] + step
    if start < 0 or limit > eqn.invars[0].aval.shape[axis]:
        return {}  # at this shape there is nothing beside the slice
    return {"start_indices": _put(starts, axis, start), "limit_indices": _put(limits, axis, limit)}


def _index(eqn: Any) -> Iterator[Edit]:
    name = eqn.primitive.name
    first = {"gather": 1, "dynamic_slice": 1, "dynamic_update_slice": 2, "scatter": 1, "scatter-add": 1}.get(name)
    if first is None:
        return
    for position in range(first, len(eqn.invars) if name.startswith("dynamic") else first + 1):
        for step in (1, -1):
            yield f"index {step:+d}", on_operand(position, partial(operator.add, step))


OPERATORS = (
    Operator("padding moved", "padding off by one", _padding),
    Operator("stride ignored", "a stride, a dilation or the zeros between neighbours forgotten", _stretch),
    Operator("slice moved", "a slice that begins one entry too early or too late", _slice),
    Operator("index moved", "an index off by one", _index),
)
