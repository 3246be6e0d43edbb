"""The record that holds a correct rule and its buggy twin, and small builders for both."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Fun = Callable[..., Any]
Maker = Callable[[], Fun]

DIAGNOSES = frozenset(
    "sign constant-factor transposed kernel-not-flipped shifted padding-off-by-one stride-ignored dilation-ignored "
    "sum-over-axis diagonal-only other-argument derivative-at-output wrong-side ties-duplicated cotangent-ignored "
    "cotangent-clipped zero conjugate precision overflow dtype structure nan batch-dependent state second-order "
    "vmap".split()
)


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two functions with one primal: `make_right` has a correct derivative rule, `make_wrong` a buggy one.

    `example(dtype)` is the typical argument tuple, as numpy arrays. `hidden` says that the gradient at that example,
    with a random cotangent, does not show the bug. `primal` is the function without any rule. `rule` is the kind of
    rule, "vjp" or "jvp". `diagnosis` is one of `DIAGNOSES`, or None when none of these fits.
    """

    name: str
    family: str
    bug: str
    make_right: Maker
    make_wrong: Maker
    example: Callable[[Any], tuple[Any, ...]]
    hidden: bool
    explanation: str
    diagnosis: str | None
    primal: Fun
    rule: str = "vjp"


def _copy(primal: Fun) -> Fun:
    """A new function that does what `primal` does."""

    @functools.wraps(primal)
    def fun(*args: Any) -> Any:
        return primal(*args)

    return fun


def vjp(primal: Fun, forward: Fun, backward: Fun) -> Maker:
    """A maker of fresh functions with the given custom_vjp rule."""

    def make() -> Fun:
        fun = jax.custom_vjp(_copy(primal))
        fun.defvjp(forward, backward)
        return fun

    return make


def jvp(primal: Fun, rule: Fun) -> Maker:
    """A maker of fresh functions with the custom_jvp rule `rule(primals, tangents)`."""

    def make() -> Fun:
        fun = jax.custom_jvp(_copy(primal))
        fun.defjvp(rule)
        return fun

    return make


def slope_vjp(primal: Fun, slope: Fun) -> Maker:
    """custom_vjp of an elementwise function: cotangent times `slope(x)`."""
    return vjp(primal, lambda x: (primal(x), x), lambda x, g: (g * slope(x),))


def slope_jvp(primal: Fun, *slopes: Fun) -> Maker:
    """custom_jvp of an elementwise function: sum of tangents times slopes, each a function of all arguments."""

    def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
        terms = [slope(*primals) * t for slope, t in zip(slopes, tangents, strict=True)]
        return primal(*primals), sum(terms[1:], terms[0])

    return jvp(primal, rule)


def save(primal: Fun) -> Fun:
    """A forward pass that keeps the arguments as residuals."""
    return lambda *args: (primal(*args), args)


def normal(*shapes: tuple[int, ...], seed: int = 0, scale: float = 1.0, shift: float = 0.0) -> Fun:
    """An example made of normal random arrays."""

    def example(dtype: Any) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        return tuple(np.asarray(shift + scale * rng.standard_normal(s)).astype(dtype) for s in shapes)

    return example


def uniform(*shapes: tuple[int, ...], low: float = 0.5, high: float = 2.0, seed: int = 0) -> Fun:
    """An example made of uniform random arrays."""

    def example(dtype: Any) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        return tuple(np.asarray(rng.uniform(low, high, s)).astype(dtype) for s in shapes)

    return example


def require(ok: bool) -> None:
    """Refuses arguments whose shapes the function does not take."""
    if not ok:
        raise ValueError("unsupported argument shapes")


def alike(fun: Fun) -> Fun:
    """`fun`, for arguments of one shape only: its rule does not undo broadcasting."""

    @functools.wraps(fun)
    def checked(*args: Any) -> Any:
        require(len({jnp.shape(a) for a in args}) == 1)
        return fun(*args)

    return checked


def rows(vector: jax.Array, like: jax.Array) -> jax.Array:
    """`vector` repeated along the leading axes of `like`."""
    require(vector.shape == like.shape[-1:])
    return jnp.broadcast_to(vector, like.shape)


def length(x: jax.Array) -> jax.Array:
    """Euclidean length of the last axis, by way of x / max |x|, whose squares neither overflow nor vanish."""
    m, s = scaled(x)
    return m[..., 0] * jnp.sqrt(jnp.sum(s * s, axis=-1))


def scaled(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The largest size along the last axis, within limits that have a reciprocal, and x divided by it."""
    m = jnp.max(jnp.abs(x), axis=-1, keepdims=True)
    m = jax.lax.stop_gradient(jnp.clip(m, 1e-30, 1e30))
    return m, x / m


def direction(x: jax.Array) -> jax.Array:
    """x divided by its length along the last axis; zero for zero."""
    s = scaled(x)[1]
    q = jnp.sum(s * s, axis=-1, keepdims=True)
    return s / jnp.sqrt(jnp.where(q == 0, 1, q))


def leading(x: jax.Array) -> tuple[int, ...]:
    """All axes but the last."""
    return tuple(range(x.ndim - 1))
