"""How much gradient reaches each layer: the largest |dE/dW| of each layer with a kernel on one batch, by hand rules."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn._types import Array, Parameters
from jaxcnn.by_hand import loss_and_gradients_by_hand
from jaxcnn.datasets import Dataset
from jaxcnn.network import Network
from jaxcnn.training import Sweep
from jaxcnn.training.steps import Step


def gradient_flow(network: Network, params: Parameters, inputs: Any, labels: Any) -> dict[str, float]:
    """Return the largest magnitude in the gradient of each layer's kernel, first layer to last.

    Args:
        network: the network; a softmax in the last place is fused with the loss, the mean cross-entropy.
        params: its parameters.
        inputs: a batch, (N, H, W, C) or (N, features).
        labels: classes, (N,).

    Raises:
        ValueError: if these do not fit together.
        TypeError: if inputs are not floating point, or labels are no whole numbers.
    """
    found = _flow(network.without_softmax(), params, inputs, labels)
    return {name: float(found[name]) for name, _ in network.named_layers() if name in found}


def gradient_flows(sweep: Sweep, params: Mapping[str, Parameters], batch: Dataset) -> dict[str, dict[str, float]]:
    """Return the same for every model of a sweep, by name, in one program.

    Args:
        sweep: whose rules, fast forms included, and scaling of pixels are used.
        params: of all models, by name.
        batch: the images and labels.

    Raises:
        ValueError: if the images have another shape than those that the sweep was made for.
    """
    if batch.images.shape[1:] != sweep.run.step.image_shape:
        raise ValueError(
            f"`batch` must hold images of {sweep.run.step.image_shape}, as the sweep; got {batch.images.shape[1:]}."
        )
    step, models = sweep.run.step, {}
    stacks = tuple(jax.tree.map(lambda *one: np.stack(one), *(params[name] for name in own)) for own in sweep.stacks)
    found = _flows(step, stacks, batch.images.reshape(len(batch), -1), batch.labels)
    for names, plan, stack in zip(sweep.stacks, sweep.plans, found, strict=True):
        layers = [stage.layers[0] for stage in plan.stages if stage.layers[0] in stack]
        for place, name in enumerate(names):
            models[name] = {layer: float(stack[layer][place]) for layer in layers}
    return models


@partial(jax.jit, static_argnums=0)
def _flow(network: Network, params: Parameters, inputs: Array, labels: Array) -> dict[str, Array]:
    _, gradients = loss_and_gradients_by_hand(network, params, inputs, labels)
    return {name: jnp.max(kernel) for name, kernel in _magnitudes(gradients).items()}


@partial(jax.jit, static_argnums=0)
def _flows(step: Step, params: Any, pixels: Array, labels: Array) -> list[dict[str, Array]]:
    weights = jnp.full(len(labels), 1 / len(labels), jnp.float32)
    _, _, gradients = step.learner.gradients(params, step.inputs(pixels, None), labels, weights)
    return [
        {name: jnp.max(kernels, axis=tuple(range(1, kernels.ndim))) for name, kernels in _magnitudes(stack).items()}
        for stack in gradients
    ]


def _magnitudes(gradients: Parameters) -> dict[str, Array]:
    return {name: jnp.abs(layer["kernel"]) for name, layer in gradients.items() if "kernel" in layer}
