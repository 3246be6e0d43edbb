"""Rules that treat the cotangent, the dtype, or earlier calls wrongly; dropout; dicts of parameters."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._pair import Fun, Maker, Pair, jvp, leading, normal, require, rows, save, slope_vjp, uniform, vjp
from .normalisation import deviation, deviation_right

Array = jax.Array
Two = tuple[Array, Array]
X = normal((4, 6), seed=151)


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    return jnp.logaddexp(x, jnp.zeros_like(x))


def with_cotangent(primal: Fun, slope: Fun, change: Fun) -> Maker:
    """An elementwise rule that changes the cotangent before use."""
    return vjp(primal, lambda x: (primal(x), x), lambda x, g: (change(g) * slope(x),))


def cap_norm(g: Array) -> Array:
    """Scales the cotangent down to length 100."""
    return g * jnp.minimum(1, 100 / jnp.sqrt(jnp.sum(g * g) + 1e-12))


def tape(pair_with: str) -> Maker:
    """tanh with its residual kept outside the rule: `last` on a tape, `shape` in a cache."""

    def make() -> Fun:
        fun = jax.custom_vjp(lambda x: jnp.tanh(x))
        last: list[Array] = []
        cache: dict[tuple[int, ...], Array] = {}

        def forward(x: Array) -> tuple[Array, None]:
            y = jnp.tanh(x)
            if pair_with == "last":
                last.append(y)
            else:
                cache.setdefault(y.shape, y)
            return y, None

        def backward(_: None, g: Array) -> tuple[Array]:
            y = last[-1] if pair_with == "last" else cache[g.shape]
            return (g * (1 - y * y),)

        fun.defvjp(forward, backward)
        return fun

    return make


def tanh_slope(x: Array) -> Array:
    """1 - tanh(x)**2."""
    return 1 - jnp.square(jnp.tanh(x))


def counting(times: int) -> Maker:
    """exp whose rule takes the count of its backward passes for a loss scale."""

    def make() -> Fun:
        fun = jax.custom_vjp(lambda x: jnp.exp(x))
        calls = [0]

        def backward(y: Array, g: Array) -> tuple[Array]:
            calls[0] += 1
            return (g * y if calls[0] <= times else 0.5 * g * y,)

        fun.defvjp(lambda x: (jnp.exp(x), jnp.exp(x)), backward)
        return fun

    return make


def cast(kind: Any, back: bool) -> Fun:
    """A backward pass of tanh computed in another dtype."""

    def backward(x: Array, g: Array) -> tuple[Array]:
        d = g.astype(kind) * tanh_slope(x.astype(kind))
        return (d.astype(x.dtype) if back else d,)

    return backward


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


def ridge(w: dict[str, Array], x: Array) -> Array:
    """Half the mean of squares of x @ w, plus half the squares of w."""
    require(w["w"].shape == x.shape[1:])
    r = jnp.einsum("ni,i->n", x, w["w"])
    return 0.5 * jnp.mean(r * r) + 0.5 * jnp.sum(jnp.square(w["w"]))


def ridge_back(use: bool) -> Fun:
    """The slip assumes a cotangent of one, as for the last function before grad."""

    def backward(res: tuple[dict[str, Array], Array], g: Array) -> tuple[dict[str, Array], Array]:
        w, x = res[0]["w"], res[1]
        g = g if use else jnp.ones_like(g)
        r = jnp.einsum("ni,i->n", x, w) / x.shape[0]
        return {"w": g * (jnp.einsum("n,ni->i", r, x) + w)}, g * jnp.outer(r, w)

    return backward


def one_pass(x: Array) -> Array:
    """Mean of squares less square of mean."""
    return jnp.mean(x * x, axis=-1) - jnp.square(jnp.mean(x, axis=-1))


def deviation_by_squares(res: tuple[Array], g: Array) -> tuple[Array]:
    """(x - m) / (n * std) with the variance of one pass."""
    (x,) = res
    v = one_pass(x)
    s = jnp.sqrt(jnp.where(v <= 0, 1, v))
    d = x - jnp.mean(x, axis=-1, keepdims=True)
    return ((g / s)[..., None] * d / x.shape[-1],)


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


def weights(dtype: Any) -> tuple[Any, ...]:
    """A dict of weights, and inputs."""
    w, x = normal((4,), (7, 4), seed=155)(dtype)
    return {"w": w}, x


def kept_input(primal: Fun, backward: Fun) -> Maker:
    """A rule of one argument that keeps it."""
    return vjp(primal, lambda x: (primal(x), x), backward)


SIGMOID_SLOPE = jax.nn.sigmoid
SOFTPLUS = slope_vjp(softplus, SIGMOID_SLOPE)
EXP = slope_vjp(jnp.exp, jnp.exp)
TANH = slope_vjp(jnp.tanh, tanh_slope)
PAIRS = (
    Pair("exp_clipped", "exp", "cotangent-clipped", EXP,
         with_cotangent(jnp.exp, jnp.exp, lambda g: jnp.clip(g, -10, 10)), X, True,
         "cotangents are clipped to [-10, 10] to keep training stable", "cotangent-clipped", jnp.exp),
    Pair("softplus_norm_cap", "softplus", "cotangent-clipped", SOFTPLUS,
         with_cotangent(softplus, SIGMOID_SLOPE, cap_norm), X, True,
         "cotangents longer than 100 are scaled down", "cotangent-clipped", softplus),
    Pair("tanh_tiny_dropped", "tanh", "cotangent-thresholded", TANH,
         with_cotangent(jnp.tanh, tanh_slope, lambda g: jnp.where(jnp.abs(g) < 1e-6, 0, g)), X, True,
         "cotangents below 1e-6 are dropped", "cotangent-clipped", jnp.tanh),
    Pair("exp_sign_only", "exp", "cotangent-sign", EXP, with_cotangent(jnp.exp, jnp.exp, jnp.sign), X, False,
         "only the sign of the cotangent is used", None, jnp.exp),
    Pair("ridge_unit_cotangent", "mse", "cotangent-ignored", vjp(ridge, save(ridge), ridge_back(True)),
         vjp(ridge, save(ridge), ridge_back(False)), weights, False, "the cotangent of the loss is taken to be one",
         "cotangent-ignored", ridge),
    Pair("tanh_secant", "tanh", "tangent-nonlinear",
         jvp(jnp.tanh, lambda p, t: (jnp.tanh(p[0]), tanh_slope(p[0]) * t[0])),
         jvp(jnp.tanh, lambda p, t: (jnp.tanh(p[0]), jnp.tanh(p[0] + t[0]) - jnp.tanh(p[0]))), X, False,
         "the tangent is a difference of values, not linear in its input: cannot be transposed", "structure",
         jnp.tanh, "jvp"),
    Pair("tanh_last_call", "tanh", "stale-state", TANH, tape("last"), X, True,
         "the residual is read from the latest call, whichever that was", "state", jnp.tanh),
    Pair("tanh_first_call", "tanh", "stale-state", TANH, tape("shape"), X, True,
         "the residual of the first call of each shape is kept for ever", "state", jnp.tanh),
    Pair("exp_counter", "exp", "stale-state", EXP, counting(1), X, True,
         "the scale of the gradient changes after the first backward pass", "state", jnp.exp),
    Pair("tanh_single", "tanh", "wrong-dtype", TANH, kept_input(jnp.tanh, cast(jnp.float32, False)), X, True,
         "the cotangent comes back as float32 whatever the input", "dtype", jnp.tanh),
    Pair("tanh_bfloat", "tanh", "low-precision", TANH, kept_input(jnp.tanh, cast(jnp.bfloat16, True)), X, False,
         "the rule computes in bfloat16", "precision", jnp.tanh),
    Pair("deviation_one_pass", "variance", "precision",
         vjp(deviation, save(deviation), deviation_right),
         vjp(deviation, save(deviation), deviation_by_squares), normal((4, 6), seed=156), True,
         "the rule's variance cancels for data far from zero", "precision", deviation),
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
