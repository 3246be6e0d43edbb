"""Elementary functions of one to three elementwise arguments."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from ._pair import Pair, alike, jvp, normal, save, slope_jvp, slope_vjp, uniform, vjp

Array = jax.Array
X = normal((4, 6), seed=3)
XY = normal((4, 6), (4, 6), seed=4)
POSITIVE = uniform((4, 6), seed=5)
arctan2, hypot, logaddexp = alike(jnp.arctan2), alike(jnp.hypot), alike(jnp.logaddexp)
maximum, minimum, remainder = alike(jnp.maximum), alike(jnp.minimum), alike(jnp.remainder)


def smooth_abs(x: Array) -> Array:
    """sqrt(x**2 + eps**2) with eps = 0.1."""
    return jnp.hypot(x, jnp.full_like(x, 0.1))


def log1mexp(x: Array) -> Array:
    """log(1 - exp(x)) for negative x."""
    near = x > -math.log(2)
    a = jnp.log(-jnp.expm1(jnp.where(near, x, -1)))
    return jnp.where(near, a, jnp.log1p(-jnp.exp(jnp.where(near, -1, x))))


def sinc(x: Array) -> Array:
    """sin(x) / x."""
    safe = jnp.where(x == 0, 1, x)
    return jnp.where(x == 0, 1, jnp.sin(safe) / safe)


def sinc_slope(x: Array) -> Array:
    """(cos(x) - sinc(x)) / x, by its series near zero."""
    small = jnp.abs(x) < 1
    safe = jnp.where(small, 1, x)
    t = jnp.where(small, x, 0)
    total = jnp.zeros_like(t)
    for k in range(10, 0, -1):
        total = total * (t * t) + (-1) ** k * 2 * k / math.factorial(2 * k + 1)
    return jnp.where(small, total * t, (jnp.cos(safe) - jnp.sin(safe) / safe) / safe)


def signed_square(x: Array) -> Array:
    """x * |x|."""
    return x * jnp.abs(x)


@alike
def power(x: Array, p: Array) -> Array:
    """x ** p for x >= 0."""
    return jnp.power(x, p)


def power_dx(x: Array, p: Array) -> Array:
    """p * x ** (p - 1)."""
    return jnp.where(p == 0, 0, p * jnp.power(jnp.where(p == 0, 1, x), p - 1))


def power_right(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """Takes y * log(x) to be zero at x = 0."""
    x, p = res
    log = jnp.log(jnp.where(x > 0, x, 1))
    return g * power_dx(x, p), g * jnp.power(x, p) * log


def power_wrong(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """0 * log(0)."""
    x, p = res
    return g * power_dx(x, p), g * jnp.power(x, p) * jnp.log(x)


@alike
def clip(x: Array, lo: Array, hi: Array) -> Array:
    """x between lo and hi."""
    return jnp.minimum(jnp.maximum(x, lo), hi)


def clip_right(res: tuple[Array, Array, Array], g: Array) -> tuple[Array, Array, Array]:
    """Every cotangent goes to one argument."""
    x, lo, hi = res
    top = jnp.maximum(x, lo) > hi
    low = ~top & (x < lo)
    return jnp.where(top | low, 0, g), jnp.where(low, g, 0), jnp.where(top, g, 0)


def clip_swapped(res: tuple[Array, Array, Array], g: Array) -> tuple[Array, Array, Array]:
    """The two bounds' gradients are swapped."""
    dx, dlo, dhi = clip_right(res, g)
    return dx, dhi, dlo


def clip_tied(res: tuple[Array, Array, Array], g: Array) -> tuple[Array, Array, Array]:
    """A value on a bound sends its cotangent to both."""
    x, lo, hi = res
    top = jnp.maximum(x, lo) >= hi
    return jnp.where((x >= lo) & (x <= hi), g, 0), jnp.where((x <= lo) & (lo <= hi), g, 0), jnp.where(top, g, 0)


