"""Special functions and functions of complex numbers."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy.special import digamma, gammaln, ndtri

from ._pair import Pair, alike, jvp, normal, require, save, slope_jvp, slope_vjp, uniform, vjp

Array = jax.Array
Two = tuple[Array, Array]


def erf_slope(factor: float) -> Any:
    """exp(-x**2) with a factor."""
    return lambda x: factor * jnp.exp(-jnp.square(x))


def stirling(x: Array) -> Array:
    """The first terms of digamma for large x."""
    return jnp.log(x) - 0.5 / x - 1 / (12 * x * x)


def probit_slope(half: float) -> Any:
    """The density's reciprocal at the quantile."""
    return lambda p: math.sqrt(2 * math.pi) * jnp.exp(half * jnp.square(ndtri(p)))


@alike
def betaln(a: Array, b: Array) -> Array:
    """Log of the beta function of positive arguments."""
    return gammaln(a) + gammaln(b) - gammaln(a + b)


def betaln_back(joint: bool) -> Any:
    """digamma(a) - digamma(a + b), of which the slip forgets the second."""

    def backward(res: Two, g: Array) -> Two:
        a, b = res
        both = digamma(a + b) if joint else 0
        return g * (digamma(a) - both), g * (digamma(b) - both)

    return backward


def sin_cos(x: Array) -> Two:
    """Sine and cosine."""
    return jnp.sin(x), jnp.cos(x)


def sin_cos_rule(sign: int) -> Any:
    """Tangents (cos, -sin)."""
    return jvp(sin_cos, lambda p, t: (sin_cos(p[0]), (jnp.cos(p[0]) * t[0], sign * jnp.sin(p[0]) * t[0])))


@alike
def polar(x: Array, y: Array) -> Two:
    """Radius and angle."""
    return jnp.hypot(x, y), jnp.arctan2(y, x)


def polar_back(angle: bool) -> Any:
    """`angle` uses the second output's cotangent."""

    def backward(res: Two, gs: Two) -> Two:
        x, y = res
        r = jnp.hypot(x, y)
        r = jnp.where(r == 0, 1, r)
        c, s = x / r, y / r
        ga = gs[1] / r if angle else 0
        return gs[0] * c - ga * s, gs[0] * s + ga * c

    return backward


def complex_square(z: Array) -> Array:
    """z squared."""
    return z * z


@alike
def inner(a: Array, b: Array) -> Array:
    """Sum of conj(a) * b along the last axis."""
    return jnp.sum(jnp.conj(a) * b, axis=-1)


def inner_back(turned: bool) -> Any:
    """The first argument's gradient is conjugated, as the argument is."""

    def backward(res: Two, g: Array) -> Two:
        a, b = res
        g = g[..., None]
        da = jnp.conj(g * b) if turned else g * b
        return da, g * jnp.conj(a)

    return backward


def magnitude(z: Array) -> Array:
    """|z|."""
    require(jnp.iscomplexobj(z))
    return jnp.hypot(jnp.real(z), jnp.imag(z))


def magnitude_back(guard: bool) -> Any:
    """conj(z) / |z|, zero at zero when guarded."""

    def backward(res: tuple[Array], g: Array) -> tuple[Array]:
        (z,) = res
        r = magnitude(z)
        r = jnp.where(r == 0, 1, r) if guard else r
        return (lax.complex(g * (jnp.real(z) / r), -g * (jnp.imag(z) / r)),)

    return backward


def energy(z: Array) -> Array:
    """Sum of |z|**2 along the last axis."""
    return jnp.sum(jnp.square(jnp.real(z)) + jnp.square(jnp.imag(z)), axis=-1)


def energy_rule(turned: bool) -> Any:
    """2 Re(conj(z) t); the slip does not conjugate."""

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> Two:
        z = jnp.conj(primals[0]) if turned else primals[0]
        return energy(primals[0]), 2 * jnp.sum(jnp.real(z * tangents[0]), axis=-1)

    return jvp(energy, rule)


