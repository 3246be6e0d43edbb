"""The functions that a scan of JAX calls wrong, written down once more for mpmath.

They share nothing with the scan's own formulas: an integral where that has a polylogarithm, a sum where it has
difference quotients. Needs the extra `scan`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

mp.mp.dps = 40


def spence(x: Any) -> Any:
    return mp.quad(lambda t: mp.log(t) / (1 - t) if t != 1 else mp.mpf(-1), [1, x])


def box(x: Any, power: Any) -> Any:
    """The integral of t^(power - 1) from 1 to x, as a series in power log x: it has no singularity at 0."""
    return mp.log(x) * mp.nsum(lambda k: (power * mp.log(x)) ** k / mp.factorial(k + 1), [0, mp.inf])


def log_beta(a: Any, b: Any) -> Any:
    return mp.log(mp.quad(lambda t: t ** (a - 1) * (1 - t) ** (b - 1), [0, 0.5, 1]))


def log_betabinom(a: Any, b: Any) -> Any:
    """Of 2 in 5: C(5, 2) a (a + 1) b (b + 1) (b + 2) / ((a + b) ... (a + b + 4)), rational in a and b."""
    return mp.log(10 * mp.rf(a, 2) * mp.rf(b, 3) / mp.rf(a + b, 5))


def entropy(mu: Any) -> Any:
    tail = mp.nsum(lambda k: mu**k * mp.loggamma(k + 1) / mp.factorial(k), [2, 60])
    return mu * (1 - mp.log(mu)) + mp.exp(-mu) * tail


def kaiser(weights: list[Any], beta: Any) -> Any:
    ends = [mp.sqrt(1 - (mp.mpf(k) / 2 - 1) ** 2) for k in range(5)]
    return sum(w * mp.besseli(0, beta * e) for w, e in zip(weights, ends, strict=True)) / mp.besseli(0, beta)


def correlation(weights: list[Any], x: list[Any], y: list[Any]) -> Any:
    dx, dy = [v - sum(x) / len(x) for v in x], [v - sum(y) / len(y) for v in y]
    r = sum(a * b for a, b in zip(dx, dy, strict=True))
    r /= mp.sqrt(sum(a * a for a in dx) * sum(b * b for b in dy))
    return weights[0] + weights[3] + (weights[1] + weights[2]) * r


def harmonics(weights: list[Any], n: list[Any], m: list[Any], theta: list[Any], phi: list[Any]) -> Any:
    """Weights are the real parts, then the imaginary ones; of each harmonic they take the inner product."""
    real, imaginary = weights[: len(n)], weights[len(n) :]
    orders = zip(real, imaginary, n, m, theta, phi, strict=True)
    return sum(mp.mpc(a, -b) * mp.spherharm(int(ell), int(k), t, p) for a, b, ell, k, t, p in orders)


def vandermonde(weights: list[Any], x: list[Any]) -> Any:
    return sum(weights[3 * i] * v**2 + weights[3 * i + 1] * v + weights[3 * i + 2] for i, v in enumerate(x))


# By function: its value, of the weights of its outputs and its arguments.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "jax.nn.log1mexp": lambda w, x: mp.log(1 - mp.exp(-x)),
    "jax.numpy.corrcoef": correlation,
    "jax.numpy.hypot": lambda w, x, y: mp.sqrt(x * x + y * y),
    "jax.numpy.i0": lambda w, x: mp.nsum(lambda k: (x * x / 4) ** k / mp.factorial(k) ** 2, [0, mp.inf]),
    "jax.numpy.kaiser": kaiser,
    "jax.numpy.ldexp": lambda w, x, n: x * 2**n,
    "jax.numpy.vander": vandermonde,
    "jax.scipy.special.bessel_jn": lambda w, z: sum(c * mp.besselj(v, z) for v, c in enumerate(w)),
    "jax.scipy.special.beta": lambda w, a, b: mp.exp(log_beta(a, b)),
    "jax.scipy.special.betaln": lambda w, a, b: log_beta(a, b),
    "jax.scipy.special.boxcox": lambda w, x, power: box(x, power),
    "jax.scipy.special.boxcox1p": lambda w, x, power: box(1 + x, power),
    "jax.scipy.special.expn": lambda w, x: mp.exp(-x) / x,
    "jax.scipy.special.fresnel": lambda w, x: w[0] * mp.fresnels(x) + w[1] * mp.fresnelc(x),
    "jax.scipy.special.hyp1f1": lambda w, a, b, x: mp.hyper([a], [b], x),
    "jax.scipy.special.hyp2f1": lambda w, a, b, c, x: mp.hyper([a, b], [c], x),
    "jax.scipy.special.i0": lambda w, x: mp.nsum(lambda k: (x * x / 4) ** k / mp.factorial(k) ** 2, [0, mp.inf]),
    "jax.scipy.special.i1": lambda w, x: mp.besseli(1, x),
    "jax.scipy.special.kl_div": lambda w, p, q: p * mp.log(p / q) - p + q,
    "jax.scipy.special.sph_harm_y": harmonics,
    "jax.scipy.special.spence": lambda w, x: spence(x),
    "jax.scipy.stats.betabinom.logpmf": lambda w, a, b: log_betabinom(a, b),
    "jax.scipy.stats.betabinom.pmf": lambda w, a, b: mp.exp(log_betabinom(a, b)),
    "jax.scipy.stats.cauchy.isf": lambda w, q, loc, scale: loc + scale * mp.cot(mp.pi * q),
    "jax.scipy.stats.cauchy.ppf": lambda w, q, loc, scale: loc - scale * mp.cot(mp.pi * q),
    "jax.scipy.stats.expon.logcdf": lambda w, x, scale: mp.log1p(-mp.exp(-x / scale)),
    "jax.scipy.stats.gennorm.cdf": lambda w, x, beta: (
        (1 + mp.sign(x) * mp.gammainc(1 / beta, 0, abs(x) ** beta, True)) / 2
    ),
    "jax.scipy.stats.gumbel_l.cdf": lambda w, x: -mp.expm1(-mp.exp(x)),
    "jax.scipy.stats.gumbel_l.logcdf": lambda w, x: mp.log1p(-mp.exp(-mp.exp(x))),
    "jax.scipy.stats.gumbel_l.pdf": lambda w, x: mp.exp(x - mp.exp(x)),
    "jax.scipy.stats.gumbel_l.sf": lambda w, x: mp.exp(-mp.exp(x)),
    "jax.scipy.stats.gumbel_r.cdf": lambda w, x: mp.exp(-mp.exp(-x)),
    "jax.scipy.stats.gumbel_r.logsf": lambda w, x: mp.log1p(-mp.exp(-mp.exp(-x))),
    "jax.scipy.stats.gumbel_r.pdf": lambda w, x: mp.exp(-x - mp.exp(-x)),
    "jax.scipy.stats.gumbel_r.sf": lambda w, x: -mp.expm1(-mp.exp(-x)),
    "jax.scipy.stats.laplace.cdf": lambda w, x, loc, scale: mp.exp((x - loc) / scale) / 2,
    "jax.scipy.stats.poisson.entropy": lambda w, mu: entropy(mu),
}
