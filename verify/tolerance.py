"""Where tolerances come from.

A derivative g computed in a dtype with unit roundoff u may differ from the exact one because

* every chain of L roundings (a sum of L terms, L operations) rounds: |error| <= lambda sqrt(L) u sum|terms| with
  overwhelming probability (Higham and Mary, SIAM J. Sci. Comput. 41 (2019) A2815, Theorem 2.4: probabilistic bound with
  sqrt(L) in place of L);
* its inputs are only known to one rounding: the spread of the float64 witness under relative jitter u of every input
  and cotangent entry measures sum|terms| and conditioning together, entry by entry;
* below the smallest normal number rounding is absolute.

    tolerance = LAMBDA sqrt(L) (u |g| + spread) + smallest normal

Laws add to the spread what they know: the scale of the cotangents and of the largest intermediate, which may cancel
(`comparison.with_witness`), and what plain autodiff loses in the same dtype (`comparison.beside_peer`).
Never proportional to array size (L is the longest sum plus the number of operations in the program), never a knob.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from verify import _precision
from verify.stripping import equations

_FINER = 16.0  # ratio of the two jitter amplitudes that tell a slope from a jump
LAMBDA = 8.0  # confidence of the probabilistic bound: failure probability <= 2 exp(-LAMBDA^2 / 2) per rounding sum
JITTERS = 3  # independent jittered copies per item; the largest of them estimates the spread


def bound(dtype: Any, expected: np.ndarray, spread: np.ndarray, length: int) -> np.ndarray:
    """Entrywise tolerance for `expected`, given the jitter `spread` and the number of roundings `length`."""
    u = _precision.unit_roundoff(dtype)
    size = np.where(np.isfinite(expected), np.abs(expected), 0.0)
    return LAMBDA * math.sqrt(length) * (u * size + spread) + _precision.smallest_normal(dtype)


def jittered(arrays: Sequence[Any], dtype: Any, rng: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
    """Float64 copies with every entry multiplied by 1 +- a, then the same signs with 1 +- a / 16; see `spread`."""
    copies = []
    for _ in range(JITTERS):
        signs = [rng.choice((-1.0, 1.0), np.shape(x)) for x in arrays]
        for amplitude in (_amplitude(dtype), _amplitude(dtype) / _FINER):
            copies.append(
                tuple(np.asarray(x, np.float64) * (1 + amplitude * s) for x, s in zip(arrays, signs, strict=True))
            )
    return copies


def spread(base: np.ndarray, copies: np.ndarray, dtype: Any) -> np.ndarray:
    """How far `base` moves when its inputs move by one rounding of `dtype`, from the values at `jittered` inputs.

    A move that does not shrink with the amplitude is a jump (a tie or a threshold was crossed), not conditioning, and
    does not count; nor does a copy that left the function's domain.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        wide, fine = np.abs(copies[0::2] - base), np.abs(copies[1::2] - base)
        smooth = np.isfinite(wide) & (fine <= wide / 4)
    moved = np.where(smooth, wide, 0.0).max(axis=0)
    return moved * (_precision.unit_roundoff(dtype) / _amplitude(dtype))


def jumps(base: np.ndarray, copies: np.ndarray) -> np.ndarray:
    """At which items (along axis 0) some entry moves as far for the fine amplitude as for the wide: a jump is near.

    Moves below 2^-20 of the item's largest entry may be the witness's own rounding.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        wide, fine = np.abs(copies[0::2] - base), np.abs(copies[1::2] - base)
        size = np.abs(base).reshape(len(base), -1).max(axis=1, initial=0.0).reshape(-1, *[1] * (base.ndim - 1))
        jumped = (fine > wide / 4) & (fine > 2.0**-20 * size)
    return np.asarray(jumped.any(axis=0).reshape(len(base), -1).any(axis=1))


def _amplitude(dtype: Any) -> float:
    """One rounding of `dtype`, but at least 2^-36: float64 arithmetic must resolve a sixteenth of the move."""
    return max(_precision.unit_roundoff(dtype), 2.0**-36)


def roundings(jaxpr: Any) -> int:
    """How many roundings can pile up on one entry of a program's result: its longest sum and its chain of equations.

    The chain is bounded by the number of equations, whatever the size of the arrays.
    """
    return longest_sum(jaxpr) + sum(1 for _ in equations(jaxpr))


def longest_sum(jaxpr: Any) -> int:
    """The number of terms in the longest sum of a program: contractions, convolutions, reductions, scans."""
    longest = 1
    for eqn in equations(jaxpr):
        longest = max(longest, terms(eqn))
    return longest


def terms(eqn: Any) -> int:
    """The number of terms that one equation sums per output entry (1 for anything that does not sum)."""
    name = eqn.primitive.name
    if name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        return math.prod(eqn.invars[0].aval.shape[axis] for axis in contracted)
    if name == "conv_general_dilated":
        kernel = eqn.invars[1].aval.shape
        return math.prod(kernel) // max(1, kernel[eqn.params["dimension_numbers"].rhs_spec[0]])
    if name in ("reduce_sum", "reduce_window_sum", "cumsum", "reduce_window", "scatter-add", "reduce_prod", "cumprod"):
        return max(1, eqn.invars[0].aval.shape[eqn.params["axis"]] if name.startswith("c") else _reduced(eqn))
    if name == "scan":
        return int(eqn.params["length"])
    return 1


def _reduced(eqn: Any) -> int:
    if "window_dimensions" in eqn.params:
        return math.prod(eqn.params["window_dimensions"])
    if eqn.primitive.name == "scatter-add":
        updates, window = eqn.invars[2].aval.shape, eqn.params["dimension_numbers"].update_window_dims
        return max(1, math.prod(n for axis, n in enumerate(updates) if axis not in window))  # all may hit one entry
    return eqn.invars[0].aval.size // max(1, eqn.outvars[0].aval.size)
