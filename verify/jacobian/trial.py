"""The trial of a Jacobian: its items, and the laws that it is held to."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import jax
import numpy as np

from verify import _precision, comparison, thresholds
from verify.arbitration import wrong_leaves
from verify.comparison import Comparison
from verify.domain import Domains
from verify.jacobian import points
from verify.jacobian.subject import JacobianSubject
from verify.laws import agreement, entries, numbers
from verify.trial import Trial
from verify.witness import AutodiffWitness, NumbersWitness


def on_trial(
    subject: JacobianSubject,
    witness: AutodiffWitness | NumbersWitness,
    structs: tuple[Any, ...],
    domains: Domains,
    seed: int,
) -> tuple[Trial, bool]:
    """The trial, and whether every row is looked at."""
    base, rng = subject.problem, np.random.default_rng(seed)
    autodiff = witness if isinstance(witness, AutodiffWitness) and witness.differentiable else None
    inputs = sum(np.size(x) for x in base.floats)
    rows = points.rows(structs, inputs, rng)
    looked = points.units(points.EXAMPLE, base.floats, base.others, structs, rows)
    if subject.fixed:
        random = points.at_the_example(base, structs, rng)
    else:
        marks = () if autodiff is None else thresholds.find(jax.make_jaxpr(autodiff.call)(base.floats, base.others))
        random = points.mixed(base, structs, marks, domains, rng)
        other = points.elsewhere(base, domains, rng)
        if other is not None:
            looked += points.units(points.ELSEWHERE, other, base.others, structs, rows)
    # numbers look at a few items only: those that combine all rows come first there
    chosen = [*looked, *random] if autodiff is not None else [*random, *looked]
    trial = Trial(subject, chosen, autodiff, witness, rng, domains=domains.floats)
    return trial, len(rows) == sum(math.prod(out.shape) for out in structs)


def hold_to_laws(trial: Trial) -> Comparison | None:
    """Rows against autodiff (or numbers, where there is none), then slopes against numbers."""
    _ = trial.answers
    trial.silence_infinite_outputs()
    if not trial.valid.any():
        trial.left_open(agreement.LAW, None, "the function is finite at no point tried", trial.items[0])
        return None
    if trial.autodiff is None:
        seen = None
        entries.check(trial)
        told = "without autodiff of it numerical differences are the only witness"
        trial.notes[:] = [f"`{trial.problem.name}`: {told}", *(n for n in trial.notes if "numbers at" in n)]
    else:
        seen = _agreement(trial)
    slopes = dataclasses.replace(trial, items=[i for i in trial.items if points.row_of(i) is None], notes=[])
    slopes.findings = trial.findings
    numbers.check(slopes)
    return seen


def _agreement(trial: Trial) -> Comparison:
    """Compare in float64, as the code says it, then in the user's dtype, optimised; return the latter."""
    wrong: set[int] = set()
    if trial.answers64 is not None:
        narrow = trial.internal_precision  # where either function casts down inside, what they really compute in
        real = np.dtype(np.float64) if narrow is None else max((narrow, trial.dtype), key=_precision.unit_roundoff)
        wide = comparison.with_witness(trial, trial.answers64.cotangents, real)
        wrong = wrong_leaves(trial, agreement.LAW, wide, set())
    seen = comparison.with_witness(trial, trial.answers.cotangents, trial.dtype)
    if trial.answers64 is not None:
        seen = comparison.beside_peer(trial, seen)
    wrong |= wrong_leaves(trial, agreement.LAW, seen, wrong)
    for leaf, path in enumerate(trial.problem.float_paths):
        if leaf not in wrong:
            settled = np.where(seen.ratios[leaf] <= 1, seen.ratios[leaf], 0.0)
            at = np.unravel_index(int(np.argmax(settled)), settled.shape)
            allowed = float(seen.allowed[leaf][at])
            trial.passed(agreement.LAW, path, error=float(settled[at]) * allowed, tolerance=allowed)
    return seen
