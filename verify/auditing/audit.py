"""`audit`: every custom rule inside a program is checked at the values that really arrive there."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from verify import problem
from verify.auditing import arguments, behaviours, replay
from verify.auditing.capture import Arrival, Captured, capture
from verify.auditing.examined import examine
from verify.auditing.groups import Group, groups
from verify.auditing.shares import shares
from verify.observers import announced
from verify.report import AuditedRule, Finding, Report

DEFAULT_BUDGET = 300.0  # seconds: a program may hold many rules, of half a second to two each


@announced
def audit(
    fun: Callable[..., Any],
    *args: Any,
    allow: Mapping[str, str] | None = None,
    budget: float | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
) -> Report:
    """Check every `custom_jvp` and `custom_vjp` that runs in `fun(*args)`, at the values that arrive there.

    The program is traced and run once, with the arguments of every rule as extra outputs: through jit, vmap, scan,
    while, cond (both branches), remat, shard_map, linear solves and rules inside rules. Each rule is then held against
    its primal without the rule, and against numerical differences, in float64. Equal rules at equal shapes are checked
    once, at all their values.

    Args:
        fun: the program, a loss say, called as `fun(*args)`; it must work under `jax.jit`.
        *args: its arguments, any trees; Flax and Equinox modules among them.
        allow: by the name of a rule, "straight-through" or "clipped" where it differs from its primal on purpose; it
            is held to that behaviour instead.
        budget: seconds (default 300) after which no further rule is begun; those left out are listed in the notes.
        folder: where the values that arrived at a rule that fails are kept, one `.npz` file per
            failure; it is made only when there is one.
        seed: of all random cotangents and moves.

    Returns:
        A `Report`: its findings say in `where` by which path one comes to the rule, `rules` is the census of all rules
        with the share of the gradient that flows through each, and `notes` list whatever may hide one.

    Raises:
        TypeError, ValueError: the program or an option cannot be used; the message says why.
    """
    return audit_imported(fun, args, allow=allow, budget=budget, folder=folder, seed=seed)


def audit_imported(
    fun: Callable[..., Any],
    args: Sequence[Any],
    *,
    allow: Mapping[str, str] | None,
    budget: float | None,
    folder: str | Path | None,
    seed: int,
    imports: Sequence[str] = (),
) -> Report:
    """`audit` for those who know where the program comes from: `imports` are lines that make `fun` and `args` again."""
    started = time.monotonic()
    if not callable(fun):
        raise TypeError(f"`fun` must be callable; got {type(fun).__name__}.")
    if budget is not None and not budget > 0:
        raise ValueError(f"`budget` must be a positive number of seconds; got {budget}.")
    captured = capture(*arguments.dynamic(fun, args))
    parts, notes = groups(captured)
    allowed = _allowed(allow or {}, parts)
    deadline = started + (DEFAULT_BUDGET if budget is None else budget)
    kept = _Kept(tuple(imports) or replay.imports(fun), None if folder is None else Path(folder))
    found: list[tuple[str, Finding]] = []
    verdicts: list[str] = []
    for group in parts:
        if not group.arrivals or time.monotonic() > deadline:
            verdicts.append("nothing to check" if not group.arrivals else "left out for lack of time")
            if group.arrivals:
                notes.append(f"left out for lack of time: {group.arrivals[0].told}")
            continue
        told, remarks = examine(group, allowed, seed)
        notes += remarks
        verdicts.append(_verdict(told, allowed.get(group.name)))
        found += [(kind, _located(finding, kind, group, k, kept)) for k, (kind, finding) in enumerate(told)]
    measured, reason = _shares(captured, parts) if time.monotonic() < deadline else ([None] * len(parts), _NO_TIME)
    notes += [*captured.notes, *([reason] if reason and parts else [])]
    failures, inconclusive, passed = (
        tuple(f for k, f in found if k == kind) for kind in ("failures", "inconclusive", "passed")
    )
    return Report(
        problem.describe(fun)[0],
        failures,
        inconclusive,
        passed,
        notes=tuple(dict.fromkeys(notes)),
        seconds=time.monotonic() - started,
        rules=tuple(_census(*row) for row in zip(parts, verdicts, measured, strict=True)),
    )


@dataclasses.dataclass(frozen=True)
class _Kept:
    """Lines that make the program and its arguments again, and the folder for what arrived at rules that fail."""

    imports: tuple[str, ...]
    folder: Path | None


_NO_TIME = "the share of the gradient was left out for lack of time"


def _allowed(allow: Mapping[str, str], parts: Sequence[Group]) -> Mapping[str, str]:
    names = sorted({group.name for group in parts})
    for name, behaviour in allow.items():
        if behaviour not in behaviours.NAMES:
            raise ValueError(f"`allow[{name!r}]` must be one of {', '.join(behaviours.NAMES)}; got {behaviour!r}.")
        if name not in names:
            raise ValueError(
                f"`allow` must name rules of this program ({', '.join(names) or 'it has none'}); got {name!r}."
            )
    return allow


def _verdict(told: Sequence[tuple[str, Finding]], declared: str | None) -> str:
    kinds = {kind for kind, _ in told}
    if "failures" in kinds:
        return "FAILED"
    held = "held" if declared is None else f"held as {declared}"
    return "inconclusive" if "inconclusive" in kinds else held


def _located(finding: Finding, kind: str, group: Group, number: int, kept: _Kept) -> Finding:
    """The finding with the path to the rule, and lines that run it again on what arrived there."""
    arrival = _arrival_of(finding, group)
    more = len(group.sites) - 1
    also = f", and {more} more place{'s' * (more > 1)} with the same rule" if more else ""
    changes: dict[str, Any] = {"where": arrival.told + also}
    if kind != "passed" and finding.example is not None:
        file = None
        if kind == "failures" and kept.folder is not None:
            file = replay.save(kept.folder, f"{group.name}-{number}", finding)
        changes["reproduce"] = replay.lines(kept.imports, arrival.site.address, finding, file)
    return dataclasses.replace(finding, **changes)


def _arrival_of(finding: Finding, group: Group) -> Arrival:
    """Where the finding's example arrived; the first place for what lies near it."""
    if finding.example is not None:
        for arrival in group.arrivals:
            pairs = zip(arrival.values, finding.example[0], strict=True)
            if all(_same(a, b) for a, b in pairs):
                return arrival
    return group.arrivals[0]


def _same(left: Any, right: Any) -> bool:
    if jax.dtypes.issubdtype(left.dtype, jax.dtypes.prng_key):
        left, right = jax.random.key_data(left), jax.random.key_data(right)
    return np.array_equal(np.asarray(left), np.asarray(right))


def _shares(captured: Captured, parts: Sequence[Group]) -> tuple[list[float | None], str | None]:
    gates = {site.address: k for k, group in enumerate(parts) for site in group.sites if not site.place.nested}
    return shares(captured, gates, len(parts))


def _census(group: Group, verdict: str, share: float | None) -> AuditedRule:
    site = group.sites[0]
    return AuditedRule(
        site.kind,
        group.name,
        site.line,
        tuple(s.place.told("…" * len(s.place.loops)) for s in group.sites),
        len(group.arrivals),
        verdict,
        share,
    )
