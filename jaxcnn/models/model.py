"""A trained network, with all that is needed to use it on images."""

import math
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np

from jaxcnn._checks import check_params
from jaxcnn._types import Array, Parameters, Shape
from jaxcnn.apply import apply
from jaxcnn.datasets import scaled
from jaxcnn.models.errors import ModelError
from jaxcnn.network import Network
from jaxcnn.ops import log_softmax

_AT_ONCE = 256  # images; bounds the memory for any number of them
_LARGEST = 2**28  # values that one image may become in all layers together; more is taken for a fault


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its parameters, the images it takes and the classes it tells apart.

    Attributes:
        network: up to its logits; a softmax in the last place is dropped, since every model ends in one.
        params: float32.
        input_shape: of one example, (H, W, C) or (features,).
        classes: their names, in the order of the logits.
        low: what the network takes for a pixel of 0.
        high: what it takes for a pixel of 255.

    Raises:
        ModelError: if these do not fit together, or a number is not finite.
    """

    network: Network
    params: Parameters
    input_shape: Shape
    classes: tuple[str, ...]
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        """Bring the parts to their one form, and check that they fit together."""
        shape = tuple(self.input_shape)
        params = jax.tree.map(lambda values: np.asarray(values, np.float32), self.params)
        try:
            network = self.network.without_softmax()
            outputs = network.shapes((1, *shape))[-1]
            check_params(network, params, jax.ShapeDtypeStruct((1, *shape), np.float32))  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            raise ModelError(str(error)) from error
        if outputs != (1, len(self.classes)):
            raise ModelError(
                f"The network must give one number per class, (1, {len(self.classes)}), for one example; "
                f"it gives {outputs}."
            )
        wrong = [name for name, values in _by_path(params).items() if not np.isfinite(values).all()]
        if wrong or not math.isfinite(self.high - self.low) or self.high == self.low:
            fault = f"{wrong[0]} is not" if wrong else f"low {self.low} and high {self.high} are not, or are equal"
            raise ModelError(f"All numbers of a model must be finite; {fault}.")
        if sum(map(math.prod, network.shapes((1, *shape)))) > _LARGEST:
            raise ModelError(f"The network makes more than {_LARGEST} values of one example, which is not computed.")
        normal = {"network": network, "params": params, "input_shape": shape, "classes": tuple(self.classes)}
        for name, value in {**normal, "low": float(self.low), "high": float(self.high)}.items():
            object.__setattr__(self, name, value)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of every class, (N, K) float32; see `log_probabilities`."""
        return np.exp(self.log_probabilities(images))

    def log_probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the logarithm of the probability of every class, (N, K) float32, also where that rounds to 0.

        Args:
            images: pixels, (N, H, W, C) uint8; or what the network takes, (N, features), floating point.

        Raises:
            ValueError: if the shape is another, or there is no image.
            TypeError: if images of three axes are not uint8.
        """
        if images.shape[1:] != self.input_shape or not len(images):
            raise ValueError(f"`images` must be (N, {str(self.input_shape)[1:-1]}), at least one; got {images.shape}.")
        # Few sizes, so that few programs are compiled: powers of two up to the largest.
        size = min(_AT_ONCE, 2 ** (len(images) - 1).bit_length())
        found = []
        for start in range(0, len(images), size):
            part = images[start : start + size]
            inputs = scaled(part, self.low, self.high) if images.ndim == 4 else part.astype(np.float32)
            full = np.concatenate([inputs, np.zeros((size - len(part), *self.input_shape), np.float32)])
            found.append(np.asarray(_log_probabilities(self.network, self.params, full))[: len(part)])
        return np.concatenate(found)


def _by_path(params: Parameters) -> dict[str, np.ndarray]:
    return {f"params['{n}']['{p}']": np.asarray(v) for n, layer in params.items() for p, v in layer.items()}


@partial(jax.jit, static_argnums=0)
def _log_probabilities(network: Network, params: Parameters, inputs: Array) -> Array:
    return log_softmax(apply(network, params, inputs))
