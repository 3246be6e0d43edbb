"""Law: the forward pass of differentiation returns the primal's own value.

`jax.custom_vjp` runs `fwd` instead of the primal as soon as somebody differentiates: the two must compute the same.
"""

from __future__ import annotations

import numpy as np

from verify import _precision, compare, tolerance
from verify.trial import Trial

LAW = "primal unchanged"


def check(trial: Trial) -> None:
    """Compare outputs with and without differentiation, entry by entry, in the user's dtype."""
    u = _precision.unit_roundoff(trial.dtype)
    primal, forward = _precision.to_float64(trial.answers.primal), _precision.to_float64(trial.answers.forward)
    widest = compare.Entry()
    for leaf, (y, z) in enumerate(zip(primal, forward, strict=True)):
        for i in np.flatnonzero(trial.valid):
            spread = np.full(y[i].shape, u * float(np.abs(y[i]).max(initial=0.0)))
            entry = compare.worst(z[i], y[i], tolerance.bound(trial.dtype, y[i], spread, trial.length))
            if not entry.holds:
                trial.failed(LAW, f"output {leaf}", trial.items[i], **entry.fields())
                return
            widest = max(widest, entry)
    trial.passed(LAW, None, **widest.margin())
