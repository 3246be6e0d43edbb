"""A network is a tuple of layers, written once and read in several ways.

    lenet = Network(Conv(4, 5), Relu(), MaxPool(2), Flatten(), Dense(10))

Layers are named by their op and how often it has occurred: conv_0, relu_0, max_pool_0, flatten_0, dense_0. Parameters
are a plain dict under these names, {"conv_0": {"kernel": ..., "bias": ...}, "dense_0": ...}.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from jaxcnn._types import Shape
from jaxcnn.layers import Layer, Softmax


@dataclass(frozen=True, init=False, repr=False)
class Network:
    """A chain of layers: hashable, printable, without arrays."""

    layers: tuple[Layer, ...]

    def __init__(self, *layers: Layer) -> None:
        """Chain `layers`, first to last.

        Raises:
            ValueError: if there is no layer.
            TypeError: if something is not a layer.
        """
        if not layers:
            raise ValueError("A network must have at least one layer; got none: try Network(Flatten(), Dense(10)).")
        for position, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                hint = f": write {layer.__name__}(...)" if isinstance(layer, type) else ""
                raise TypeError(f"Layer {position} of a network must be a jaxcnn layer; got {layer!r}{hint}.")
        object.__setattr__(self, "layers", layers)

    def __iter__(self) -> Iterator[Layer]:
        """Iterate over the layers, first to last."""
        return iter(self.layers)

    def __len__(self) -> int:
        """Return the number of layers."""
        return len(self.layers)

    def __repr__(self) -> str:
        """Return the network as the code that builds it, one layer a line."""
        return "Network(\n" + "".join(f"    {layer!r},\n" for layer in self) + ")"

    def named_layers(self) -> tuple[tuple[str, Layer], ...]:
        """Return (name, layer) pairs, first to last."""
        seen: Counter[str] = Counter()
        pairs = []
        for layer in self:
            pairs.append((f"{layer.op}_{seen[layer.op]}", layer))
            seen[layer.op] += 1
        return tuple(pairs)

    def shapes(self, input_shape: Shape) -> tuple[Shape, ...]:
        """Return the shape of the inputs and of every layer's outputs: one more than there are layers.

        Args:
            input_shape: the shape of the inputs, batch first.

        Raises:
            ValueError: if a layer cannot take what the layer before it gives; the message names it.
        """
        shapes = [tuple(input_shape)]
        for name, layer in self.named_layers():
            try:
                shapes.append(layer.output_shape(shapes[-1]))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        return tuple(shapes)

    def parameter_shapes(self, input_shape: Shape) -> dict[str, dict[str, Shape]]:
        """Return the shapes of all parameters, in the structure that parameters have.

        Raises:
            ValueError: if the layers do not fit together.
        """
        before_each = self.shapes(input_shape)[:-1]
        named = zip(self.named_layers(), before_each, strict=True)
        return {name: layer.parameter_shapes(shape) for (name, layer), shape in named if layer.parameters}

    def without_softmax(self) -> "Network":
        """Return the network up to its logits: itself, or without a softmax in the last place.

        Raises:
            ValueError: if the softmax is the only layer.
        """
        return Network(*self.layers[:-1]) if isinstance(self.layers[-1], Softmax) else self
