"""Law: forward and reverse mode are transposes of each other, <w, J v> = <J^T w, v>.

A rule with a forward mode of its own (`custom_jvp`, plain functions) is held against itself, at kinks too: NaN that
shows in one mode only is found here. A `custom_vjp` has none; its cotangents are held against the forward mode of the
rule-free primal wherever that is differentiable.
"""

from __future__ import annotations

import jax
import numpy as np

from verify import _precision, compare, tolerance
from verify.batched import Batched
from verify.problem import Arrays
from verify.subject import RuleSubject
from verify.trial import Trial

LAW = "forward = reverse"
_NO_FORWARD_MODE = "can't apply forward-mode"


def check(trial: Trial) -> None:
    """Compare both sides in float64, along one random direction per item."""
    if trial.autodiff is None or trial.answers64 is None:
        return
    directions = tuple(
        trial.rng.choice((-1.0, 1.0), x.shape) * trial.rng.uniform(0.5, 1.0, x.shape) for x in trial.floats
    )
    own = _own_tangents(trial, directions)
    tangents = trial.autodiff.tangents(trial.floats, trial.others, directions) if own is None else own
    gradients, duals = _precision.to_float64(trial.answers64.cotangents), _precision.to_float64(trial.cotangents)
    u = _precision.unit_roundoff(trial.internal_precision or np.float64)
    finer = u / _precision.unit_roundoff(trial.dtype)
    widest = compare.Entry()
    for i in np.flatnonzero(trial.valid):
        if trial.mute(int(i), gradients):
            continue
        if own is None and (trial.jumps[i] or not _differentiable(trial, gradients, int(i))):
            continue
        if not any(np.isfinite(a[i]).all() for a in trial.witness):
            continue
        with np.errstate(invalid="ignore", over="ignore"):
            forward = [np.where(w[i] == 0, 0, w[i] * t[i]) for w, t in zip(duals, tangents, strict=True)]
            reverse = [g[i] * v[i] for g, v in zip(gradients, directions, strict=True)]
            shaken = [s[i] * v[i] for s, v in zip(trial.spread, directions, strict=True)]
            left, right = sum(float(t.sum()) for t in forward), sum(float(t.sum()) for t in reverse)
            size = sum(float(np.abs(t).sum()) for t in (*forward, *reverse))
            shake = finer * sum(float(np.abs(t).sum()) for t in shaken)
            # intermediates at the scale of the cotangents may cancel, as in the agreement law
            size += max(float(np.abs(w[i]).max(initial=0.0)) for w in duals)
        if not np.isfinite(left) and (own is None or not np.isfinite(right)):
            continue  # the witness overflows, or both modes say the same; whether they may is for agreement and numbers
        allowed = tolerance.LAMBDA * np.sqrt(trial.length) * (u * size + shake) + _precision.smallest_normal(
            trial.dtype
        )
        entry = compare.worst(np.asarray(right), np.asarray(left), allowed)
        if not entry.holds:  # large terms may have cancelled on the way
            allowed += tolerance.LAMBDA * np.sqrt(trial.length) * u * float(trial.largest_intermediate[i])
            entry = compare.worst(np.asarray(right), np.asarray(left), allowed)
        if not entry.holds:
            trial.failed(LAW, None, trial.items[i], **entry.fields())
            return
        widest = max(widest, entry)
    trial.passed(LAW, None, **widest.margin())


def _own_tangents(trial: Trial, directions: Arrays) -> Arrays | None:
    """Tangents by the rule's own forward mode, or None when it has none."""
    if not isinstance(trial.subject, RuleSubject):
        return None
    call = trial.problem.call

    def one(xs: Arrays, ns: Arrays, vs: Arrays) -> Arrays:
        return jax.jvp(lambda *x: call(x, ns), tuple(xs), tuple(vs))[1]

    try:
        return Batched(one, trial.entries, double=True)(_precision.to_float64(trial.floats), trial.others, directions)
    except TypeError as error:
        if _NO_FORWARD_MODE in str(error):
            return None
        raise


def _differentiable(trial: Trial, gradients: Arrays, i: int) -> bool:
    """Whether rule and autodiff agree at item i: elsewhere the agreement law speaks, and conventions may differ."""
    pairs = zip(gradients, trial.witness, trial.spread, strict=True)
    for g, expected, spread in pairs:
        finer = _precision.unit_roundoff(np.float64) / _precision.unit_roundoff(trial.dtype)
        allowed = tolerance.bound(np.float64, expected[i], finer * spread[i], trial.length)
        if not (np.abs(g[i] - expected[i]) <= allowed).all():
            return False
    return True
