"""Non-differentiable points: which cotangents are acceptable there.

At a kink a rule may return any element of the generalised gradient (Clarke, Optimization and Nonsmooth Analysis, 1983,
section 2.5: the convex hull of limits of gradients at differentiable points nearby). The gradients at nearby points are
found by autodiff of the bare primal in float64; a returned cotangent g is acceptable when it lies

* entry by entry between the smallest and the largest of them, and
* in their affine hull, where enough of them were seen to span it. For a tie of maxima all of them conserve the
  cotangent (their entries sum to w), and so must g: sending w to every maximum lies in the box but not in the hull.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.problem import Arrays
from verify.witness import AutodiffWitness

_DISTANCE = 2.0**-30  # relative step to a neighbour: resolves kinks exactly in float64, moves smooth parts by 1e-9
_RANDOM = 40  # random neighbours; with the systematic ones twice the rank that small kinks can have


def acceptable(
    witness: AutodiffWitness,
    item: tuple[Arrays, Arrays, Arrays],
    leaf: int,
    found: np.ndarray,
    allowed: np.ndarray,
    suspects: Sequence[tuple[int, ...]],
    rng: np.random.Generator,
) -> tuple[bool | None, np.ndarray, np.ndarray]:
    """Whether `found` (the cotangent of float leaf `leaf`) is a generalised gradient at the item.

    Returns the verdict (None: the neighbours are not finite, nobody can tell) and the box, low and high.
    """
    floats, others, cotangents = item
    moved = _neighbours(floats, leaf, suspects, rng)
    count = len(moved[0])
    gradients = witness.gradients(
        moved,
        tuple(np.repeat(n[None], count, axis=0) for n in others),
        tuple(np.repeat(w[None], count, axis=0) for w in cotangents),
    )[1][leaf]
    gradients = gradients[np.isfinite(gradients.reshape(count, -1)).all(axis=1)]
    if len(gradients) < count // 4:
        return None, np.full(found.shape, -np.inf), np.full(found.shape, np.inf)
    low, high = gradients.min(axis=0), gradients.max(axis=0)
    # smooth parts move by DISTANCE times curvature between neighbours; allow 2^10 times that of the gradient itself
    slack = allowed + 2.0**10 * _DISTANCE * (1 + np.abs(gradients).max(axis=0))
    if not ((found >= low - slack) & (found <= high + slack)).all():
        return False, low, high
    return _in_affine_hull(gradients.reshape(len(gradients), -1), found.reshape(-1), slack.reshape(-1)), low, high


def _neighbours(
    floats: Arrays, leaf: int, suspects: Sequence[tuple[int, ...]], rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Points around `floats`: all up, all down, ramps (they choose the first or the last of a tie), single entries."""
    patterns: list[list[np.ndarray]] = []
    shapes = [np.shape(x) for x in floats]
    for sign in (1.0, -1.0):
        patterns.append([np.full(s, sign) for s in shapes])
        patterns.append([sign * np.linspace(0.5, 1.0, int(np.prod(s))).reshape(s) for s in shapes])
    for index in suspects:
        for sign in (1.0, -1.0):
            single = [np.zeros(s) for s in shapes]
            single[leaf][index] = sign
            # a little noise elsewhere, so that the neighbour itself is no kink
            patterns.append([p + 2.0**-10 * rng.uniform(-1, 1, p.shape) for p in single])
    patterns += [[rng.choice((-1.0, 1.0), s) * rng.uniform(0.5, 1, s) for s in shapes] for _ in range(_RANDOM)]
    return tuple(
        np.stack([x + _DISTANCE * np.maximum(np.abs(x), 1.0) * pattern[i] for pattern in patterns])
        for i, x in enumerate(np.asarray(f, np.float64) for f in floats)
    )


def _in_affine_hull(gradients: np.ndarray, found: np.ndarray, slack: np.ndarray) -> bool:
    """Whether `found` lies in the affine hull; True when too few gradients were seen to know the hull."""
    touched = (gradients.max(axis=0) - gradients.min(axis=0)) > slack
    if not touched.any():
        return True
    columns = gradients[:, touched] / slack[touched].max()
    centre = columns[0]
    half, full = columns[: len(columns) // 2] - centre, columns - centre
    # slack scales every coordinate to about 1 = acceptable error, so ranks count what is visible above it
    if _rank(half) != _rank(full):
        return True
    offset = found[touched] / slack[touched].max() - centre
    basis = np.linalg.svd(full, full_matrices=False)
    directions = basis.Vh[basis.S > _threshold(basis.S)]
    outside = offset - directions.T @ (directions @ offset)
    return bool(np.linalg.norm(outside) <= 4 * np.sqrt(touched.sum()))


def _rank(rows: np.ndarray) -> int:
    values = np.linalg.svd(rows, compute_uv=False)
    return int(np.sum(values > _threshold(values)))


def _threshold(values: np.ndarray) -> Any:
    return max(4.0, 1e-9 * float(values.max(initial=0.0)))
