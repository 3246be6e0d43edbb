"""A network described well enough to be built again: shapes, kernels, strides, padding and parameters of all layers."""

import math
from dataclasses import dataclass

from jaxcnn._types import Shape
from jaxcnn.layers import Conv, Dense, Layer
from jaxcnn.network import Network
from jaxcnn.ops.conv import conv_windows
from jaxcnn.ops.pool import pool_windows


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Attributes:
        name: such as "conv_0".
        inputs: the shape of one example before it.
        outputs: and after it.
        kernel: (rows, columns) of its window, or () where it has none.
        strides: likewise.
        padding: rows above and below, columns left and right that are added: ((top, bottom), (left, right)), or ().
        unused: rows and columns at the lower and right edge that no window reaches, or ().
        parameters: how many numbers it learns.
        counted: how these come about, as a calculation; "" where there are none.
    """

    name: str
    inputs: Shape
    outputs: Shape
    kernel: Shape
    strides: Shape
    padding: tuple[tuple[int, int], ...]
    unused: Shape
    parameters: int
    counted: str


def layer_table(network: Network, input_shape: Shape) -> tuple[LayerRow, ...]:
    """Return one row per layer, first to last, for inputs of `input_shape`, without the batch.

    Raises:
        ValueError: if the layers do not fit together.
    """
    shapes = network.shapes((1, *input_shape))
    named = zip(network.named_layers(), shapes, shapes[1:], strict=False)
    return tuple(_row(name, layer, before, after) for (name, layer), before, after in named)


def _row(name: str, layer: Layer, before: Shape, after: Shape) -> LayerRow:
    shapes = layer.parameter_shapes(before)
    total = sum(map(math.prod, shapes.values()))
    geometry = None
    if isinstance(layer, Conv):
        geometry = conv_windows(before, shapes["kernel"], shapes["bias"], **layer.options())
    elif layer.op.endswith("_pool"):
        geometry = pool_windows(before, **layer.options())
    if geometry is None:
        return LayerRow(name, before[1:], after[1:], (), (), (), (), total, _counted(layer, shapes))
    unused = tuple(
        n + lo + hi - ((m - 1) * s + (k - 1) * d + 1)
        for n, (lo, hi), m, s, k, d in zip(
            geometry.sizes,
            geometry.padding,
            geometry.outputs,
            geometry.strides,
            geometry.window,
            geometry.dilation,
            strict=True,
        )
    )
    counted = _counted(layer, shapes)
    kernel, strides, padding = geometry.window, geometry.strides, geometry.padding
    return LayerRow(name, before[1:], after[1:], kernel, strides, padding, unused, total, counted)


def _counted(layer: Layer, shapes: dict[str, Shape]) -> str:
    if isinstance(layer, Conv | Dense):
        return " x ".join(map(str, shapes["kernel"])) + f" + {shapes['bias'][0]}"
    return ""
