"""One captured rule on trial, at the values that arrived and near them, under the laws that make sense there.

Shapes are the program's own and cannot vary, nor are values tried that never arrive: a rule inside a program may rely
on what comes before it. So the points are those captured and others one part in 2^6 away, with cotangents that are
random, zero, one-hot, small and large.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from verify import compare, diagnosis, items, problem
from verify.auditing import behaviours
from verify.auditing.groups import Group
from verify.domain import Domain, Domains
from verify.items import Item
from verify.laws import agreement, entries, forward_reverse, linear, numbers, primal, second_order
from verify.problem import Arrays, Problem
from verify.report import Finding
from verify.subject import RuleError, RuleSubject, first_line
from verify.trial import Trial
from verify.witness import AutodiffWitness

_NEAR = 2.0**-6
_MOST = 6  # arrivals that are tried, the first and the last among them
_LARGE = 2048  # entries of a point from which fewer are tried: running costs more than compiling there
_STRUCTURE, _REPEATABLE = "structure", "repeatable"


def examine(group: Group, allow: Mapping[str, str], seed: int) -> tuple[list[tuple[str, Finding]], list[str]]:
    """What the laws say of a rule: kinds and findings, and notes."""
    base = group.base()
    witness = AutodiffWitness(dataclasses.replace(base, fun=group.rule.primal), strip=False)
    rng = np.random.default_rng(seed)
    trial = Trial(
        RuleSubject(base),
        _items(group, base, rng),
        witness if witness.differentiable else None,
        witness,
        rng,
        domains=(None,) * len(base.floats),
    )
    declared = allow.get(group.name)
    with np.errstate(all="ignore"):
        if _runs(trial):
            _hold(trial, group.rule.site.kind, declared)
            behaviours.leave_open(trial)
            if any(kind == "failures" for kind, _ in trial.findings) and declared is None:
                if not behaviours.reclassified(trial, group.name):
                    fresh = lambda: _items(group, base, np.random.default_rng(seed + 1))  # noqa: E731
                    diagnosis.explain(trial, fresh, None)
                    behaviours.name_straight_through(trial)
    found = [(kind, behaviours.advised(finding, group.name, allow)) for kind, finding in _one_each(trial.findings)]
    # what was left out because another law had failed goes without saying, once for each rule
    notes = [note for note in trial.notes if "is wrong already" not in note]
    return found, [f"{group.rule.site.word}: {note}" for note in notes]


def _one_each(found: Sequence[tuple[str, Finding]]) -> list[tuple[str, Finding]]:
    """One finding per law and argument: the gravest, of equals the first."""
    graver = {kind: rank for rank, kind in enumerate(("failures", "inconclusive", "passed"))}
    kept: dict[tuple[str, str | None], tuple[str, Finding]] = {}
    for kind, finding in sorted(found, key=lambda pair: graver[pair[0]]):
        kept.setdefault((finding.law, finding.argument), (kind, finding))
    return list(kept.values())


def _items(group: Group, base: Problem, rng: np.random.Generator) -> list[Item]:
    outputs = base.outputs(base.floats, base.others)
    still = Domain(vary_shape=False, vary_values=False)
    domains = Domains((still,) * len(base.floats), (still,) * len(base.others))
    found = items.lattice(base, outputs, (), domains, rng)
    size = sum(np.size(x) for x in base.floats)
    chosen = _spread(group.arrivals, _MOST if size <= _LARGE else 2)
    points = [_leaves(base, arrival.values) for arrival in chosen]
    for k, (floats, others) in enumerate(points[1:]):
        found.append(Item(f"the example, arrival {k + 2}", floats, others, items.cotangent(rng, outputs)))
    for floats, others in points[:3] if size <= _LARGE else points[:1]:
        near = tuple(_moved(x, rng) for x in floats)
        found.append(Item("random values near those that arrived", near, others, items.cotangent(rng, outputs)))
    return found


def _spread(arrivals: Sequence[Any], most: int) -> list[Any]:
    picked = np.unique(np.linspace(0, len(arrivals) - 1, min(most, len(arrivals))).round().astype(int))
    return [arrivals[i] for i in picked]


def _leaves(base: Problem, values: Arrays) -> tuple[Arrays, Arrays]:
    """Values as the problem holds them: floats, complex numbers in two parts, keys as their data."""
    made = problem.make(base.fun, values)
    return made.floats, made.others


def _moved(x: Any, rng: np.random.Generator) -> np.ndarray:
    """Every entry one part in 2^6 away at most, and within the range of those that arrived."""
    away = rng.uniform(-_NEAR, _NEAR, np.shape(x)) * np.asarray(x, np.float64)
    there = np.asarray(x, np.float64) + away
    low, high = np.min(x, initial=np.inf), np.max(x, initial=-np.inf)
    inside = (there >= float(low)) & (there <= float(high)) if np.size(x) > 1 else True
    return np.asarray(np.where(inside, there, np.asarray(x, np.float64) - away), x.dtype)


def _runs(trial: Trial) -> bool:
    try:
        _ = trial.answers
    except RuleError as error:
        trial.failed(_STRUCTURE, None, trial.items[0], actual=str(error), expected="the rule runs")
        return False
    trial.silence_infinite_outputs()
    if not trial.valid.any():
        trial.left_open(agreement.LAW, None, "the primal is finite at nothing that arrives there", trial.items[0])
        return False
    return True


def _hold(trial: Trial, kind: str, declared: str | None) -> None:
    against: list[Callable[[Trial], None]] = [agreement.check, entries.check, _structure, primal.check]
    if declared is None:
        laws = [*against, linear.check, numbers.check, _repeatable, second_order.check]
        # a custom_vjp has no forward mode of its own to be held against
        laws += [forward_reverse.check] if kind == "custom_jvp" else []
    else:
        laws = [_structure, primal.check, lambda t: behaviours.check(t, declared), _repeatable]
        laws += [linear.check] if declared != behaviours.CLIPPED else []
    for law in laws:
        try:
            law(trial)
        except (RuleError, jax.errors.JAXTypeError) as error:
            trial.failed(_STRUCTURE, None, trial.items[0], actual=first_line(error), expected="the rule runs")


def _structure(trial: Trial) -> None:
    """Every cotangent has the dtype of its argument (shapes JAX enforces itself)."""
    for path, x, g in zip(trial.problem.float_paths, trial.floats, trial.answers.cotangents, strict=True):
        if g.dtype == x.dtype and g.shape == x.shape:
            trial.passed(_STRUCTURE, path)
            continue
        actual, expected = (f"{a.dtype}{list(a.shape[1:])}" for a in (g, x))
        trial.failed(_STRUCTURE, path, trial.items[0], actual=actual, expected=expected)


def _repeatable(trial: Trial) -> None:
    """The same compiled rule gives the same cotangents again, bit for bit."""
    again = trial.subject.answers(trial.items).cotangents
    for leaf, path in enumerate(trial.problem.float_paths):
        entry = compare.worst(again[leaf], trial.answers.cotangents[leaf], 0.0, nan_equal=True)
        if not entry.holds:
            trial.failed(_REPEATABLE, path, trial.items[0], **entry.fields())
            return
    trial.passed(_REPEATABLE, None)
