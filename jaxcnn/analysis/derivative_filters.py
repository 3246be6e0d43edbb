"""Which derivative a small filter approximates, of which order, in which direction, and how well.

A filter k answers, where its middle tap lies, with sum_uv k[v, u] f(x + u, y + v): u columns to the right and v rows
down, not flipped, as the networks here apply it. By Taylor's formula that is

    sum_pq  m_pq  d^(p+q) f / dx^p dy^q        m_pq = sum_uv k[v, u] u^p v^q / (p! q!)

so the moments m_pq say what the filter does to anything smooth. Which order it *is* is decided by least squares: the
finite-difference stencils of that order (`jaxcnn.analysis.stencils`) come nearest to its taps. Its direction is that of
its moments of that order, about the place where those stencils take the derivative.

Angles are in degrees from x (to the right) towards y (down), so clockwise on the screen. Order 1: the direction in
which an image must grow brighter for the strongest answer, (-180, 180]. Order 2: the operator is
m_20 dxx + m_11 dxy + m_02 dyy, in its principal axes a dξξ + b dηη with |a| >= |b|. It is a second derivative along ξ
if b is small, a Laplacian if a and b are alike, and a mixed one, along the lines between the axes, if they are
opposite.
"""

import math
from dataclasses import dataclass

import numpy as np

from jaxcnn.analysis.stencils import Family, families

# Of random filters of 3 x 3 taps with their mean subtracted one in 25 has such a share, of 5 x 5 taps none in 1,000.
QUALIFIES = 0.9
# Names of directions: an angle within this of an axis is called after it.
NEAR = 15.0
# a dξξ + b dηη is nearest to (1, 0), (1, 1) or (1, -1), all of length 1, by the angle between them.
HALFWAY = math.tan(math.radians(22.5))


@dataclass(frozen=True)
class Derivative:
    """What a filter approximates.

    Attributes:
        order: 0 (a mean), 1 or 2.
        kind: such as "d/dx", "directional d", "d2/dy2", "Laplacian".
        angle: degrees, see above; of order 2, of the axis ξ, [0, 180), or [0, 90) where mixed; None for a Laplacian and
            a mean.
        explained: the share of its sum of squares that the nearest stencils of that order have.
        shares: the same for the orders 0, 1 and 2.
        centre: (x, y), where the derivative is taken, from the middle tap.
        moments: m_00; m_10, m_01; m_20, m_11, m_02, about the centre.
    """

    order: int
    kind: str
    angle: float | None
    explained: float
    shares: tuple[float, float, float]
    centre: tuple[float, float]
    moments: tuple[float, ...]

    @property
    def qualifies(self) -> bool:
        """Whether the stencils explain the filter, more than they do nearly all random ones."""
        return self.explained >= QUALIFIES

    @property
    def strength(self) -> float:
        """How large the answer is to a slope, or a curvature, of 1 in the direction that it answers most to."""
        if self.order == 2:
            return float(np.abs(np.linalg.eigvalsh(_operator(self.moments))).max())
        return math.hypot(*self.moments[1:3]) if self.order else abs(self.moments[0])


def moments(kernel: np.ndarray, centre: tuple[float, float] = (0.0, 0.0)) -> tuple[float, ...]:
    """Return m_00, m_10, m_01, m_20, m_11, m_02 of a filter, (k, k), about a place (x, y) from its middle tap."""
    rows, columns = (np.arange(size) - (size - 1) / 2 for size in kernel.shape)
    u, v = columns - centre[0], (rows - centre[1])[:, None]
    monomials = (1.0, u, v, u**2 / 2, u * v, v**2 / 2)
    return tuple(float(np.sum(kernel * monomial, dtype=np.float64)) for monomial in monomials)


def identify(kernels: np.ndarray) -> tuple[Derivative, ...]:
    """Return which derivative each filter approximates; give them with their mean subtracted, or as they are.

    Args:
        kernels: (N, k, k), k odd and at least 3.

    Raises:
        ValueError: if the shape is another, or a filter is zero or not finite.
    """
    kernels = np.asarray(kernels, np.float64)
    if kernels.ndim != 3 or kernels.shape[1] != kernels.shape[2]:
        raise ValueError(f"`kernels` must have shape (filters, size, size); got {kernels.shape}.")
    candidates = families(kernels.shape[1])
    norms = np.sum(kernels**2, axis=(1, 2))
    if not (np.isfinite(norms) & (norms > 0)).all():
        bad = int(np.argmin(np.isfinite(norms) & (norms > 0)))
        raise ValueError(f"`kernels` must be finite and not zero; filter {bad} has a sum of squares of {norms[bad]}.")
    shares = np.array([family.shares(kernels) for family in candidates])
    orders = np.array([family.order for family in candidates])
    found = []
    for kernel, own in zip(kernels, shares.T, strict=True):
        best = [int(np.flatnonzero(orders == order)[np.argmax(own[orders == order])]) for order in range(3)]
        of_orders = tuple(float(own[number]) for number in best)
        found.append(_derivative(kernel, candidates[best[int(np.argmax(of_orders))]], of_orders))
    return tuple(found)


def of_layer(kernel: np.ndarray) -> np.ndarray:
    """Return the filters of a convolution, (k, k, C, F), one for each input and output channel: (C F, k, k) less means.

    Raises:
        ValueError: if the shape is another.
    """
    if kernel.ndim != 4:
        raise ValueError(f"`kernel` must have shape (rows, columns, inputs, features); got {kernel.shape}.")
    filters = np.moveaxis(np.asarray(kernel, np.float64), (2, 3), (0, 1)).reshape(-1, *kernel.shape[:2])
    return filters - filters.mean(axis=(1, 2), keepdims=True)


def _derivative(kernel: np.ndarray, family: Family, shares: tuple[float, ...]) -> Derivative:
    found = moments(kernel, family.centre)
    kind, angle = (_mean, _first, _second)[family.order](found)
    return Derivative(family.order, kind, angle, shares[family.order], shares, family.centre, found)  # type: ignore[arg-type]


def _mean(_: tuple[float, ...]) -> tuple[str, None]:
    return "mean", None


def _first(found: tuple[float, ...]) -> tuple[str, float]:
    angle = math.degrees(math.atan2(found[2], found[1]))
    axis = _axis(angle)
    return (f"d/d{axis}" if axis else "directional d"), angle


def _second(found: tuple[float, ...]) -> tuple[str, float | None]:
    values, axes = np.linalg.eigh(_operator(found))
    strong = int(np.argmax(np.abs(values)))
    angle = math.degrees(math.atan2(axes[1, strong], axes[0, strong])) % 180
    ratio = values[1 - strong] / values[strong] if values[strong] else 1.0
    if ratio > HALFWAY:
        return "Laplacian", None
    if ratio < -HALFWAY:
        angle = (angle - 45) % 90
        return ("d2/dxdy" if _axis(angle) else "mixed d2"), angle
    axis = _axis(angle)
    return (f"d2/d{axis}2" if axis else "directional d2"), angle


def _operator(found: tuple[float, ...]) -> np.ndarray:
    """Return [[m_20, m_11 / 2], [m_11 / 2, m_02]]: the answer is its product with the matrix of second derivatives."""
    return np.array([[found[3], found[4] / 2], [found[4] / 2, found[5]]])


def _axis(angle: float) -> str:
    """Return "x" or "y" for a direction near that axis, either way; "" between them."""
    off = abs((angle + 45) % 90 - 45)
    return ("x", "y")[round(angle / 90) % 2] if off <= NEAR else ""
