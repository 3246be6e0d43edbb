"""How many neurons each layer of a network has when it is read as fully connected, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jaxcnn._types import Shape
from jaxcnn._windows import Windows
from jaxcnn.layers import Conv, Dense, Layer, MaxPool
from jaxcnn.matrices.steps import Linear, Step
from jaxcnn.network import Network
from jaxcnn.ops.conv import conv_windows
from jaxcnn.ops.pool import pool_windows


@dataclass(frozen=True)
class ShapeRow:
    """One layer.

    Attributes:
        layer: its name.
        shape: of its outputs, of one example.
        neurons: how many numbers that are.
        matrix: the shape of its matrix (outputs, inputs), or None where it has none.
        nonzero: entries of the matrix that need not be zero.
        why: in a few words.
    """

    layer: str
    shape: Shape
    neurons: int
    matrix: tuple[int, int] | None
    nonzero: int | None
    why: str


@dataclass(frozen=True)
class ShapeTable:
    """All layers, the inputs first; `str` prints it."""

    rows: tuple[ShapeRow, ...]

    def __str__(self) -> str:
        """Return aligned columns."""
        cells = [("layer", "shape", "neurons", "matrix", "nonzero", "why")]
        for row in self.rows:
            matrix = "" if row.matrix is None else f"{row.matrix[0]:,} x {row.matrix[1]:,}"
            nonzero = "" if row.nonzero is None else f"{row.nonzero:,}"
            shape = " x ".join(map(str, row.shape))
            cells.append((row.layer, shape, f"{row.neurons:,}", matrix, nonzero, row.why))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        aligned = (
            (c.ljust(w) if i in (0, 5) else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
            for row in cells
        )
        return "\n".join("  ".join(row).rstrip() for row in aligned)


def shape_table(network: Network, input_shape: Shape, steps: Sequence[Step]) -> ShapeTable:
    """Return the table of a network for inputs of `input_shape`, without the batch."""
    shapes = [shape[1:] for shape in network.shapes((1, *input_shape))]
    by_name = {step.name: step for step in steps}
    rows = [ShapeRow("inputs", input_shape, math.prod(input_shape), None, None, "the image, row by row")]
    for (name, layer), before, after in zip(network.named_layers(), shapes, shapes[1:], strict=False):
        ins, outs = math.prod(before), math.prod(after)
        matrix, nonzero = None, None
        if name in by_name:
            matrix, nonzero = (outs, ins), _nonzero(by_name[name], outs)
        rows.append(ShapeRow(name, after, outs, matrix, nonzero, _why(layer, before, after)))
    return ShapeTable(tuple(rows))


def _nonzero(step: Step, outputs: int) -> int:
    if not isinstance(step, Linear):
        return outputs  # a selection has a single 1 in every row, at most
    matrix = step.affine.matrix
    return int(matrix.nnz) if hasattr(matrix, "nnz") else int(np.size(matrix))


def _why(layer: Layer, before: Shape, after: Shape) -> str:
    batch = (1, *before)
    if isinstance(layer, Conv):
        shapes = layer.parameter_shapes(batch)
        geometry = conv_windows(batch, shapes["kernel"], shapes["bias"], **layer.options())
        return f"{_positions(geometry)}, {after[-1]} features at each; one row per position and feature"
    if isinstance(layer, Dense):
        return f"every one of {layer.features} reads all {before[0]}"
    if layer.op.endswith("pool"):
        chosen = "selects the largest" if isinstance(layer, MaxPool) else "means"
        return f"{_positions(pool_windows(batch, **layer.options()))}, each {chosen} of {math.prod(layer.window)}"  # type: ignore[attr-defined]
    if layer.op == "flatten":
        return "the same numbers in one row"
    return "one for one: what is positive passes"


def _positions(geometry: Windows) -> str:
    """How many windows fit, as a calculation."""
    parts = []
    for n, k, s, (low, high), d, m in zip(
        geometry.sizes,
        geometry.window,
        geometry.strides,
        geometry.padding,
        geometry.dilation,
        geometry.outputs,
        strict=True,
    ):
        padded = f"{n}" + (f" + {low + high}" if low + high else "")
        parts.append(f"({padded} - {(k - 1) * d + 1})" + (f" / {s}" if s > 1 else "") + f" + 1 = {m}")
    return parts[0] if parts[0] == parts[1] else " and ".join(parts)
