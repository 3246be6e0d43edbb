"""What a convolution connects to what: its options understood, checked against the shapes, axis by axis.

    y[i, o] = sum_{a, c} x[i s + a d - lo, c] K[a, c, o]    (one axis; the others are alike)

The kernel is not flipped. With G groups, output o reads only the C / G channels of its group. Channels last: inputs
(..., C), kernel (..., C / G, O), as Flax has them. Channels first: inputs (C, ...), kernel (O, C / G, ...), as PyTorch.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from verify.matrices.axis import Axis
from verify.matrices.options import channels_last, padding_amounts, per_axis, positive, split

Shape = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Geometry:
    """A convolution without its values.

    Attributes:
        axes: the spatial axes.
        channels: C.
        features: O.
        groups: G, which divides both.
        last: whether channels come last.
    """

    axes: tuple[Axis, ...]
    channels: int
    features: int
    groups: int
    last: bool

    @property
    def input_shape(self) -> Shape:
        """Of one example."""
        return self._with_channels(self.channels, [axis.size for axis in self.axes])

    @property
    def output_shape(self) -> Shape:
        """Of one example."""
        return self._with_channels(self.features, [axis.outputs for axis in self.axes])

    @property
    def shape(self) -> tuple[int, int]:
        """Of the matrix: rows are outputs and columns inputs, both row-major."""
        return math.prod(self.output_shape), math.prod(self.input_shape)

    @property
    def block(self) -> tuple[int, int]:
        """Output and input channels of one group."""
        return self.features // self.groups, self.channels // self.groups

    @property
    def taps_met(self) -> int:
        """How many pairs of an output position and a tap meet an input."""
        return math.prod(sum(map(axis.met, range(axis.window))) for axis in self.axes)

    @property
    def entries(self) -> int:
        """How many entries of the matrix come from the kernel."""
        return self.taps_met * self.features * self.block[1]

    def _with_channels(self, channels: int, sizes: Sequence[int]) -> Shape:
        return (*sizes, channels) if self.last else (channels, *sizes)


def convolution(
    kernel_shape: Shape,
    input_shape: Any,
    *,
    strides: Any = 1,
    padding: Any = "SAME",
    dilation: Any = 1,
    input_dilation: Any = 1,
    groups: Any = 1,
    layout: str | None = None,
) -> Geometry:
    """The geometry of a convolution; options as in `verify.conv_matrix`.

    Raises:
        ValueError: the shapes or options do not fit together.
    """
    rank = len(kernel_shape) - 2
    if not 1 <= rank <= 3:
        raise ValueError(
            f"`kernel` must have 1, 2 or 3 spatial axes and two of channels; got shape {tuple(kernel_shape)}."
        )
    if 0 in kernel_shape:
        raise ValueError(f"`kernel` must have at least one entry; got shape {tuple(kernel_shape)}.")
    last = channels_last(layout, rank)
    sizes, channels = split("input_shape", input_shape, rank, last)
    groups = positive("groups", groups)
    spatial = kernel_shape[:-2] if last else kernel_shape[2:]
    inner, features = kernel_shape[-2:] if last else kernel_shape[1::-1]
    if channels % groups:
        raise ValueError(f"`groups` must divide the {channels} input channels; got {groups}.")
    if inner != channels // groups:
        names = [f"k{i}" for i in range(1, rank + 1)]
        wanted = [*names, channels // groups, "out"] if last else ["out", channels // groups, *names]
        raise ValueError(
            f"`kernel` must have shape ({', '.join(map(str, wanted))}) to match {channels} input channels in {groups} "
            f"group(s); got {tuple(kernel_shape)}."
        )
    if features % groups:
        raise ValueError(f"`groups` must divide the {features} output channels of `kernel`; got {groups}.")
    axes = windows(sizes, spatial, strides, padding, dilation, input_dilation)
    return Geometry(axes, channels, features, groups, last)


def windows(
    sizes: Shape, window: Shape, strides: Any, padding: Any, dilation: Any = 1, input_dilation: Any = 1
) -> tuple[Axis, ...]:
    """One `Axis` per spatial axis.

    Raises:
        ValueError: an option is malformed, or no window fits.
    """
    rank = len(sizes)
    s, d = per_axis("strides", strides, rank), per_axis("dilation", dilation, rank)
    e = per_axis("input_dilation", input_dilation, rank)
    extents = [(k - 1) * step + 1 for k, step in zip(window, d, strict=True)]
    lengths = [(n - 1) * step + 1 for n, step in zip(sizes, e, strict=True)]
    circular = isinstance(padding, str) and padding == "CIRCULAR"
    if isinstance(padding, str) and padding == "SAME" and max(e) > 1:
        raise ValueError(
            "`padding` 'SAME' has no agreed meaning with an `input_dilation`: give a pair (low, high) per axis."
        )
    if circular:
        lengths = [n * step for n, step in zip(sizes, e, strict=True)]
    amounts = padding_amounts(padding, lengths, extents, s)
    rooms = [n + lo + hi - extent for n, (lo, hi), extent in zip(lengths, amounts, extents, strict=True)]
    if min(rooms) < 0:
        raise ValueError(
            f"A window must fit into its padded inputs; one that covers {tuple(extents)} does not fit into "
            f"{tuple(lengths)} padded by {tuple(amounts)}: use a smaller window, less dilation or more padding."
        )
    return tuple(
        Axis(sizes[i], window[i], s[i], amounts[i][0], rooms[i] // s[i] + 1, d[i], e[i], circular) for i in range(rank)
    )
