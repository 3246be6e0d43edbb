"""A sum over a mesh axis that is missing, or there twice: what devices hold beside what they should.

A value that every device computes from its part of the data must be summed over the mesh (`psum`, `psum_scatter`) and
only once; without the sum it is said to be the same everywhere and is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from jax.sharding import NamedSharding

from verify import placement
from verify.problem import Arrays
from verify.report import Diagnosis
from verify.subject import Answers
from verify.trial import Trial

CODE = "mesh-sum"
_MOST = 64  # devices along an axis: every one of them asks the witness once


def of_copies(path: str, array: Any, right: np.ndarray, allowed: np.ndarray) -> Diagnosis:
    """What the copies of a cotangent are, that differ from device to device: parts of a sum, or anything."""
    for axes, count, total in placement.summed(array):
        if np.all(np.abs(total - right) <= count * allowed):
            return Diagnosis(
                CODE,
                f"d_{path} is not summed over mesh axis {axis_names(axes)}: each of the {count} devices along it holds "
                "its own part, and their sum is the right one (a psum is missing).",
            )
    return Diagnosis(CODE, f"d_{path} is said to be the same on several devices, and differs from one to the other.")


def of_values(
    trial: Trial, i: int, leaf: int, found: Answers, right: np.ndarray, allowed: np.ndarray
) -> Diagnosis | None:
    """What a cotangent is whose copies are alike: summed once too often, averaged, or made of unsummed parts."""
    path, mesh = trial.problem.float_paths[leaf], _mesh(found)
    actual = np.asarray(found.cotangents[leaf], np.float64)
    for told, factor in factors(mesh):
        if np.all(np.abs(actual - factor * right) <= max(1.0, factor) * allowed):
            return Diagnosis(CODE, f"d_{path} equals the right gradient {told}.")
    if trial.autodiff is None:
        return None
    floats, others, cotangents = (trial.one_row(part, i) for part in (trial.floats, trial.others, trial.cotangents))

    def witness(ws: Arrays) -> np.ndarray:
        return trial.autodiff.gradients(floats, others, ws)[1][leaf]  # type: ignore[union-attr]

    for axis, split in splits(mesh, cotangents, actual.shape):
        unsummed = from_parts(witness, cotangents, split)
        if unsummed is not None and np.all(np.abs(unsummed[0] - actual) <= allowed):
            return Diagnosis(CODE, parts_told(path, axis))
    return None


class Split(NamedTuple):
    """How devices share: output `out` is cut in `pieces` along its `axis`, the leaf along `leaf_axis` or not at all."""

    pieces: int
    out: int
    axis: int
    leaf_axis: int | None


def splits(mesh: Any, cotangents: Arrays, leaf_shape: tuple[int, ...]) -> Iterator[tuple[str, Split]]:
    """Every mesh axis with every way to cut the cotangents (stacked over items) and the leaf along it."""
    for name, count in mesh.shape.items() if mesh is not None else ():
        cuts = [None, *(axis for axis, n in enumerate(leaf_shape) if n and n % count == 0)]
        for out, w in enumerate(cotangents):
            for axis, n in enumerate(w.shape[1:]):
                if 1 < count <= _MOST and n % count == 0:
                    yield from ((name, Split(count, out, axis, cut)) for cut in cuts)


def from_parts(witness: Callable[[Arrays], np.ndarray | None], cotangents: Arrays, split: Split) -> np.ndarray | None:
    """What is read where nothing is summed: part k of the leaf from part k of the cotangent; the first if it has none.

    `witness` gives the leaf's right cotangents for others of the outputs, or None if they are not finite.
    """
    parts, w = [], np.asarray(cotangents[split.out])
    for k in range(1 if split.leaf_axis is None else split.pieces):
        kept, n = np.zeros_like(w), w.shape[split.axis + 1] // split.pieces
        index = (*[slice(None)] * (split.axis + 1), slice(k * n, (k + 1) * n))
        kept[index] = w[index]
        found = witness((*cotangents[: split.out], kept, *cotangents[split.out + 1 :]))
        if found is None or split.leaf_axis is None:
            return found
        parts.append(np.split(found, split.pieces, axis=split.leaf_axis + 1)[k])
    return np.concatenate(parts, axis=(split.leaf_axis or 0) + 1)


def parts_told(path: str, axis: str) -> str:
    """The sentence for `from_parts`."""
    own = "is on each device what its own part of the cotangent gives"
    return f"d_{path} {own}: not summed over mesh axis '{axis}' (a psum or psum_scatter is missing)."


def factors(mesh: Any) -> Iterator[tuple[str, float]]:
    """What sums over mesh axes multiply by: once too often, or a mean in place of the sum."""
    names = () if mesh is None else [axis for axis in mesh.axis_names if mesh.shape[axis] > 1]
    for count in range(1, len(names) + 1):
        for axes in combinations(names, count):
            size = int(np.prod([mesh.shape[axis] for axis in axes]))
            yield f"times {size}: summed over mesh axis {axis_names(axes)} once too often", float(size)
            yield f"divided by {size}: a mean over mesh axis {axis_names(axes)} where a sum belongs", 1 / size


def axis_names(axes: tuple[str, ...]) -> str:
    """One axis, or several as JAX writes them."""
    return f"'{axes[0]}'" if len(axes) == 1 else str(axes)


def _mesh(found: Answers) -> Any:
    shardings = (array.sharding for array in (*found.forward, *found.cotangents))
    return next((where.mesh for where in shardings if isinstance(where, NamedSharding)), None)
