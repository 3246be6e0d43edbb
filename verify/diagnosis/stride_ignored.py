"""The stride is ignored: output i is taken to stand at input i, where it stands at i times the stride."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verify.diagnosis import edited
from verify.diagnosis.case import Candidate, Case
from verify.diagnosis.edited import Edit, with_params

CODE = "stride-ignored"

_SPREAD = {"conv_general_dilated": "lhs_dilation"}  # the stride of a transposed convolution


def candidates(case: Case) -> Iterator[Candidate]:
    """The gradient of the primal with steps of one: of its windows, its slices, or of what it spreads with zeros."""
    return edited.candidates(case, _edits)


def _edits(eqn: Any) -> list[Edit]:
    if edited.is_window(eqn):
        return _unstrided(eqn, "window_strides") + _unspread(eqn)
    if eqn.primitive.name == "slice" and eqn.params["strides"] is not None:
        return _unstrided(eqn, "strides")
    return _unfilled(eqn) if eqn.primitive.name == "pad" else []


def _unstrided(eqn: Any, key: str) -> list[Edit]:
    strides = eqn.params[key]
    return [
        with_params(_words(eqn, strides, axes), {key: edited.changed(strides, axes, lambda _: 1)})
        for axes in edited.groups([axis for axis, stride in enumerate(strides) if stride > 1])
    ]


def _unspread(eqn: Any) -> list[Edit]:
    key = _SPREAD.get(eqn.primitive.name)
    if key is None:
        return []
    spread = eqn.params[key]
    room = max(eqn.invars[0].aval.shape) * max(spread)  # the result shrinks with its operand: room for the old size
    return [
        with_params(
            _words(eqn, spread, axes),
            {
                key: edited.changed(spread, axes, lambda _: 1),
                "padding": edited.changed(eqn.params["padding"], axes, lambda pad: (pad[0], pad[1] + room)),
            },
        )
        for axes in edited.groups([axis for axis, step in enumerate(spread) if step > 1])
    ]


def _unfilled(eqn: Any) -> list[Edit]:
    config = eqn.params["padding_config"]
    steps = tuple(int(interior) + 1 for *_, interior in config)
    room = max(eqn.outvars[0].aval.shape, default=0)
    return [
        with_params(
            _words(eqn, steps, axes),
            {"padding_config": edited.changed(config, axes, lambda pad: (pad[0], pad[1] + room, 0))},
        )
        for axes in edited.groups([axis for axis, step in enumerate(steps) if step > 1])
    ]


def _words(eqn: Any, strides: tuple[int, ...], axes: tuple[int, ...]) -> str:
    taken = edited.changed(strides, axes, lambda _: 1)
    return f"for strides of {taken} where `{eqn.primitive.name}` has {tuple(strides)}"
