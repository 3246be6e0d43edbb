"""`check_jacobian`: a claimed Jacobian, row by row, against the witnesses that `check_rule` asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from verify import problem
from verify.domain import per_leaf
from verify.jacobian.blocks import BlockError
from verify.jacobian.subject import JacobianSubject, traceable
from verify.jacobian.told import Teller
from verify.jacobian.trial import hold_to_laws, on_trial
from verify.observers import announced
from verify.problem import Problem
from verify.report import Diagnosis, Finding, Report
from verify.subject import RuleError
from verify.witness import AutodiffWitness, NumbersWitness


@announced
def check_jacobian(fun: Callable[..., Any], jacobian: Any, *args: Any, domain: Any = None, seed: int = 0) -> Report:
    """Check that `jacobian` is the Jacobian of `fun`, every entry of it.

    The witnesses are those of `check_rule`: autodiff of `fun` without custom rules, in float64, and numerical
    differences, which decide where the two differ; at a kink any generalised Jacobian is right. A wrong Jacobian is
    told by row and column, with what is wrong with it where that has a name (transposed, say).

    Args:
        fun: the function, called as `fun(*args)`; of JAX, or of NumPy, for which numbers are the only witness.
        jacobian: a function of the same arguments that returns the Jacobian, which is then looked at in other points
            too; or the Jacobian at `args`, as numbers. Its tree is that of `jax.jacobian` over the floating arguments:
            for one array by one array a single block, (*output shape, *argument shape) or a matrix of their sizes;
            dense, sparse (SciPy's, BCOO), or a SciPy `LinearOperator`.
        *args: one example of the arguments.
        domain: as for `check_rule`; shapes are not varied.
        seed: of all random points; equal seeds give equal reports.

    Returns:
        A `Report`. Up to a million entries every row is looked at; of a larger Jacobian some are, and random
        combinations of all.

    Raises:
        TypeError, ValueError: the example cannot be used; the message says which argument and why. An exception of
            `fun` itself at the example is raised unchanged.
    """
    began = time.monotonic()
    base = problem.make(fun, args)
    traced = _traceable(base)
    if not traced:
        base = problem.make(fun, args, keep_float64=True)
    structs = _outputs(base, traced)
    shapes = tuple(out.shape for out in structs)
    subject = JacobianSubject(base, jacobian, shapes, traced and traceable(base, jacobian, shapes))
    try:
        subject.blocks(base.floats, base.others)
    except BlockError as error:
        return _refused(base, error.argument, error.diagnosis, began)
    except Exception as error:  # the claimed function's own
        told = Diagnosis("raises", f"The Jacobian raises at the example: {type(error).__name__}: {error}")
        return _refused(base, None, told, began)
    witness = AutodiffWitness(base) if traced else NumbersWitness(base.call)
    with np.errstate(all="ignore"):  # points at the edge of the range are tried on purpose
        trial, every_row = on_trial(subject, witness, structs, per_leaf(base, domain, len(args)), seed)
        try:
            seen = hold_to_laws(trial)
        except RuleError as error:
            return _refused(base, None, Diagnosis("raises", f"The Jacobian raises at another point: {error}"), began)
        teller = Teller(trial, seen, shapes, every_row)
        found = [(kind, teller.finding(finding)) for kind, finding in trial.findings]
    if not every_row:
        trial.notes.append("the Jacobian is large: some of its rows were looked at, and random combinations of all")
    failures, left_open, passed = (
        _one_each([finding for k, finding in found if k == kind]) for kind in ("failures", "inconclusive", "passed")
    )
    notes, seconds = tuple(dict.fromkeys(trial.notes)), time.monotonic() - began
    return Report(base.name, failures, left_open, passed, notes, seconds)


def _traceable(base: Problem) -> bool:
    try:
        base.outputs(base.floats, base.others)
    except Exception:  # plain NumPy raises a tracer conversion error, other frameworks errors of their own
        return False
    return True


def _outputs(base: Problem, traced: bool) -> tuple[Any, ...]:
    """Shapes and dtypes of the floating outputs.

    Raises:
        TypeError: there are none, or arguments or outputs are complex.
        ValueError: they have no entries.
    """
    if traced:
        structs = base.outputs(base.floats, base.others)
    else:
        called = base.call(base.floats, base.others)
        structs = tuple(jax.ShapeDtypeStruct(np.shape(y), np.asarray(y).dtype) for y in called)
    if "complex" in base.kinds or any(base.complex_outputs):
        raise TypeError(f"`{base.name}` must have real arguments and outputs: take the real and imaginary parts apart.")
    if not structs:
        raise TypeError(f"`{base.name}` must return at least one floating-point array; got none.")
    if any(0 in out.shape for out in structs):
        raise ValueError(
            f"`{base.name}` must return at least one entry in every output; got {[o.shape for o in structs]}."
        )
    return structs


def _refused(base: Problem, argument: str | None, told: Diagnosis, began: float) -> Report:
    finding = Finding(
        "structure", argument, diagnosis=told, where=base.where, example=base.arguments(base.floats, base.others)
    )
    return Report(base.name, (finding,), seconds=time.monotonic() - began)


def _one_each(findings: list[Finding]) -> tuple[Finding, ...]:
    """One per law and argument: the first failure, the widest margin."""
    chosen: dict[tuple[str, str | None], Finding] = {}
    for finding in findings:
        known = chosen.setdefault((finding.law, finding.argument), finding)
        if (finding.ratio or 0.0) > (known.ratio or 0.0) and known.index is None:
            chosen[finding.law, finding.argument] = finding
    return tuple(chosen.values())
