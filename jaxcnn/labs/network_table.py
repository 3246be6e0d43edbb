"""A network described well enough to be built again, as a table of a report."""

import math
from typing import Any

from jaxcnn._types import Shape
from jaxcnn.analysis import LayerRow, layer_table
from jaxcnn.labs.report import Table
from jaxcnn.network import Network

_COLUMNS = ("layer", "outputs", "kernel", "strides", "padding", "left over", "parameters", "which are")


def network_table(network: Network, input_shape: Shape, caption: str = "") -> Table:
    """Return one row per layer, generated from the network itself.

    Args:
        network: the network.
        input_shape: (H, W, C), of one image.
        caption: before what the columns mean.
    """
    rows = layer_table(network, input_shape)
    told = (
        f"{caption} Inputs are {_times(input_shape)}. Outputs are rows × columns × channels; padding is rows above and "
        "below, columns left and right; left over are rows and columns that fill no window."
    )
    last = ("all", "", "", "", "", "", sum(row.parameters for row in rows), "")
    return Table(told.strip(), _COLUMNS, (*map(_row, rows), last))


def network_numbers(network: Network, input_shape: Shape) -> dict[str, Any]:
    """Return how many numbers each layer has, and how many it learns."""
    rows = layer_table(network, input_shape)
    return {row.name: {"outputs": math.prod(row.outputs), "parameters": row.parameters} for row in rows}


def _row(row: LayerRow) -> tuple[Any, ...]:
    padding = ", ".join(f"{before} + {after}" for before, after in row.padding)
    shapes = (_times(shape) for shape in (row.outputs, row.kernel, row.strides))
    return (row.name, *shapes, padding, _times(row.unused), row.parameters, row.counted.replace("x", "×"))


def _times(shape: Shape) -> str:
    return " × ".join(map(str, shape))
