"""What a mutation operator is: from an equation to the wrong ways of evaluating it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from verify import _precision, interpreter

Evaluate = Callable[[Any, list[Any]], list[Any]]  # equation and operands -> results
Edit = tuple[str, Evaluate]  # what is done, in a few words, and how


@dataclasses.dataclass(frozen=True)
class Operator:
    """A kind of mistake.

    Attributes:
        name: what the table calls it.
        sentence: the mistake that a person makes.
        edits: the ways in which one equation can suffer it; none where it does not apply. An edit is evaluated on the
            equation found at the shapes of the call, so it reads parameters from there.
    """

    name: str
    sentence: str
    edits: Callable[[Any], Iterator[Edit]]


def is_float(eqn: Any) -> bool:
    """Whether the equation has one result, a floating-point array with at least one entry."""
    avals = [var.aval for var in eqn.outvars]
    return len(avals) == 1 and hasattr(avals[0], "dtype") and _precision.is_float(avals[0]) and avals[0].size > 0


def on_result(change: Callable[[Any], Any]) -> Evaluate:
    """Evaluate as it stands and change the result."""
    return lambda eqn, values: [change(*interpreter.bind(eqn, values))]


def with_params(change: Callable[[Any], dict[str, Any]]) -> Evaluate:
    """Evaluate with other parameters: `change(eqn)` returns those that differ."""
    return lambda eqn, values: interpreter.bind(eqn, values, {**eqn.params, **change(eqn)})


def in_place_of(function: Callable[..., Any]) -> Evaluate:
    """Evaluate another function of the same operands."""
    return lambda eqn, values: [function(*values)]