def complex_normal(*shapes: tuple[int, ...], seed: int) -> Any:
    """An example of complex normal arrays."""

    def example(dtype: Any) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        kind = np.result_type(dtype, np.complex64)
        return tuple((rng.standard_normal(s) + 1j * rng.standard_normal(s)).astype(kind) for s in shapes)

    return example


PAIRS = (
    Pair("erf_factor", "erf", "constant-factor", slope_jvp(lax.erf, erf_slope(2 / math.sqrt(math.pi))),
         slope_jvp(lax.erf, erf_slope(1 / math.sqrt(math.pi))), normal((4, 6), seed=131), False,
         "1 / sqrt(pi) in place of 2 / sqrt(pi)", "constant-factor", lax.erf, "jvp"),
    Pair("probit_half", "erf", "wrong-exponent", slope_jvp(ndtri, probit_slope(0.5)),
         slope_jvp(ndtri, probit_slope(1.0)), uniform((4, 6), low=0.1, high=0.9, seed=132), False,
         "exp(y**2) in place of exp(y**2 / 2)", None, ndtri, "jvp"),
    Pair("gammaln_stirling", "gamma", "approximation-mismatch", slope_jvp(gammaln, digamma),
         slope_jvp(gammaln, stirling), uniform((4, 6), low=0.8, high=4, seed=133), False,
         "digamma is replaced by its expansion for large arguments", None, gammaln, "jvp"),
    Pair("gammaln_log", "gamma", "approximation-mismatch", slope_vjp(gammaln, digamma),
         slope_vjp(gammaln, lambda x: jnp.log(x) - 0.5 / x), uniform((4, 6), low=1, high=5, seed=134), False,
         "digamma is taken to be log(x) - 1 / (2 x)", None, gammaln),
    Pair("betaln_joint", "gamma", "missing-term", vjp(betaln, save(betaln), betaln_back(True)),
         vjp(betaln, save(betaln), betaln_back(False)), uniform((8,), (8,), seed=135), False,
         "the term of a + b is forgotten", None, betaln),
    Pair("sin_cos_sign", "trigonometric", "sign", sin_cos_rule(-1), sin_cos_rule(1), normal((4, 6), seed=136), False,
         "the cosine's tangent lacks its minus sign", "sign", sin_cos, "jvp"),
    Pair("polar_angle", "trigonometric", "output-ignored", vjp(polar, save(polar), polar_back(True)),
         vjp(polar, save(polar), polar_back(False)), normal((8,), (8,), seed=137), False,
         "the angle's cotangent is ignored", "cotangent-ignored", polar),
    Pair("complex_square", "complex", "conjugate", vjp(complex_square, save(complex_square),
                                                      lambda res, g: (2 * g * res[0],)),
         vjp(complex_square, save(complex_square), lambda res, g: (2 * g * jnp.conj(res[0]),)),
         complex_normal((4, 3), seed=138), False, "the derivative of a holomorphic function is conjugated",
         "conjugate", complex_square),
    Pair("complex_inner", "complex", "conjugate", vjp(inner, save(inner), inner_back(True)),
         vjp(inner, save(inner), inner_back(False)), complex_normal((3, 4), (3, 4), seed=139), False,
         "the conjugated argument's gradient is not conjugated", "conjugate", inner),
    Pair("complex_magnitude", "complex", "zero-over-zero", vjp(magnitude, save(magnitude), magnitude_back(True)),
         vjp(magnitude, save(magnitude), magnitude_back(False)), complex_normal((4, 3), seed=140), True,
         "z / |z| is NaN at zero", "nan", magnitude),
    Pair("complex_energy", "complex", "conjugate", energy_rule(True), energy_rule(False),
         complex_normal((3, 4), seed=141), False, "z in place of its conjugate in the tangent", "conjugate", energy,
         "jvp"),
)
