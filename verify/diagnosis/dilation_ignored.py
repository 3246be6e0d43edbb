"""The dilation is ignored: the taps of a window are taken to lie side by side, or its dilation for a stride."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verify.diagnosis import edited
from verify.diagnosis.case import Candidate, Case
from verify.diagnosis.edited import Edit, with_params

CODE = "dilation-ignored"


def candidates(case: Case) -> Iterator[Candidate]:
    """The gradient of the primal with windows whose taps are neighbours."""
    return edited.candidates(case, _edits)


def _edits(eqn: Any) -> list[Edit]:
    if not edited.is_window(eqn):
        return []
    key = "rhs_dilation" if eqn.primitive.name == "conv_general_dilated" else "window_dilation"
    dilation = tuple(eqn.params[key])
    found = []
    for axes in edited.groups([axis for axis, step in enumerate(dilation) if step > 1]):
        dense = edited.changed(dilation, axes, lambda _: 1)
        words = f"for dilations of {dense} where `{eqn.primitive.name}` has {dilation}"
        found.append(with_params(words, {key: dense}))
        found.append(with_params(f"{words}, taken for strides", {key: dense, **_strided(eqn, dilation, axes)}))
    return found


def _strided(eqn: Any, dilation: tuple[int, ...], axes: tuple[int, ...]) -> dict[str, Any]:
    """Strides multiplied by the dilation, and room for the steps that they take further."""
    strides = eqn.params["window_strides"]
    longer = tuple(s * d if axis in axes else s for axis, (s, d) in enumerate(zip(strides, dilation, strict=True)))
    room = max(eqn.outvars[0].aval.shape) * max(longer)
    return {
        "window_strides": longer,
        "padding": edited.changed(eqn.params["padding"], axes, lambda pad: (pad[0], pad[1] + room)),
    }
