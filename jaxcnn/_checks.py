"""What users get wrong, said in one sentence each: expected, received, what to do.

Shapes and dtypes are always checked. Values (NaN, labels out of range) are checked when they are there to be looked at;
under `jax.jit` and the like they are not, and are taken on trust.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn._types import Array, Parameters, Shape
from jaxcnn.network import Network


def check_images(name: str, images: Any) -> Array:
    """Return `images` as a JAX array: floating point, not empty, free of NaN.

    Raises:
        TypeError: if the dtype is not floating point.
        ValueError: if there is no example, or an entry is NaN.
    """
    dtype, shape = jnp.result_type(images), jnp.shape(images)
    if not jnp.issubdtype(dtype, jnp.floating):
        raise TypeError(f"`{name}` must be floating point; got {dtype}: scale them first, as in {name} / 255.")
    if len(shape) < 2 or 0 in shape:
        raise ValueError(f"`{name}` must be a batch of at least one example, batch axis first; got shape {shape}.")
    # Looked for first and located then: that takes 5 µs for a small batch, and 190 µs also where there is none.
    if _concrete(images) and (missing := np.isnan(np.asarray(images, np.float64))).any():
        bad = np.argwhere(missing)
        raise ValueError(
            f"`{name}` must be free of NaN; got {len(bad)}, the first at {tuple(map(int, bad[0]))}: "
            "remove or replace them before training."
        )
    return jnp.asarray(images)


def check_params(network: Network, params: Parameters, inputs: Array) -> None:
    """Check that `params` have the names, shapes and dtype that `network` needs for `inputs`.

    Raises:
        ValueError: if a name is missing or unknown, or a shape is wrong.
        TypeError: if a dtype differs from that of the inputs.
    """
    expected = _by_path(network.parameter_shapes(inputs.shape))
    found = _by_path({name: dict(layer) for name, layer in params.items()})
    if expected.keys() != found.keys():
        raise ValueError(
            f"`params` must hold exactly {', '.join(expected) or 'nothing'}; "
            f"missing: {', '.join(expected.keys() - found.keys()) or 'none'}; "
            f"unknown: {', '.join(found.keys() - expected.keys()) or 'none'}."
        )
    for path, shape in expected.items():
        if jnp.shape(found[path]) != shape:
            raise ValueError(
                f"`{path}` must have shape {shape} for inputs of shape {inputs.shape}; got {jnp.shape(found[path])}."
            )
        if jnp.result_type(found[path]) != inputs.dtype:
            raise TypeError(
                f"`{path}` must have the dtype of the inputs, {inputs.dtype}; got {jnp.result_type(found[path])}: "
                "convert one of them."
            )


def check_labels(labels: Any, logits_shape: Shape) -> Array:
    """Return `labels` as a JAX array: the class of each example, or its distribution over the classes.

    Raises:
        TypeError: if `labels` of shape (N,) are not integers.
        ValueError: if the shape is neither (N,) nor (N, classes), or an integer names no class.
    """
    shape, dtype, classes = jnp.shape(labels), jnp.result_type(labels), logits_shape[-1]
    if shape == tuple(logits_shape):
        return jnp.asarray(labels)
    if shape != tuple(logits_shape[:-1]):
        raise ValueError(f"`labels` must have shape {logits_shape[:-1]} or {logits_shape}; got {shape}.")
    if not jnp.issubdtype(dtype, jnp.integer):
        raise TypeError(f"`labels` must be integers or one row per example; got {dtype} of shape {shape}.")
    if _concrete(labels):
        values = np.asarray(labels)
        wrong = values[(values < 0) | (values >= classes)]
        if wrong.size:
            raise ValueError(f"`labels` must be from 0 to {classes - 1}; got {int(wrong[0])}.")
    return jnp.asarray(labels)


def _by_path(nested: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {f"params['{name}']['{part}']": value for name, layer in nested.items() for part, value in layer.items()}


def _concrete(value: Any) -> bool:
    return not isinstance(value, jax.core.Tracer)
