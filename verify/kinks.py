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
from typing import Any, NamedTuple

import numpy as np

from verify.problem import Arrays
from verify.richardson import step_scale
from verify.witness import AutodiffWitness

_DISTANCE = 2.0**-30  # relative step to a neighbour: resolves kinks exactly in float64, moves smooth parts by 1e-9
_FEWEST, _MOST = 40, 128  # random neighbours: three per entry, so that the hull of small kinks is spanned twice over


class Judgement(NamedTuple):
    """Whether the cotangents are generalised gradients (None: nobody can tell), and the box of the leaf asked about.

    `kinked` says, entry by entry, where gradients nearby differ: nowhere at a differentiable point.
    """

    acceptable: bool | None
    low: np.ndarray
    high: np.ndarray
    kinked: np.ndarray


def judge(
    witness: AutodiffWitness,
    item: tuple[Arrays, Arrays, Arrays],
    leaf: int,
    found: Arrays,
    allowed: Arrays,
    suspects: Sequence[tuple[int, ...]],
    rng: np.random.Generator,
) -> Judgement:
    """Judge the cotangent of float leaf `leaf` at an item.

    Args:
        witness: differentiates the primal at neighbouring points.
        item: floats, others and cotangents of one point, unstacked.
        leaf: the leaf in question.
        found: the cotangents that the rule returned, of all leaves: a tie may lie between two arguments.
        allowed: rounding allowed to them, entry by entry.
        suspects: entries of the leaf that differ from the witness; they are moved one at a time too.
        rng: chooses the random neighbours.
    """
    floats, others, cotangents = item
    moved = _neighbours(floats, leaf, suspects, rng)
    count = len(moved[0])
    every = witness.gradients(
        moved,
        tuple(np.repeat(n[None], count, axis=0) for n in others),
        tuple(np.repeat(w[None], count, axis=0) for w in cotangents),
    )[1]
    finite = np.all([np.isfinite(g.reshape(count, -1)).all(axis=1) for g in every], axis=0)
    if finite.sum() < count // 4:
        nothing = np.full(found[leaf].shape, np.inf)
        return Judgement(None, -nothing, nothing, nothing > 0)
    every = tuple(g[finite] for g in every)
    # smooth parts move by DISTANCE times curvature between neighbours; allow 2^10 times that of the gradient itself
    slack = tuple(a + 2.0**10 * _DISTANCE * (1 + np.abs(g).max(axis=0)) for a, g in zip(allowed, every, strict=True))
    inside = [
        bool(((f >= g.min(axis=0) - s) & (f <= g.max(axis=0) + s)).all())
        for f, g, s in zip(found, every, slack, strict=True)
    ]
    low, high = every[leaf].min(axis=0), every[leaf].max(axis=0)
    kinked = high - low > slack[leaf]
    if not inside[leaf]:
        return Judgement(False, low, high, kinked)
    joint = [k for k, ok in enumerate(inside) if ok]
    rows = np.concatenate([every[k].reshape(len(every[k]), -1) for k in joint], axis=1)
    together = np.concatenate([found[k].reshape(-1) for k in joint])
    scales = np.concatenate([slack[k].reshape(-1) for k in joint])
    return Judgement(_in_affine_hull(rows, together, scales), low, high, kinked)


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
    count = min(_MOST, max(_FEWEST, 3 * sum(int(np.prod(s)) for s in shapes)))
    patterns += [[rng.choice((-1.0, 1.0), s) * rng.uniform(0.5, 1, s) for s in shapes] for _ in range(count)]
    return tuple(
        np.stack([x + _DISTANCE * step_scale(x) * pattern[i] for pattern in patterns])
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
