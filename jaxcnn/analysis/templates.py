"""The rows of a first dense layer as images: what each unit looks for.

A unit answers with w · x + b, largest for the inputs that resemble its weights most; so the weights, laid out as the
pixels they multiply, are its template. Colours must be symmetric about zero, the value that means "does not matter".
"""

import math

import numpy as np

from jaxcnn._types import Parameters, Shape


def templates(params: Parameters, input_shape: Shape, layer: str = "dense_0") -> np.ndarray:
    """Return the weights of every unit of a dense layer that reads pixels, (units, H, W, C).

    Args:
        params: of a network that begins with a flatten and this layer.
        input_shape: (H, W, C).
        layer: its name.

    Raises:
        ValueError: if there is no such layer, or it does not read such images.
    """
    if layer not in params or np.ndim(params[layer]["kernel"]) != 2:
        raise ValueError(f"`layer` must name a dense layer; got {layer!r}, and there are {', '.join(params)}.")
    kernel = np.asarray(params[layer]["kernel"])
    if len(kernel) != math.prod(input_shape):
        raise ValueError(
            f"`{layer}` must have one weight for each of the {math.prod(input_shape)} pixels of {tuple(input_shape)}; "
            f"it has {len(kernel)}."
        )
    return kernel.T.reshape(-1, *input_shape)
