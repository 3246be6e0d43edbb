"""One whole check: the rule is put on trial at the example's shape and at others, until all laws or the time are done.

The most telling come first: agreement, then the other laws at the example's own shape, then other shapes.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from verify import diagnosis, extra_rank, items, laws, marks, shapes, stripping
from verify.domain import Domains
from verify.power import Power
from verify.problem import Arrays, Problem
from verify.report import Cell, Finding, Report
from verify.subject import BackwardSubject, RuleError, RuleSubject, first_line
from verify.trial import Subject, Trial
from verify.witness import AutodiffWitness, NumbersWitness

Witness = AutodiffWitness | NumbersWitness

DEFAULT_BUDGET = 60.0  # seconds; what it leaves out is listed in the report's notes

# what JAX raises when a traced value outlives its trace: the rule has kept it in a closure or a list
_LEAKS = (
    jax.errors.UnexpectedTracerError,
    jax.errors.TracerArrayConversionError,
)
_NO_STATE = "no value kept from an earlier call"
_EXAMPLE = "the example's shape"


@dataclasses.dataclass
class Examination:
    """What is checked, and what has been found so far.

    Attributes:
        base: the function at the example.
        make_subject: from the problem at a shape to what is on trial there.
        make_witness: likewise to what it is compared with.
        domains: one per array.
        budget: seconds after which nothing more is begun.
        seed: of all random points.
        stop_early: end with the first failure, undiagnosed.
    """

    base: Problem
    make_subject: Callable[[Problem], Subject]
    make_witness: Callable[[Problem], Witness]
    domains: Domains
    budget: float
    seed: int
    stop_early: bool = False
    found: list[tuple[str, Finding]] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    cells: list[Cell] = dataclasses.field(default_factory=list)
    power: list[Power] = dataclasses.field(default_factory=list)

    def report(self) -> Report:
        """Run the check."""
        started = time.monotonic()
        self._deadline = started + self.budget
        self._rng = np.random.default_rng(self.seed)
        self._conventions: set[str] = set()
        witness = self.make_witness(self.base)
        autodiff = witness if isinstance(witness, AutodiffWitness) else None
        if autodiff is not None and not autodiff.differentiable:
            told = "without its rule: numerical differences alone decide"
            self.notes.append(f"JAX cannot differentiate `{self.base.name}` {told}")
        self._marks = self._thresholds(autodiff)
        for label, floats, others in self._shapes(autodiff):
            if label != _EXAMPLE and self._late:
                self.notes.append(f"left out for lack of time: shapes with {label}")
                continue
            self._try(label, self.base.at(floats, others))
            if self.stop_early and _failed(self.found):
                break
        return Report(
            self.base.name,
            *_one_each(self.found),
            notes=tuple(dict.fromkeys(self.notes)),
            seconds=time.monotonic() - started,
            cells=_worst_of_each(self.cells),
            power=tuple(self.power),
        )

    @property
    def _late(self) -> bool:
        return time.monotonic() > self._deadline

    def _try(self, label: str, here: Problem) -> None:
        """Put the rule on trial at one shape, and diagnose what failed."""
        witness = self.make_witness(here)
        autodiff = witness if isinstance(witness, AutodiffWitness) else None
        subject = self.make_subject(here)
        telling = marks.of_integers(here, subject) if autodiff is not None else ()
        outputs = _output_structs(here, autodiff)
        lattice = functools.partial(items.lattice, here, outputs, self._marks, self.domains, indices=telling)

        def points(rng: np.random.Generator) -> list[items.Item]:
            return items.affordable(lattice(rng))[0]

        chosen, left_out = items.affordable(lattice(self._rng))
        if left_out:
            self.notes.append(_unaffordable(label, left_out))
        trial = Trial(
            subject,
            chosen,
            autodiff if autodiff is not None and autodiff.differentiable else None,
            witness,
            self._rng,
            brief=label != _EXAMPLE,
            conventions=self._conventions,
            domains=self.domains.floats,
        )
        if trial.iterative:  # far from the example it may never meet its condition, and nothing could stop it
            trial.items = [item for item in trial.items if item.ordinary]
            trial.notes.append("special points were left out: the primal has a loop that its data must stop")
        # Points at the edge of the range are tried on purpose, and comparisons treat what is not finite explicitly.
        with np.errstate(all="ignore"):
            if self._answers(trial, label):
                self._hold_to_laws(trial)
            if _failed(trial.findings) and not self.stop_early:
                fresh = functools.partial(points, np.random.default_rng(self.seed + 1))
                diagnosis.explain(trial, fresh, diagnosis.so_far(self.found) if trial.brief else None)
        if isinstance(trial.subject, BackwardSubject):
            self.notes += trial.subject.refusals[:1]
        self.found += trial.findings
        self.notes += trial.notes
        self.cells += trial.cells
        self.power += trial.power

    def _answers(self, trial: Trial, label: str) -> bool:
        """Whether the rule runs at this shape, at points that say something."""
        try:
            _ = trial.answers64 if trial.brief else trial.answers
            if trial.brief and trial.answers64 is None:
                _ = trial.answers
        except RuleError as error:
            _refused(trial, label, error)
            return False
        trial.silence_infinite_outputs()
        if not trial.valid.any():
            trial.left_open("agreement", None, f"the primal is finite at no point tried with {label}", trial.items[0])
            return False
        return True

    def _hold_to_laws(self, trial: Trial) -> None:
        left = [*laws.EVERYWHERE, *(() if trial.brief else laws.AT_THE_EXAMPLE)]
        while left:
            if left[0] not in laws.EVERYWHERE and self._late:
                trial.notes.append(f"left out for lack of time: {', '.join(map(laws.name, left))}")
                return
            law, item = left.pop(0), trial.items[0]
            try:
                law(trial)
            except _LEAKS as error:
                trial.failed("re-entrant", None, item, actual=first_line(error), expected=_NO_STATE)
            except RuleError as error:
                trial.failed(laws.name(law), None, item, actual=str(error), expected="it runs")
            if self.stop_early and _failed(trial.findings):
                return

    def _shapes(self, autodiff: AutodiffWitness | None) -> list[tuple[str, Arrays, Arrays]]:
        cases = [(_EXAMPLE, self.base.floats, self.base.others)]
        if autodiff is not None:
            movable = [d is None or d.vary_shape for d in self.domains.floats]
            others = zip(self.base.other_kinds, self.domains.others, strict=True)
            movable += [kind == "array" and (d is None or d.vary_shape) for kind, d in others]
            cases += shapes.variations(self.base, movable, self._rng)
        return cases

    def _thresholds(self, autodiff: AutodiffWitness | None) -> tuple[float, ...]:
        if autodiff is None:
            return ()
        program = jax.make_jaxpr(autodiff.call)(self.base.floats, self.base.others)
        hidden = stripping.opaque(program)
        if hidden:
            told = "could not be removed: autodiff may share them with the rule"
            self.notes.append(f"rules inside {', '.join(hidden)} {told}")
        return marks.of_floats(program, self.make_subject(self.base))


def _failed(found: Sequence[tuple[str, Finding]]) -> bool:
    return any(kind == "failures" for kind, _ in found)


def _unaffordable(label: str, left_out: Sequence[items.Item]) -> str:
    count, some = len(left_out), ", ".join(item.label for item in left_out[:3])
    return f"left out at {label}, which is large: {count} special points ({some}, ...); a smaller example has them all"


def _refused(trial: Trial, label: str, error: RuleError) -> None:
    """The rule raised: a failure at the example's own shape, elsewhere a limit that is told."""
    leak = None if trial.brief else _leak(trial)
    if leak is not None:
        trial.failed("re-entrant", None, trial.items[0], actual=leak, expected=_NO_STATE)
    elif label == extra_rank.EXTRA_RANK:  # refusing aloud what the primal accepts is a limit, not a wrong derivative
        trial.notes.append(f"the rule refuses {label}, which its primal accepts: {error}")
    elif trial.brief:
        reason = f"with {label} the rule raises, where its primal runs ({error}); Domain(vary_shape=False) rules it out"
        trial.left_open("structure", None, reason, trial.items[0])
    else:
        name = "the rule" if isinstance(trial.subject, RuleSubject) else "the backward pass"
        trial.failed("structure", None, trial.items[0], actual=str(error), expected=f"{name} runs")


