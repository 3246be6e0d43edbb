"""Rules inside rules, wrong under vmap or in the second derivative alone."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from ._pair import Fun, Maker, Pair, jvp, normal, require, slope_vjp, uniform
from .handling import SOFTPLUS, X, kept_input, softplus

Array = jax.Array
Two = tuple[Array, Array]


def batched(fun: Fun, batch: Fun) -> Fun:
    """`fun` with its own rule under vmap, as a fused kernel has one."""
    kernel = jax.custom_batching.custom_vmap(fun)
    kernel.def_vmap(batch)
    outer = jax.custom_jvp(lambda *args: kernel(*args))
    outer.defjvp(lambda primals, tangents: jax.jvp(fun, primals, tangents))
    return outer


def mean_square(x: Array) -> Array:
    """Mean square of the last axis."""
    return jnp.mean(x * x, axis=-1, keepdims=True)


def mean_square_batch(size: int, flags: list[bool], x: Array) -> tuple[Array, bool]:
    """Averages over the batch as well."""
    m = jnp.mean(x * x, axis=(0, -1), keepdims=True)
    return jnp.broadcast_to(m, (*x.shape[:-1], 1)), True


def rms_norm(x: Array) -> Array:
    """Divides by the root mean square of the last axis."""
    return x * lax.rsqrt(mean_square(x) + 1e-6)


def rms_back(square: Fun) -> Fun:
    """Gradient with the given mean square."""

    def backward(x: Array, g: Array) -> tuple[Array]:
        r = lax.rsqrt(square(x) + 1e-6)
        return (r * (g - (x * r) * jnp.mean(g * (x * r), axis=-1, keepdims=True)),)

    return backward


def first_only(size: int, flags: list[bool], x: Array) -> tuple[Array, bool]:
    """Computes the slope of the batch's first element only."""
    return jnp.broadcast_to(jax.nn.sigmoid(x[:1]), x.shape), True


def affine(x: Array, w: Array) -> Array:
    """Entries of x times entries of w, then tanh."""
    require(x.shape == w.shape)
    return jnp.tanh(x * w)


def affine_slope(x: Array, w: Array) -> Array:
    """Slope of the tanh."""
    return 1 - jnp.square(jnp.tanh(x * w))


def affine_batch(size: int, flags: list[bool], x: Array, w: Array) -> tuple[Array, bool]:
    """Takes the first element's weights for all, as if weights were never batched."""
    x = x if flags[0] else jnp.broadcast_to(x[None], (size, *x.shape))
    w = w[0] if flags[1] else w
    return affine_slope(x, jnp.broadcast_to(w[None], x.shape)), True


def affine_rule(slope: Fun) -> Maker:
    """custom_jvp of `affine`."""

    def rule(primals: Two, tangents: Two) -> Two:
        (x, w), (tx, tw) = primals, tangents
        return affine(x, w), slope(x, w) * (tx * w + x * tw)

    return jvp(affine, rule)


def own_slope(fun: Fun, derivative: Fun) -> Fun:
    """`fun` with a rule of its own, as the kernel of a backward pass may have."""
    kernel = jax.custom_jvp(lambda x: fun(x))
    kernel.defjvp(lambda p, t: (fun(p[0]), derivative(p[0]) * t[0]))
    return kernel


def kernel_without_cotangent() -> Fun:
    """g * sigmoid(x) whose own rule takes g for a constant."""
    kernel = jax.custom_jvp(lambda x, g: g * jax.nn.sigmoid(x))

    def rule(primals: Two, tangents: Two) -> Two:
        x, g = primals
        s = jax.nn.sigmoid(x)
        return g * s, g * s * (1 - s) * tangents[0]

    kernel.defjvp(rule)
    return kernel


PAIRS = (
    Pair("rms_norm_batched", "rms-norm", "wrong-batching", kept_input(rms_norm, rms_back(mean_square)),
         kept_input(rms_norm, rms_back(batched(mean_square, mean_square_batch))), normal((6,), seed=157), True,
         "under vmap the mean square is taken over the batch as well", "vmap", rms_norm),
    Pair("softplus_batched", "softplus", "wrong-batching", SOFTPLUS,
         slope_vjp(softplus, batched(jax.nn.sigmoid, first_only)), X, True,
         "under vmap the first element's slope is used for the whole batch", "vmap", softplus),
    Pair("affine_batched", "broadcast", "wrong-batching", affine_rule(affine_slope),
         affine_rule(batched(affine_slope, affine_batch)), normal((6,), (6,), seed=158), True,
         "under vmap over the weights the first element's are used for all", "vmap", affine, "jvp"),
    Pair("sin_kernel", "trigonometric", "second-order", slope_vjp(jnp.sin, jnp.cos),
         slope_vjp(jnp.sin, own_slope(jnp.cos, jnp.sin)), X, True,
         "the rule of the backward pass itself has the wrong sign", "second-order", jnp.sin),
    Pair("softplus_kernel", "softplus", "second-order", SOFTPLUS,
         kept_input(softplus, lambda x, g: (kernel_without_cotangent()(x, g),)), X, True,
         "the backward pass has a rule that takes the cotangent for a constant", "second-order", softplus),
    Pair("softplus_stopped", "softplus", "second-order", SOFTPLUS,
         slope_vjp(softplus, lambda x: jax.nn.sigmoid(lax.stop_gradient(x))), uniform((8,), seed=159), True,
         "the residual is stopped: the second derivative is zero", "second-order", softplus),
)
