"""`check_rule` and `check_backward`: the only composition of problem, items, witnesses and laws."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from verify import _precision, diagnosis, indices, items, laws, problem, shapes, stripping, thresholds
from verify.complexes import is_complex
from verify.domain import per_leaf
from verify.power import Power
from verify.problem import Problem
from verify.report import Cell, Finding, Report
from verify.searching import grid
from verify.searching.configuration import Configurations
from verify.subject import BackwardSubject, RuleError, RuleSubject, first_line
from verify.trial import Subject, Trial
from verify.witness import AutodiffWitness, NumbersWitness

# what JAX raises when a traced value outlives its trace: the rule has kept it in a closure or a list
_LEAKS = (
    jax.errors.UnexpectedTracerError,
    jax.errors.TracerArrayConversionError,
)
DEFAULT_BUDGET = 30.0  # seconds; what it leaves out is listed in the report's notes


def check_rule(
    fun: Callable[..., Any], *args: Any, domain: Any = None, budget: float | None = None, seed: int = 0
) -> Report:
    """Check the derivative rule of `fun` (a `custom_vjp`, a `custom_jvp`, or any function in doubt).

    `args` are an example: values, shapes and dtypes are varied from there. Floating arrays are differentiated; integer
    and boolean arrays are passed along; Python ints, strings and None are static.

    Args:
        fun: the function, called as `fun(*args)`; its outputs are any tree with at least one floating array.
        *args: one example of its arguments, any trees.
        domain: a `verify.Domain`, or a sequence of one (or None) per argument; or `verify.configurations(make, ...)`,
            and every rule that `make` makes is checked at the same example after `fun`.
        budget: seconds after which no further shape is begun (default 30); the example's own shape is always finished.
        seed: of all random points; equal seeds give equal reports.

    Returns:
        A `Report`; `bool(report)` is False when a law failed.

    Raises:
        TypeError, ValueError: the example cannot be used; the message says which argument and why. An exception of
            `fun` itself at the example is raised unchanged.
    """
    if isinstance(domain, Configurations):
        return grid.check(check_rule, fun, args, domain, budget or DEFAULT_BUDGET, seed)
    started = time.monotonic()
    base = problem.make(fun, args)
    _outputs(base)
    return _check(base, lambda p: RuleSubject(p), lambda p: AutodiffWitness(p), args, domain, budget, seed, started)


def first_failure(fun: Callable[..., Any], *args: Any, domain: Any = None, seed: int = 0) -> Report:
    """`check_rule` for those who ask only whether: it stops at the first law that fails and diagnoses nothing.

    A rule that is right takes as long as with `check_rule`, and gets the same report.
    """
    started = time.monotonic()
    base = problem.make(fun, args)
    _outputs(base)
    parts = (lambda p: RuleSubject(p), lambda p: AutodiffWitness(p))
    return _check(base, *parts, args, domain, None, seed, started, stop_early=True)


def check_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *args: Any,
    domain: Any = None,
    budget: float | None = None,
    seed: int = 0,
) -> Report:
    """Check a hand-written backward pass: `backward(*args, cotangent) -> cotangents`, one per argument.

    Both functions may be plain NumPy (or anything that takes and returns arrays). Where JAX can trace the forward pass
    its autodiff is the witness, elsewhere numerical differences alone are. Cotangents of integer arguments are ignored
    and may be None.

    Args:
        forward: `forward(*args) -> outputs`, a tree of floating arrays.
        backward: takes the same arguments and a cotangent with the tree of the outputs.
        *args: one example of the arguments.
        domain: as for `check_rule`.
        budget: as for `check_rule`.
        seed: as for `check_rule`.

    Raises:
        TypeError, ValueError: the example cannot be used; the message says which argument and why.
    """
    started = time.monotonic()
    for name, given in (("forward", forward), ("backward", backward)):
        if not callable(given):
            raise TypeError(f"`{name}` must be callable; got {type(given).__name__}.")
    base = problem.make(forward, args)
    traced = _traceable(base)
    if not traced and not _answers_in_jax(forward, backward, args):
        base = problem.make(forward, args, keep_float64=True)
    out = forward(*base.arguments(base.floats, base.others))
    treedef = jax.tree.structure(out)
    leaves = jax.tree.leaves(out)
    if not leaves or not all(hasattr(y, "dtype") and (_precision.is_float(y) or is_complex(y)) for y in leaves):
        raise TypeError(
            f"`{base.name}` must return floating-point arrays only; got {[problem.leaf_type(y) for y in leaves]}."
        )

    def subject(p: Problem) -> Subject:
        made = BackwardSubject(p, backward, treedef, traceable=False)
        made.traceable = traced and _pulls_under_tracing(made)
        return made

    def witness(p: Problem) -> AutodiffWitness | NumbersWitness:
        return AutodiffWitness(p, strip=False) if traced else NumbersWitness(p.call)

    report = _check(base, subject, witness, args, domain, budget, seed, started)
    if not traced:
        note = f"JAX cannot trace `{base.name}`: numerical differences are the only witness"
        report = dataclasses.replace(report, notes=(*report.notes, note))
    return report


def _check(
    base: Problem,
    make_subject: Callable[[Problem], Subject],
    make_witness: Callable[[Problem], AutodiffWitness | NumbersWitness],
    args: Sequence[Any],
    domain: Any,
    budget: float | None,
    seed: int,
    started: float,
    stop_early: bool = False,
) -> Report:
    if budget is not None and not budget > 0:
        raise ValueError(f"`budget` must be a positive number of seconds; got {budget}.")
    domains = per_leaf(base, domain, len(args))
    rng = np.random.default_rng(seed)
    found: list[tuple[str, Finding]] = []
    notes: list[str] = []
    conventions: set[str] = set()
    cells: list[Cell] = []
    powers: list[Power] = []
    witness = make_witness(base)
    autodiff = witness if isinstance(witness, AutodiffWitness) else None
    if autodiff is not None and not autodiff.differentiable:
        notes.append(f"JAX cannot differentiate `{base.name}` without its rule: numerical differences alone decide")
    marks = _marks(base, autodiff, notes)
    for label, floats, others, everything in _shapes(base, autodiff, domains, rng):
        if not everything and time.monotonic() - started > (budget or DEFAULT_BUDGET):
            notes.append(f"left out for lack of time: shapes with {label}")
            continue
        here = base.at(floats, others)
        outputs = _output_structs(here, autodiff)
        here_witness = make_witness(here)
        points = functools.partial(
            items.lattice, here, outputs, marks, domains, indices=_telling_indices(here) if autodiff else ()
        )
        trial = Trial(
            make_subject(here),
            points(rng),
            here_witness if isinstance(here_witness, AutodiffWitness) and here_witness.differentiable else None,
            here_witness,
            rng,
            brief=not everything,
            conventions=conventions,
            domains=domains,
        )
        # Points at the edge of the range are tried on purpose, and comparisons treat what is not finite explicitly.
        with np.errstate(all="ignore"):
            _run(trial, everything, label, stop_early)
            if stop_early and any(kind == "failures" for kind, _ in trial.findings):
                found += trial.findings
                break
            if any(kind == "failures" for kind, _ in trial.findings):
                fresh = functools.partial(points, np.random.default_rng(seed + 1))
                diagnosis.explain(trial, fresh, None if everything else diagnosis.so_far(found))
        if isinstance(trial.subject, BackwardSubject):
            notes += trial.subject.refusals[:1]
        found += trial.findings
        notes += trial.notes
        cells += trial.cells
        powers += trial.power
    told = _report(base, found, notes, time.monotonic() - started)
    return dataclasses.replace(told, cells=_one_each(cells), power=tuple(powers))


def _run(trial: Trial, everything: bool, label: str, stop_early: bool) -> None:
    try:
        _ = trial.answers64 if trial.brief else trial.answers
        if trial.brief and trial.answers64 is None:
            _ = trial.answers
    except RuleError as error:
        if label == shapes.EXTRA_RANK:  # refusing aloud what the primal accepts is a limit, not a wrong derivative
            trial.notes.append(f"the rule refuses {label}, which its primal accepts: {error}")
            return
        if not everything:
            reason = (
                f"with {label} the rule raises, where its primal runs ({error}); Domain(vary_shape=False) rules it out"
            )
            trial.left_open("structure", None, reason, trial.items[0])
            return
        name = "the rule" if isinstance(trial.subject, RuleSubject) else "the backward pass"
        trial.failed("structure", None, trial.items[0], actual=str(error), expected=f"{name} runs")
        return
    trial.silence_infinite_outputs()
    if not trial.valid.any():
        trial.left_open("agreement", None, f"the primal is finite at no point tried with {label}", trial.items[0])
        return
    for law in (*laws.EVERYWHERE, *(laws.AT_THE_EXAMPLE if everything else ())):
        try:
            law(trial)
        except _LEAKS as error:
            told = first_line(error)
            trial.failed("re-entrant", None, trial.items[0], actual=told, expected="no value kept from an earlier call")
        except RuleError as error:
            trial.failed(law.__module__.rsplit(".", 1)[-1], None, trial.items[0], actual=str(error), expected="it runs")
        if stop_early and any(kind == "failures" for kind, _ in trial.findings):
            return


def _shapes(base: Problem, autodiff: Any, domains: Sequence[Any], rng: np.random.Generator) -> list[Any]:
    cases = [("the example's shape", base.floats, base.others, True)]
    if autodiff is not None:
        movable = [d is None or d.vary_shape for d in domains] + [kind == "array" for kind in base.other_kinds]
        cases += [(*case, False) for case in shapes.variations(base, movable, rng)]
    return cases


def _marks(base: Problem, autodiff: AutodiffWitness | None, notes: list[str]) -> tuple[float, ...]:
    if autodiff is None:
        return ()
    program = jax.make_jaxpr(autodiff.call)(base.floats, base.others)
    hidden = stripping.opaque(program)
    if hidden:
        notes.append(f"rules inside {', '.join(hidden)} could not be removed: autodiff may share them with the rule")
    return thresholds.find(program)


def _telling_indices(here: Problem) -> tuple[tuple[int, ...], ...]:
    integers = [
        kind == "array" and np.asarray(n).dtype.kind in "iu"
        for n, kind in zip(here.others, here.other_kinds, strict=True)
    ]
    if not any(integers):
        return ()
    program = jax.make_jaxpr(here.call)(here.floats, here.others)
    found = indices.telling(program, len(here.floats), len(here.others))
    return tuple(values if integer else () for values, integer in zip(found, integers, strict=True))


def _outputs(base: Problem) -> None:
    """Raise early when `fun` does not work at the example or returns nothing to differentiate."""
    try:
        outputs = base.outputs(base.floats, base.others)
    except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
        raise TypeError(
            f"JAX cannot trace `{base.name}` ({type(error).__name__}): it must work under jax.jit; "
            "for plain NumPy use verify.check_backward, and close over values that must be known in Python."
        ) from error
    if not outputs:
        raise TypeError(f"`{base.name}` must return at least one floating-point array; got none.")
    empty = [out.shape for out in outputs if 0 in out.shape]
    if len(empty) == len(outputs):
        raise ValueError(f"`{base.name}` returns no entries at this example (shape {empty[0]}): pass a larger one.")


def _output_structs(here: Problem, autodiff: AutodiffWitness | None) -> Any:
    if autodiff is not None:
        return here.outputs(here.floats, here.others)
    return [jax.ShapeDtypeStruct(np.shape(y), np.asarray(y).dtype) for y in here.call(here.floats, here.others)]


def _answers_in_jax(forward: Callable[..., Any], backward: Callable[..., Any], args: Sequence[Any]) -> bool:
    """Whether the backward pass returns JAX arrays, which are float32 unless x64 is on, whatever goes in."""
    out = forward(*args)
    try:
        returned = backward(*args, jax.tree.map(np.ones_like, out))
    except Exception:  # called again later, where an error becomes a finding
        return False
    return any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(returned))


def _traceable(base: Problem) -> bool:
    try:
        base.outputs(base.floats, base.others)
    except Exception:  # plain NumPy raises a tracer conversion error, other frameworks errors of their own
        return False
    return True


def _pulls_under_tracing(subject: BackwardSubject) -> bool:
    base = subject.problem
    try:
        jax.eval_shape(subject.pull, base.floats, base.others, base.outputs(base.floats, base.others))
    except Exception:  # the same functions are then called eagerly, where a real error becomes a finding
        return False
    return True


def _report(base: Problem, found: list[tuple[str, Finding]], notes: list[str], seconds: float) -> Report:
    """One finding per law and argument: the smallest failing example, or the widest margin and any diagnosis."""
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
    return Report(
        base.name,
        tuple(chosen["failures"]),
        tuple(chosen["inconclusive"]),
        tuple(chosen["passed"]),
        tuple(dict.fromkeys(notes)),
        seconds,
    )


def _one_each(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """One line per transformation: a failure where there is one, else the widest margin."""
    worst: dict[str, Cell] = {}
    for cell in cells:
        known = worst.setdefault(cell.name, cell)
        if (cell.verdict == "failed", cell.ratio or 0) > (known.verdict == "failed", known.ratio or 0):
            worst[cell.name] = cell
    return tuple(worst.values())


def _example_size(finding: Finding) -> int:
    leaves = jax.tree.leaves(finding.example)
    return sum(np.size(leaf) for leaf in leaves) if leaves else 1 << 60