def _leak(trial: Trial) -> str | None:
    """What JAX says of a value that the rule has kept from an earlier call, None if there is none."""
    if not trial.subject.traceable:
        return None
    item = trial.items[0]
    try:  # op by op: a compiled program takes what was kept for one input more
        trial.subject.cotangents(
            *(tuple(map(jax.numpy.asarray, a)) for a in (item.floats, item.others, item.cotangents))
        )
    except _LEAKS as error:
        return first_line(error)
    except Exception:  # what the rule raises has been told
        return None
    return None


def _output_structs(here: Problem, autodiff: AutodiffWitness | None) -> Any:
    if autodiff is not None:
        return here.outputs(here.floats, here.others)
    return [jax.ShapeDtypeStruct(np.shape(y), np.asarray(y).dtype) for y in here.call(here.floats, here.others)]


def _one_each(
    found: Sequence[tuple[str, Finding]],
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[Finding, ...]]:
    """Failures, inconclusive and passed findings, one per law and argument: the best example, or the widest margin."""
    groups: dict[tuple[str, str, str | None], list[Finding]] = {}
    for kind, finding in found:
        groups.setdefault((kind, finding.law, finding.argument), []).append(finding)
    failed = {(law, argument) for kind, law, argument in groups if kind == "failures"}
    chosen: dict[str, list[Finding]] = {"failures": [], "inconclusive": [], "passed": []}
    for (kind, law, argument), findings in groups.items():
        if kind == "failures":
            # a shape that is too small to tell faults apart shows less than a larger one
            chosen[kind].append(min(findings, key=lambda f: (f.diagnosis is None, _example_size(f))))
        elif (law, argument) not in failed:
            widest = max(findings, key=lambda f: f.ratio or 0.0)
            told = next((f.diagnosis for f in findings if f.diagnosis is not None), None)
            chosen[kind].append(dataclasses.replace(widest, diagnosis=widest.diagnosis or told))
    return tuple(chosen["failures"]), tuple(chosen["inconclusive"]), tuple(chosen["passed"])


def _example_size(finding: Finding) -> int:
    leaves = jax.tree.leaves(finding.example)
    return sum(np.size(leaf) for leaf in leaves) if leaves else 1 << 60


def _worst_of_each(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """One line per transformation: a failure where there is one, else the widest margin."""
    worst: dict[str, Cell] = {}
    for cell in cells:
        known = worst.setdefault(cell.name, cell)
        if (cell.verdict == "failed", cell.ratio or 0) > (known.verdict == "failed", known.ratio or 0):
            worst[cell.name] = cell
    return tuple(worst.values())
