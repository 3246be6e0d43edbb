"""The operator norm of a convolution, between two bounds that are proved.

Circular padding: the largest singular value of its symbol. Zero padding, from above: put the input (with its zeros
between entries) on a torus that is so much larger that no window which wraps around meets an entry at its other end.
The convolution is then a part of the circular one, P C E with norms |P| = |E| = 1, so that |P C E| <= |C|. From
below: |M v| / |v| for any v; a few steps of the Lanczos method find a good one, from the wave at which the circular
convolution is largest.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from verify.matrices.axis import Axis
from verify.matrices.geometry import Geometry, convolution
from verify.matrices.linear_operator import linear_operator
from verify.spectra.circular import near_one, periods, real
from verify.spectra.frobenius import frobenius
from verify.spectra.largest import Largest, largest
from verify.spectra.symbol import UNIT, Symbol, symbol

_STEPS = 24  # of the Lanczos method
_NOISE = 1e-2  # relative, in its first vector


class NormInterval(NamedTuple):
    """The norm lies in [low, high].

    Attributes:
        low: a lower bound.
        high: an upper bound.
    """

    low: float
    high: float

    @property
    def width(self) -> float:
        """high / low - 1, the most that either is off by, relatively."""
        return self.high / self.low - 1 if self.low > 0 else math.inf

    def __contains__(self, value: Any) -> bool:
        """Whether a number, of Python, NumPy or JAX, lies between the bounds."""
        return self.low <= float(value) <= self.high


def norm_interval(
    kernel: Any,
    input_shape: Any,
    *,
    strides: Any = 1,
    padding: Any = "SAME",
    dilation: Any = 1,
    input_dilation: Any = 1,
    groups: int = 1,
    layout: str | None = None,
) -> NormInterval:
    """Bounds of the operator norm (the largest singular value) of `verify.conv_matrix(kernel, input_shape, ...)`.

    The matrix is never built. Both bounds allow for every rounding of their computation, so that the norm of the exact
    matrix lies between them.

    Args:
        kernel: real, as for `verify.conv_matrix`.
        input_shape: as for `verify.conv_matrix`.
        strides: as for `verify.conv_matrix`; on circular axes they must divide the positions.
        padding: as for `verify.conv_matrix`.
        dilation: as for `verify.conv_matrix`.
        input_dilation: as for `verify.conv_matrix`.
        groups: as for `verify.conv_matrix`.
        layout: as for `verify.conv_matrix`.

    Raises:
        ValueError: shapes or options do not fit together.
        TypeError: the kernel is not of real numbers.
    """
    kernel = real(kernel)
    geometry = convolution(
        kernel.shape,
        input_shape,
        strides=strides,
        padding=padding,
        dilation=dilation,
        input_dilation=input_dilation,
        groups=groups,
        layout=layout,
    )
    kernel, exponent = near_one(kernel)
    low, high = _bounds(kernel, geometry)
    return NormInterval(_times_power(low, exponent, 0.0), _times_power(high, exponent, math.inf))


def _times_power(bound: float, exponent: int, outwards: float) -> float:
    """bound * 2^exponent, rounded outwards where that is no normal number."""
    with np.errstate(over="ignore", under="ignore"):
        found = np.ldexp(bound, exponent)
        back = np.ldexp(found, -exponent)
    outside = back >= bound if outwards > bound else back <= bound
    return float(found if outside else np.nextafter(found, outwards))


def _bounds(kernel: np.ndarray, geometry: Geometry) -> tuple[float, float]:
    """The bounds for a kernel whose largest entry is about one, or zero."""
    if geometry.axes[0].circular:
        found = largest(symbol(kernel, geometry, periods(geometry)))
        return found.low, found.high
    around = symbol(kernel, geometry, [_torus(axis) for axis in geometry.axes])
    found = largest(around)
    vector = _best_vector(kernel, geometry, _wave(found, around, geometry))
    return _rayleigh(kernel, geometry, vector), min(found.high, _frobenius(kernel, geometry))


def _frobenius(kernel: np.ndarray, geometry: Geometry) -> float:
    """Another upper bound, and the better one where there are hardly any outputs; rounded upwards."""
    return frobenius(kernel, geometry) * (1 + 4 * (kernel.size + 4) * UNIT)


def _torus(axis: Axis) -> int:
    """The smallest torus on which no window meets both ends of the axis, a multiple of stride and input dilation."""
    length = (axis.size - 1) * axis.input_dilation + 1
    last = (axis.outputs - 1) * axis.stride + (axis.window - 1) * axis.dilation - axis.low  # the last position read
    step = math.lcm(axis.stride, axis.input_dilation)
    return -(-max(length, length + axis.low, last + 1) // step) * step


def _wave(found: Largest, around: Symbol, geometry: Geometry) -> np.ndarray:
    """The input at which the circular convolution is largest, cut to size and faded out towards the ends, flat."""
    heights = [axis.columns for axis in around.axes]
    parts = found.vector.reshape(*heights, -1)
    wave = np.zeros((*(axis.size for axis in geometry.axes), geometry.groups, geometry.block[1]))
    for alias in np.ndindex(*heights):
        field: Any = np.ones(())
        for at, (axis, torus) in enumerate(zip(geometry.axes, around.axes, strict=True)):
            turns = (found.frequency[at] + alias[at] * torus.blocks) * torus.dilation / torus.positions
            t = np.arange(axis.size)
            fade = np.sin(np.pi * (t + 1) / (axis.size + 1))
            field = np.multiply.outer(field, fade * np.exp(2j * np.pi * turns * t))
        wave[..., found.group, :] += np.multiply.outer(field, parts[alias]).real
    flat = wave.reshape(*wave.shape[:-2], -1)
    return (flat if geometry.last else np.moveaxis(flat, -1, 0)).reshape(-1)


def _best_vector(kernel: np.ndarray, geometry: Geometry, start: np.ndarray) -> np.ndarray:
    """The Ritz vector of the largest eigenvalue of M* M after a few Lanczos steps, all of them orthogonalised."""
    operator = linear_operator(kernel, geometry)
    # the wave may lie in an invariant space without the largest eigenvalue: a little of everything leads out of it
    noise = np.random.default_rng(0).standard_normal(len(start))
    start = start / (np.linalg.norm(start) or 1.0) + _NOISE * noise / np.linalg.norm(noise)
    steps = min(_STEPS, len(start))
    basis = np.zeros((steps + 1, len(start)))
    basis[0] = start / np.linalg.norm(start)
    tridiagonal = np.zeros((steps + 1, steps + 1))
    for n in range(1, steps + 1):
        following = operator.rmatvec(operator.matvec(basis[n - 1]))
        tridiagonal[n - 1, n - 1] = basis[n - 1] @ following
        for _ in range(2):  # once leaves what rounding brings back
            following = following - basis[:n].T @ (basis[:n] @ following)
        beside = float(np.linalg.norm(following))
        if beside <= 1e-12 * tridiagonal.max():  # the basis holds an invariant space
            break
        basis[n] = following / beside
        tridiagonal[n - 1, n] = tridiagonal[n, n - 1] = beside
    return np.linalg.eigh(tridiagonal[:n, :n])[1][:, -1] @ basis[:n]


def _rayleigh(kernel: np.ndarray, geometry: Geometry, vector: np.ndarray) -> float:
    """A number that |M v| / |v| is not below, whatever was rounded.

    Every output is a sum of `terms` products, off by at most (terms + 4) u of the sum of their sizes (Higham, section
    3.1), which the convolution of the absolute values gives; norms of n entries are off by (n + 4) u at most.
    """
    terms = math.prod(axis.window for axis in geometry.axes) * geometry.block[1]
    product = linear_operator(kernel, geometry).matvec(vector)
    sizes = linear_operator(np.abs(kernel), geometry).matvec(np.abs(vector))
    n = (max(len(vector), len(product)) + 4) * UNIT
    below = float(np.linalg.norm(product)) * (1 - n) - 1.01 * (terms + 4) * UNIT * float(np.linalg.norm(sizes))
    size = float(np.linalg.norm(vector)) * (1 + n)
    return max(0.0, below / size * (1 - 4 * UNIT)) if size > 0 else 0.0
