"""Telling values of the arguments, read from the programs on trial: the primal's, and those of the rule itself.

A rule may decide where its primal does not: no gradient beyond 3, none for the index that once was padding.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from verify import indices, thresholds
from verify.outcome import Subject
from verify.problem import Problem


def of_floats(primal: Any, subject: Subject) -> tuple[float, ...]:
    """Constants that decisions depend on, those of the primal's jaxpr first."""
    rule, known = _program(subject), thresholds.all_of(primal)
    own = () if rule is None else [mark for mark in thresholds.all_of(rule) if mark not in known]
    return (*known[: thresholds.MOST], *own[: thresholds.MOST])


def of_integers(here: Problem, subject: Subject) -> tuple[tuple[int, ...], ...]:
    """For each array that is not differentiated: integers that the primal or the rule singles out, ascending.

    Of the rule's only those that the primal is sure to take: up to the largest that it names or the example holds.
    """
    integer = [
        kind == "array" and np.asarray(n).dtype.kind in "iu"
        for n, kind in zip(here.others, here.other_kinds, strict=True)
    ]
    if not any(integer):
        return ()
    first, count = len(here.floats), len(here.others)
    told = indices.telling(jax.make_jaxpr(here.call)(here.floats, here.others), first, count)
    rule = _program(subject)
    own = [()] * count if rule is None else indices.telling(rule, first, count)
    return tuple(
        _joined(values, more, np.asarray(n)) if whole else ()
        for values, more, n, whole in zip(told, own, here.others, integer, strict=True)
    )


def _joined(values: tuple[int, ...], more: tuple[int, ...], example: np.ndarray) -> tuple[int, ...]:
    ends = [int(end) for end in (example.min(), example.max())] if example.size else []
    known = (*values, *ends)
    return tuple(sorted({*values, *(n for n in more if known and min(known) <= n <= max(known))}))


def _program(subject: Subject) -> Any:
    """The jaxpr of the rule, None where JAX cannot trace it: what it raises is told where it is run."""
    here = subject.problem
    if not subject.traceable:
        return None
    try:
        outputs = here.outputs(here.floats, here.others)
        return jax.make_jaxpr(subject.cotangents)(here.floats, here.others, outputs)
    except Exception:
        return None
