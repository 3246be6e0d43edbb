"""`check_rule` and `check_backward`: what is on trial, and which witnesses there are; `examination` does the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from verify import _precision, problem
from verify.complexes import is_complex
from verify.domain import per_leaf
from verify.examination import DEFAULT_BUDGET, Examination
from verify.observers import announced
from verify.problem import Problem
from verify.report import Report
from verify.searching import grid
from verify.searching.configuration import Configurations
from verify.subject import BackwardSubject, RuleSubject
from verify.trial import Subject
from verify.witness import AutodiffWitness, NumbersWitness


@announced
def check_rule(
    fun: Callable[..., Any], *args: Any, domain: Any = None, budget: float | None = None, seed: int = 0
) -> Report:
    """Check the derivative rule of `fun` (a `custom_vjp`, a `custom_jvp`, or any function in doubt).

    `args` are an example: values, shapes and dtypes are varied from there. Floating arrays are differentiated; integer
    and boolean arrays are passed along; Python ints, strings and None are static, and so are numbers at the
    `nondiff_argnums` of `fun` itself.

    Args:
        fun: the function, called as `fun(*args)`; its outputs are any tree with at least one floating array.
        *args: one example of its arguments, any trees.
        domain: a `verify.Domain`, or a sequence of one (or None) per argument; or `verify.configurations(make, ...)`,
            and every rule that `make` makes is checked at the same example after `fun`.
        budget: seconds (default 60) after which no further law or shape is begun; agreement at the example's own shape
            always is. What was left out is listed in the report's notes.
        seed: of all random points; equal seeds give equal reports.

    Returns:
        A `Report`; `bool(report)` is False when a law failed.

    Raises:
        TypeError, ValueError: the example cannot be used; the message says which argument and why. An exception of
            `fun` itself at the example is raised unchanged.
    """
    if isinstance(domain, Configurations):
        return grid.check(check_rule, fun, args, domain, _seconds(budget), seed)
    return _rule(fun, args, domain, budget, seed).report()


def first_failure(fun: Callable[..., Any], *args: Any, domain: Any = None, seed: int = 0) -> Report:
    """`check_rule` for those who ask only whether: it stops at the first law that fails and diagnoses nothing.

    A rule that is right takes as long as with `check_rule`, and gets the same report.
    """
    return _rule(fun, args, domain, None, seed, stop_early=True).report()


@announced
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

    domains = per_leaf(base, domain, len(args))
    report = Examination(base, subject, witness, domains, _seconds(budget), seed).report()
    if not traced:
        note = f"JAX cannot trace `{base.name}`: numerical differences are the only witness"
        report = dataclasses.replace(report, notes=(*report.notes, note))
    return report


def _rule(
    fun: Callable[..., Any],
    args: Sequence[Any],
    domain: Any,
    budget: float | None,
    seed: int,
    stop_early: bool = False,
) -> Examination:
    base = problem.make(fun, args)
    _outputs(base)
    domains = per_leaf(base, domain, len(args))
    return Examination(base, RuleSubject, AutodiffWitness, domains, _seconds(budget), seed, stop_early)


def _seconds(budget: float | None) -> float:
    if budget is not None and not budget > 0:
        raise ValueError(f"`budget` must be a positive number of seconds; got {budget}.")
    return DEFAULT_BUDGET if budget is None else budget


def _outputs(base: Problem) -> None:
    """Raise early when `fun` does not work at the example or returns nothing to differentiate."""
    try:
        outputs = base.outputs(base.floats, base.others)
    except jax.errors.UnexpectedTracerError as error:
        if "nondiff_argnums" not in str(error):
            raise
        raise TypeError(
            f"`{base.name}` hands an array, or a number that is varied, to a rule that has it in its "
            "`nondiff_argnums`: close over its value, so that it is no example."
        ) from error
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
