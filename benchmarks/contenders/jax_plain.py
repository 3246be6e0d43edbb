"""JAX as it is mostly written: a Flax module with Optax in a loop of jitted steps, and autodiff in `lax.scan`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.training.train_state import TrainState

from benchmarks.contenders.cases import RATES, Case
from jaxcnn.layers import Conv, Dense, Flatten, MaxPool
from jaxcnn.network import Network

CHUNK = 16  # updates in one call
ACTIVATIONS = {"relu": nn.relu, "tanh": nn.tanh, "sigmoid": nn.sigmoid}


class Module(nn.Module):
    network: Network
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Any) -> Any:
        for layer in self.network:
            if isinstance(layer, Conv):
                x = nn.Conv(layer.features, layer.kernel_size, padding=layer.padding, dtype=self.dtype)(x)
            elif isinstance(layer, Dense):
                x = nn.Dense(layer.features, dtype=self.dtype)(x)
            elif isinstance(layer, MaxPool):
                x = nn.max_pool(x, layer.window, layer.strides)
            else:
                x = x.reshape(len(x), -1) if isinstance(layer, Flatten) else ACTIVATIONS[layer.op](x)
        return x.astype(jnp.float32)


def _fresh(case: Case, network: Network, dtype: Any = jnp.float32) -> TrainState:
    model = Module(network, dtype)
    params = model.init(jax.random.key(0), jnp.zeros((1, *case.shape)))["params"]
    optimizer = {"sgd": optax.sgd, "adam": optax.adam}[case.optimizer](RATES[case.optimizer])
    return TrainState.create(apply_fn=model.apply, params=params, tx=optimizer)


def _update(state: TrainState, x: Any, y: Any) -> tuple[TrainState, Any]:
    def loss(params: Any) -> Any:
        logits = state.apply_fn({"params": params}, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    value, gradients = jax.value_and_grad(loss)(state.params)
    return state.apply_gradients(grads=gradients), value


def make_loop(case: Case) -> Callable[[int], None]:
    """One jitted step called from Python, on batches that NumPy gathers: the loop of Flax's own examples."""
    pixels, labels = case.data()
    images, random = pixels.astype(np.float32) / 255, np.random.default_rng(0)
    states, step = [_fresh(case, network) for network in case.members.values()], jax.jit(_update)

    def run(count: int) -> None:
        for _ in range(count):
            rows = random.integers(0, len(images), case.batch)
            for i, state in enumerate(states):
                states[i], _ = step(state, images[rows], labels[rows])
        jax.block_until_ready([state.params for state in states])

    return run


def make_scan(case: Case, *, chunk: int = CHUNK, dtype: Any = jnp.float32) -> Callable[[int], None]:
    """An epoch's updates in one `lax.scan`, data on the device; products in `dtype`, parameters in float32."""
    pixels, labels = case.data()
    images, targets = jnp.asarray(pixels), jnp.asarray(labels)
    states = [_fresh(case, network, dtype) for network in case.members.values()]

    @jax.jit
    def updates(states: Any, rows: Any) -> Any:
        def one(states: Any, rows: Any) -> Any:
            x, y = images[rows].astype(jnp.float32) / 255, targets[rows]
            return [_update(state, x, y)[0] for state in states], None

        return jax.lax.scan(one, states, rows)[0]

    def run(count: int) -> None:
        nonlocal states
        for _ in range(-(-count // chunk)):  # of one length, so that it is compiled once
            rows = np.random.default_rng(0).integers(0, len(labels), (chunk, case.batch))
            states = updates(states, rows)
        jax.block_until_ready([state.params for state in states])

    return run
