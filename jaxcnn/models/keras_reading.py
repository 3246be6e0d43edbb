"""What has been read of a chain of Keras's layers, and how single options are read."""

from dataclasses import dataclass, field
from typing import Any

from jaxcnn._types import Shape
from jaxcnn.layers import Flatten, Layer, Softmax
from jaxcnn.models.errors import ModelError
from jaxcnn.network import Network

Options = dict[str, Any]
Amounts = tuple[tuple[int, int], tuple[int, int]]
NO_PADDING: Amounts = ((0, 0), (0, 0))


@dataclass
class Reading:
    """What has been read so far.

    Attributes:
        layers: ours.
        sources: for each of ours with parameters, the name of Keras's layer and whether it has a bias.
        input_shape: of one example; None until a layer says it.
        low: what the network takes for a pixel of 0.
        high: what it takes for a pixel of 255.
        padding: what has been added around the images since the last layer of ours, for a convolution to take.
    """

    layers: list[Layer] = field(default_factory=list)
    sources: list[tuple[str, bool]] = field(default_factory=list)
    input_shape: Shape | None = None
    low: float = 0.0
    high: float = 1.0
    padding: Amounts = NO_PADDING

    def note_input_shape(self, shape: Any) -> None:
        """Keep the shape of the inputs, batch first, that the first layer which has one says."""
        if shape is None or self.input_shape is not None:
            return
        if not isinstance(shape, list) or len(shape) < 2 or not all(is_size(size) for size in shape[1:]):
            raise ModelError(f"its inputs must have a shape in whole numbers; got {shape}")
        self.input_shape = tuple(shape[1:])

    def note_source(self, options: Options) -> None:
        """Keep where the parameters of the last layer are."""
        name = option(options, "name")
        if not isinstance(name, str) or name in (other for other, _ in self.sources):
            raise ModelError("it must have a name of its own")
        self.sources.append((name, options.get("use_bias", True) is not False))

    def finished(self) -> tuple[Network, Shape]:
        """Return the network up to its logits, and the shape of one example.

        Raises:
            ModelError: if its outputs are no probabilities, or something is missing.
        """
        if self.padding != NO_PADDING:
            raise ModelError("it ends with padding or cropping")
        if len(self.layers) < 2 or not isinstance(self.layers[-1], Softmax):
            raise ModelError("it does not end in a softmax: add keras.layers.Softmax(), so that it gives probabilities")
        if self.input_shape is None:
            raise ModelError("it does not say the shape of its inputs: add keras.Input(shape) in the first place")
        shape = self.input_shape
        if len(shape) == 2 and isinstance(self.layers[0], Flatten):
            shape = (*shape, 1)  # grey images without an axis for channels make the same rows
        if len(shape) != 3 and (self.low, self.high) != (0.0, 1.0):
            raise ModelError("only images can be rescaled")
        network = Network(*self.layers[:-1])
        try:
            network.shapes((1, *shape))
        except ValueError as error:
            raise ModelError(f"its layers do not fit together: {error}") from error
        return network, shape


def option(options: Options, name: str) -> Any:
    """Return an option that must be there."""
    if name not in options:
        raise ModelError(f"the option {name} is missing")
    return options[name]


def word(options: Options, name: str, words: tuple[str, ...]) -> str:
    """Return an option that must be one of some words."""
    found = option(options, name)
    if not isinstance(found, str) or found not in words:
        raise ModelError(f"{name} must be one of {', '.join(words)}; got {found!r}")
    return found


def is_size(value: Any) -> bool:
    """Return whether a value is a positive whole number."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_number(value: Any) -> bool:
    """Return whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
