"""A network of convolutions, poolings and relu read as a fully connected one: matrix products and nothing else.

Two forms. In the *selection form* max pooling is the matrix that selects the winners of an example, so that every
example has matrices of its own. In the *relu form* max(a, b) = b + relu(a - b), and the whole network is a chain of
matrices with relu between some of them, the same for all examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np

from jaxcnn._checks import check_images, check_params
from jaxcnn._types import Parameters, Shape
from jaxcnn.layers import AvgPool, Conv, Dense, Flatten, Layer, MaxPool, Relu
from jaxcnn.matrices.rounding import Rounding
from jaxcnn.matrices.steps import RELU, Linear, Maximum, Rectifier, Step
from jaxcnn.matrices.table import ShapeTable, shape_table
from jaxcnn.network import Network
from verify import Affine, conv_matrix, pool_matrix

_TOGETHER = 256  # examples that go through at once: the largest layer of the lab's network then takes 44 MB

FORMS = ("selection", "relu")


@dataclass(frozen=True)
class MatrixReading:
    """A network as matrices, up to its logits.

    Attributes:
        network: without a softmax in the last place.
        input_shape: of one example.
        steps: one per layer that does anything: a flatten only renames.
    """

    network: Network
    input_shape: Shape
    steps: tuple[Step, ...]

    def forward(self, inputs: Any, *, form: str = "selection") -> np.ndarray:
        """Return the logits, (N, outputs), by matrix products (and relu) alone.

        Args:
            inputs: (N, ...), floating point, of the dtype of the parameters.
            form: "selection" or "relu".

        Raises:
            TypeError: if the inputs are not floating point.
            ValueError: if their shape does not fit, the batch is empty, an input is NaN, or there is no such form.
        """
        if form not in FORMS:
            raise ValueError(f"`form` must be 'selection' or 'relu'; got {form!r}.")
        parts = []
        for values in self._columns(inputs):
            for step in self.steps if form == "selection" else self.relu_form:
                values = _applied(step, values)
            parts.append(values.T)
        return np.concatenate(parts)

    @cached_property
    def relu_form(self) -> tuple[Any, ...]:
        """Return the chain of `verify.Affine` maps, and "relu" where everything passes through relu, first to last."""
        return tuple(link for step in self.steps for link in step.chain())

    def matrices_at(self, image: Any) -> tuple[tuple[str, Affine], ...]:
        """Return (layer, map) of the network at one example, where it is linear: winners and relus as selections.

        Their composition gives the logits of this example, and of those near it that have the same winners.

        Args:
            image: one example, without the batch axis.

        Raises:
            TypeError, ValueError: as `forward`.
        """
        (values,) = self._columns(np.asarray(image)[None])
        found = []
        for step in self.steps:
            found.append((step.name, step.matrix_at(values)))
            values = step(values)
        return tuple(found)

    def bound(self, inputs: Any, *, probable: bool = False) -> np.ndarray:
        """Return how far apart the logits by any two of `apply` and the two forms may be, (N, outputs), by rounding.

        It is known from inputs and matrices, before `apply` is asked: see `jaxcnn.matrices.rounding`.

        Args:
            inputs: as for `forward`.
            probable: the bound that roundings which are independent do not exceed, instead of the one that none can.

        Raises:
            TypeError, ValueError: as `forward`.
        """
        parts = []
        for values in self._columns(inputs):
            rounding, error = Rounding(values.dtype, probable), np.zeros(values.shape)
            for step in self.steps:
                error = step.moved(values, error, rounding)
                values = step(values)
            parts.append(2 * error.T)
        return np.concatenate(parts)

    def table(self) -> ShapeTable:
        """Return what every layer is as matrices: its neurons, its matrix, and why."""
        return shape_table(self.network, self.input_shape, self.steps)

    def _columns(self, inputs: Any) -> Iterator[np.ndarray]:
        """The examples as columns, some at a time."""
        images = np.asarray(check_images("inputs", inputs))
        if images.shape[1:] != self.input_shape:
            raise ValueError(f"`inputs` must have shape (batch, *{self.input_shape}); got {images.shape}.")
        for begin in range(0, len(images), _TOGETHER):
            part = images[begin : begin + _TOGETHER]
            yield np.ascontiguousarray(part.reshape(len(part), -1).T)


def network_as_matrices(network: Network, params: Parameters, input_shape: Shape) -> MatrixReading:
    """Return the network as a fully connected one.

    Args:
        network: of Conv, Dense, MaxPool, AvgPool, Relu and Flatten; a softmax in the last place is left out, so that
            outputs are logits.
        params: its parameters.
        input_shape: of the inputs, batch first; the batch size does not matter.

    Raises:
        TypeError: if a parameter has another dtype than the others.
        ValueError: if the network has other layers, or shapes or names do not fit.
    """
    to_logits = network.without_softmax()
    dtypes = {np.dtype(leaf.dtype) for leaf in jax.tree.leaves(params)} or {np.dtype(np.float32)}
    like: Any = jax.ShapeDtypeStruct((1, *input_shape[1:]), min(dtypes, key=str))
    check_params(to_logits, params, like)
    steps, shapes = [], to_logits.shapes(like.shape)
    for (name, layer), shape in zip(to_logits.named_layers(), shapes, strict=False):
        own = {part: np.asarray(array) for part, array in params.get(name, {}).items()}
        steps += _steps(name, layer, own, shape[1:], like.dtype)
    return MatrixReading(to_logits, like.shape[1:], tuple(steps))


def _steps(name: str, layer: Layer, own: dict[str, np.ndarray], shape: Shape, dtype: Any) -> list[Step]:
    """What a layer is: one step, or none."""
    options = dict(layer.options())
    if isinstance(layer, Conv):
        return [Linear(name, conv_matrix(own["kernel"], shape, bias=own["bias"], **options))]
    if isinstance(layer, Dense):
        return [Linear(name, Affine(np.ascontiguousarray(own["kernel"].T), own["bias"]))]
    if isinstance(layer, AvgPool):
        matrix = pool_matrix(options.pop("window"), shape, dtype=dtype, **options)
        return [Linear(name, Affine(matrix, np.zeros(matrix.shape[0], dtype)))]
    if isinstance(layer, MaxPool):
        return [Maximum(name, options, shape, dtype)]
    if isinstance(layer, Relu):
        return [Rectifier(name)]
    if isinstance(layer, Flatten):
        return []
    raise ValueError(
        f"`network` must be made of Conv, Dense, MaxPool, AvgPool, Relu and Flatten to be matrices and relu; "
        f"{name} is a {type(layer).__name__}."
    )


def _applied(step: Any, values: np.ndarray) -> np.ndarray:
    if isinstance(step, Affine):
        return step.matrix @ values + step.offset[:, None]
    return np.maximum(values, 0) if step == RELU else step(values)
