"""Training a network with the hand-derived gradients and any Optax optimizer.

One step is compiled once and called from a Python loop. It is not a `lax.scan` over the epoch: on the CPU the weight
gradient of a convolution is several times slower inside a loop primitive than outside.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxcnn._checks import check_images, check_labels, check_params
from jaxcnn._types import Array, Key, Parameters
from jaxcnn._windows import positive
from jaxcnn.apply import apply
from jaxcnn.by_hand import loss_and_gradients_by_hand
from jaxcnn.network import Network
from jaxcnn.rules import RULES, Rules


@dataclass(frozen=True)
class Epoch:
    """What is recorded of one pass over the data.

    Attributes:
        number: from 1.
        loss: the mean of the losses of its batches, each before its update.
        seconds: wall time, without `on_epoch`; the first epoch includes compilation.
    """

    number: int
    loss: float
    seconds: float


def train_by_hand(
    network: Network,
    params: Parameters,
    images: Any,
    labels: Any,
    *,
    optimizer: optax.GradientTransformation,
    epochs: int,
    batch_size: int,
    key: Key,
    on_epoch: Callable[[Epoch, Parameters], None] | None = None,
    rules: Rules = RULES,
) -> tuple[Parameters, tuple[Epoch, ...]]:
    """Minimise the mean cross-entropy; every gradient comes from the hand rules.

    The data are shuffled anew for every epoch. The examples that do not fill a last batch are left out of that epoch,
    so that all batches have one shape and one program.

    Args:
        network: the network.
        params: the parameters to start from; they are not changed.
        images: (N, H, W, C) or (N, features), floating point, of the dtype of the parameters.
        labels: classes (N,), or rows (N, classes).
        optimizer: such as `optax.sgd(0.001, momentum=0.9)`.
        epochs: passes over the data.
        batch_size: examples of one update, at most N.
        key: a JAX random key; it decides the shuffling and nothing else.
        on_epoch: called after every epoch with its record and the parameters.
        rules: the rules to use.

    Returns:
        The parameters after the last epoch, and one record per epoch.

    Raises:
        TypeError: if images are not floating point, labels are neither classes nor rows, or dtypes differ.
        ValueError: if shapes, names, labels, `epochs` or `batch_size` do not fit, or an image holds NaN.
    """
    images = check_images("images", images)
    check_params(network, params, images)
    labels = check_labels(labels, network.shapes(images.shape)[-1])
    epochs, batch_size = positive("epochs", epochs), positive("batch_size", batch_size)
    if batch_size > len(images):
        raise ValueError(f"`batch_size` must be at most the number of images, {len(images)}; got {batch_size}.")

    state, history = optimizer.init(params), []
    for number, epoch_key in enumerate(jax.random.split(key, epochs), start=1):
        start, losses = time.perf_counter(), []
        for batch in _batches(epoch_key, len(images), batch_size):
            params, state, loss = _step(network, optimizer, rules, params, state, images, labels, batch)
            losses.append(loss)
        # The conversion to a float waits for the device; until here nothing did.
        mean = float(jnp.mean(jnp.stack(losses)))
        history.append(Epoch(number, mean, time.perf_counter() - start))
        if on_epoch is not None:
            on_epoch(history[-1], params)
    return params, tuple(history)


def accuracy(network: Network, params: Parameters, images: Any, labels: Any) -> float:
    """Return the share of examples whose largest output is at their label.

    Args:
        network: the network.
        params: its parameters.
        images: (N, ...), floating point, of the dtype of the parameters.
        labels: classes (N,), or rows (N, classes), of which the largest entry counts.

    Raises:
        TypeError: if images are not floating point, labels are neither classes nor rows, or dtypes differ.
        ValueError: if shapes or names do not fit, the batch is empty, or a value is out of range.
    """
    images = check_images("images", images)
    check_params(network, params, images)
    labels = check_labels(labels, network.shapes(images.shape)[-1])
    classes = labels if labels.ndim == 1 else jnp.argmax(labels, axis=-1)
    return float(np.mean(np.asarray(_predictions(network, params, images)) == np.asarray(classes)))


def _batches(key: Key, count: int, size: int) -> np.ndarray:
    order = np.asarray(jax.random.permutation(key, count))
    return order[: count // size * size].reshape(-1, size)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _step(
    network: Network,
    optimizer: optax.GradientTransformation,
    rules: Rules,
    params: Parameters,
    state: optax.OptState,
    images: Array,
    labels: Array,
    batch: Array,
) -> tuple[Parameters, optax.OptState, Array]:
    loss, gradients = loss_and_gradients_by_hand(network, params, images[batch], labels[batch], rules=rules)
    # Optax's Adam raises a float to an integer power, which fails where the caller has made JAX's promotion strict.
    with jax.numpy_dtype_promotion("standard"):
        updates, state = optimizer.update(gradients, state, params)
    return optax.apply_updates(params, updates), state, loss


@partial(jax.jit, static_argnums=0)
def _predictions(network: Network, params: Parameters, images: Array) -> Array:
    def predict(image: Array) -> Array:
        return jnp.argmax(apply(network, params, image[None])[0])

    # 256 at a time bound the memory for any number of images.
    return jax.lax.map(predict, images, batch_size=256)