def atan2_right(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    """By the direction (x, y) / r."""
    (y, x), (ty, tx) = primals, tangents
    r = jnp.hypot(x, y)
    r = jnp.where(r == 0, 1, r)
    return jnp.arctan2(y, x), ((x / r) * ty - (y / r) * tx) / r


def atan2_wrong(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    """As the arc tangent of y / x, which x = 0 does not allow."""
    (y, x), (ty, tx) = primals, tangents
    s = y / x
    return jnp.arctan2(y, x), (ty / x - s / x * tx) / (1 + s * s)


def hypot_right(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """Divides by the careful hypot."""
    x, y = res
    h = jnp.hypot(x, y)
    h = jnp.where(h == 0, 1, h)
    return g * (x / h), g * (y / h)


def hypot_wrong(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """Divides by the square root of the sum of squares."""
    x, y = res
    s = x * x + y * y
    h = jnp.sqrt(jnp.where(s == 0, 1, s))
    return g * (x / h), g * (y / h)


def maximum_rule(tie: float) -> object:
    """custom_jvp of maximum that gives each side the share `tie` where they are equal."""

    def rule(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
        (x, y), (tx, ty) = primals, tangents
        share = jnp.full_like(x, tie)
        wx = jnp.where(x == y, share, (x > y).astype(x.dtype))
        wy = jnp.where(x == y, share, (x < y).astype(x.dtype))
        return jnp.maximum(x, y), wx * tx + wy * ty

    return jvp(maximum, rule)


def minimum_side(less: object) -> object:
    """custom_vjp of minimum where `less(x, y)` says that x is taken."""

    def backward(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
        took = less(*res)  # type: ignore[operator]
        return jnp.where(took, g, 0), jnp.where(took, 0, g)

    return vjp(minimum, save(minimum), backward)


def remainder_right(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """The divisor's slope is minus the quotient."""
    x, y = res
    return g, -g * jnp.round((x - jnp.remainder(x, y)) / y)


def remainder_wrong(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """The divisor is taken for a constant."""
    return g, jnp.zeros_like(res[1])


def log1mexp_slope(x: Array) -> Array:
    """exp(x) / (exp(x) - 1)."""
    return jnp.exp(x) / jnp.expm1(x)


PAIRS = (
    Pair("sqrt_factor", "sqrt", "constant-factor", slope_jvp(jnp.sqrt, lambda x: 0.5 / jnp.sqrt(x)),
         slope_jvp(jnp.sqrt, lambda x: 1 / jnp.sqrt(x)), POSITIVE, False, "the half is forgotten",
         "constant-factor", jnp.sqrt, "jvp"),
    Pair("log2_base", "log", "forgotten-chain-factor", slope_jvp(jnp.log2, lambda x: 1 / (x * math.log(2))),
         slope_jvp(jnp.log2, lambda x: 1 / x), POSITIVE, False, "1 / log(2) is forgotten",
         "constant-factor", jnp.log2, "jvp"),
    Pair("smooth_abs_eps", "abs", "epsilon-misplaced", slope_vjp(smooth_abs, lambda x: x / smooth_abs(x)),
         slope_vjp(smooth_abs, lambda x: x / (jnp.abs(x) + 0.1)), X, False,
         "epsilon is added outside the square root", None, smooth_abs),
    Pair("abs_ratio", "abs", "zero-over-zero", slope_jvp(jnp.abs, jnp.sign),
         slope_jvp(jnp.abs, lambda x: x / jnp.abs(x)), X, True, "x / |x| is NaN at zero", "nan", jnp.abs, "jvp"),
    Pair("log1mexp_tiny", "log1p-expm1", "precision", slope_jvp(log1mexp, log1mexp_slope),
         slope_jvp(log1mexp, lambda x: -jnp.exp(x) / (1 - jnp.exp(x))), uniform((4, 6), low=-3, high=-0.5), True,
         "1 - exp(x) cancels for tiny x", "precision", log1mexp, "jvp"),
    Pair("sinc_zero", "sinc", "zero-over-zero", slope_jvp(sinc, sinc_slope),
         slope_jvp(sinc, lambda x: (x * jnp.cos(x) - jnp.sin(x)) / (x * x)), X, True,
         "0 / 0 at zero, and cancellation close to it", "nan", sinc, "jvp"),
    Pair("signed_square", "power", "negative-inputs", slope_vjp(signed_square, lambda x: 2 * jnp.abs(x)),
         slope_vjp(signed_square, lambda x: 2 * x), X, False, "the slope 2x has the wrong sign on the left",
         "sign", signed_square),
    Pair("power_log_zero", "power", "zero-over-zero", vjp(power, save(power), power_right),
         vjp(power, save(power), power_wrong), uniform((4, 6), (4, 6), seed=6), True,
         "the exponent's gradient is 0 * log(0) at x = 0", "nan", power),
    Pair("clip_bounds", "clip", "argument-swapped", vjp(clip, save(clip), clip_right),
         vjp(clip, save(clip), clip_swapped), lambda d: (*normal((24,), seed=7)(d), *uniform(
             (24,), low=-1, high=-0.3)(d), *uniform((24,), low=0.3, high=1)(d)), False,
         "the gradients of the two bounds are swapped", "other-argument", clip),
    Pair("clip_on_bound", "clip", "ties-duplicated", vjp(clip, save(clip), clip_right),
         vjp(clip, save(clip), clip_tied), lambda d: (*normal((24,), seed=8)(d), *uniform(
             (24,), low=-1, high=-0.3)(d), *uniform((24,), low=0.3, high=1)(d)), True,
         "a value equal to its bound sends the cotangent to both", "ties-duplicated", clip),
    Pair("atan2_axis", "atan2", "zero-over-zero", jvp(arctan2, atan2_right), jvp(arctan2, atan2_wrong),
         XY, True, "differentiated as arctan(y / x): NaN at x = 0", "nan", arctan2, "jvp"),
    Pair("hypot_squares", "hypot", "overflow", vjp(hypot, save(hypot), hypot_right),
         vjp(hypot, save(hypot), hypot_wrong), XY, True,
         "the rule squares its arguments, which overflow (or vanish) where hypot is fine", "overflow", hypot),
    Pair("logaddexp_ratio", "logsumexp", "overflow",
         slope_jvp(logaddexp, lambda a, b: jax.nn.sigmoid(a - b), lambda a, b: jax.nn.sigmoid(b - a)),
         slope_jvp(logaddexp, lambda a, b: jnp.exp(a) / (jnp.exp(a) + jnp.exp(b)),
                   lambda a, b: jnp.exp(b) / (jnp.exp(a) + jnp.exp(b))), XY, True,
         "the weights are not shifted: inf / inf, or 0 / 0, for large arguments", "overflow", logaddexp, "jvp"),
    Pair("maximum_ties", "max-min", "ties-duplicated", maximum_rule(0.5), maximum_rule(1.0), XY, True,
         "equal arguments both get the whole tangent", "ties-duplicated", maximum, "jvp"),
    Pair("minimum_side", "max-min", "wrong-side", minimum_side(lambda x, y: x <= y),
         minimum_side(lambda x, y: x > y), XY, False, "the comparison of maximum was kept", "wrong-side", minimum),
    Pair("remainder_divisor", "remainder", "argument-zeroed",
         vjp(remainder, save(remainder), remainder_right),
         vjp(remainder, save(remainder), remainder_wrong),
         lambda d: (*normal((24,), scale=5.0)(d), *uniform((24,), low=0.5, high=1.5)(d)), False,
         "the divisor gets no gradient", "zero", remainder),
)
