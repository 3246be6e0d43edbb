"""Rules with several arguments of one layer: masks of dropout, dicts of parameters, a bias."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._pair import Fun, Pair, leading, normal, require, rows, save, vjp
from .handling import X

Array = jax.Array


def dropout(x: Array, keep: Array) -> Array:
    """Zeros where not kept, the rest scaled by 1 / 0.7."""
    require(x.shape == keep.shape)
    return jnp.where(keep, x / 0.7, 0)


def from_output(y: Array, g: Array) -> tuple[Array, None]:
    """Reads the mask off the output."""
    return jnp.where(y != 0, g / 0.7, 0), None


def mlp(params: dict[str, Array], x: Array) -> Array:
    """Two dense layers with tanh between them."""
    require(params["w2"].shape == params["b1"].shape + params["b2"].shape)
    h = hidden_layer(params, x)
    y = jnp.einsum("...i,io->...o", h, params["w2"])
    return y + rows(params["b2"], y)


def hidden_layer(params: dict[str, Array], x: Array) -> Array:
    """The first layer."""
    require(params["w1"].shape == (x.shape[-1], *params["b1"].shape))
    z = jnp.einsum("...i,io->...o", x, params["w1"])
    return jnp.tanh(z + rows(params["b1"], z))


def mlp_back(bias: bool) -> Fun:
    """Backpropagation; without `bias` the first layer's is forgotten."""

    def backward(res: tuple[dict[str, Array], Array], g: Array) -> tuple[dict[str, Array], Array]:
        p, x = res
        h = hidden_layer(p, x)
        gz = (g @ p["w2"].T) * (1 - h * h)
        axes = leading(g)
        grads = {"w1": jnp.tensordot(x, gz, (axes, axes)), "w2": jnp.tensordot(h, g, (axes, axes))}
        grads["b1"] = jnp.sum(gz, axis=axes) if bias else jnp.zeros_like(p["b1"])
        return grads | {"b2": jnp.sum(g, axis=axes)}, gz @ p["w1"].T

    return backward


def modulate(x: Array, style: dict[str, Array]) -> Array:
    """x * shift-free scale plus shift, channelwise."""
    return x * rows(style["scale"], x) + rows(style["shift"], x)


def modulate_back(swapped: bool) -> Fun:
    """The slip packs the dict in the wrong order."""

    def backward(res: tuple[Array, dict[str, Array]], g: Array) -> tuple[Array, dict[str, Array]]:
        x, style = res
        parts = [jnp.sum(g * x, axis=leading(x)), jnp.sum(g, axis=leading(x))]
        scale, shift = parts[::-1] if swapped else parts
        return g * rows(style["scale"], x), {"scale": scale, "shift": shift}

    return backward


def add_rows(x: Array, b: Array) -> Array:
    """Adds a bias to each row."""
    return x + rows(b, x)


def kept(dtype: Any) -> tuple[Any, ...]:
    """An array and the mask of what to keep."""
    return *X(dtype), np.random.default_rng(152).random((4, 6)) < 0.7


def styled(dtype: Any) -> tuple[Any, ...]:
    """An array and a dict of scale and shift."""
    x, a, b = normal((5, 3), (3,), (3,), seed=153)(dtype)
    return x, {"scale": a, "shift": b}


def layers(dtype: Any) -> tuple[Any, ...]:
    """Parameters of the network, and inputs."""
    w1, b1, w2, b2, x = normal((3, 5), (5,), (5, 2), (2,), (6, 3), seed=154)(dtype)
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2}, x


PAIRS = (
    Pair("dropout_scale", "dropout", "missing-scale",
         vjp(dropout, save(dropout), lambda res, g: (jnp.where(res[1], g / 0.7, 0), None)),
         vjp(dropout, save(dropout), lambda res, g: (jnp.where(res[1], g, 0), None)), kept, False,
         "the 1 / (1 - rate) is forgotten", "constant-factor", dropout),
    Pair("dropout_zero_input", "dropout", "mask-from-output",
         vjp(dropout, save(dropout), lambda res, g: (jnp.where(res[1], g / 0.7, 0), None)),
         vjp(dropout, lambda x, keep: (dropout(x, keep),) * 2, from_output), kept, True,
         "inputs that are zero are taken for dropped", "zero", dropout),
    Pair("mlp_bias", "mlp", "argument-zeroed", vjp(mlp, save(mlp), mlp_back(True)),
         vjp(mlp, save(mlp), mlp_back(False)), layers, False, "one bias in the dict gets a gradient of zeros", "zero",
         mlp),
    Pair("modulate_order", "mlp", "argument-swapped", vjp(modulate, save(modulate), modulate_back(False)),
         vjp(modulate, save(modulate), modulate_back(True)), styled, False,
         "the gradients in the dict are in the wrong order", "other-argument", modulate),
    Pair("bias_unsummed", "broadcast", "wrong-shape",
         vjp(add_rows, save(add_rows), lambda res, g: (g, jnp.sum(g, axis=leading(g)))),
         vjp(add_rows, save(add_rows), lambda res, g: (g, g)), normal((4, 3), (3,), seed=160), False,
         "the bias gets a gradient of the shape of the output", "structure", add_rows),
)
