"""What is on trial: a JAX function with its rule, or a forward and backward pass from any framework.

Both answer the same two questions, for stacks of items: what are the outputs (with and without differentiation), and
which cotangents come back? Errors raised by the rule itself become `RuleError`, a finding and not a crash.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import jax
import numpy as np

from verify import _precision, complexes
from verify.batched import Batched
from verify.items import Item, stack
from verify.problem import Arrays, Problem, argument_names
from verify.witness import like


class RuleError(Exception):
    """The rule under test raised, or returned cotangents of the wrong structure; the text says what."""


class Answers(NamedTuple):
    """Stacked over items: outputs of the primal, outputs of the forward pass, cotangents of the float inputs."""

    primal: Arrays
    forward: Arrays
    cotangents: Arrays


class RuleSubject:
    """A JAX function whose derivative rule is in question."""

    traceable = True

    def __init__(self, problem: Problem, *, quick: bool | None = None) -> None:
        """Nothing is traced or compiled before the first question; for `quick` see `Batched`."""
        self.problem = problem
        self._quick = quick
        self._entries = sum(np.size(x) for x in problem.floats)

    @cached_property
    def _single(self) -> Batched:
        return Batched(self.one, self._entries, double=False, quick=self._quick)

    @cached_property
    def _double(self) -> Batched:
        return Batched(self.one, self._entries, double=True)

    def one(self, xs: Arrays, ns: Arrays, ws: Arrays) -> Answers:
        """One item, traceable: the primal on its own, then forward and backward."""
        primal = self.problem.call(xs, ns)
        forward, pullback = jax.vjp(lambda *x: self.problem.call(x, ns), *xs)
        return Answers(primal, forward, pullback(like(ws, forward)))

    def cotangents(self, xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        """Those of one item alone: the primal on its own is not even traced."""
        forward, pullback = jax.vjp(lambda *x: self.problem.call(x, ns), *xs)
        return pullback(like(ws, forward))

    def answers(self, items: list[Item], *, double: bool = False) -> Answers:
        """All items in one compiled loop, in the user's dtype or in float64.

        Raises:
            RuleError: tracing or running the rule failed.
        """
        return _run(self._double if double else self._single, items, double)


class BackwardSubject:
    """`forward(*args)` and `backward(*args, cotangent)` from any framework, called eagerly with NumPy arrays."""

    def __init__(self, problem: Problem, backward: Callable[..., Any], out_treedef: Any, traceable: bool) -> None:
        """`problem` wraps the forward pass; `out_treedef` is the tree of its output, all of it floating."""
        self.problem = problem
        self.backward = backward
        self.traceable = traceable
        self.refusals: list[str] = []  # where the forward pass raised: those points do not count
        self._out_treedef = out_treedef
        self._entries = sum(np.size(x) for x in problem.floats)

    @cached_property
    def _single(self) -> Batched:
        return Batched(self.one, self._entries, double=False)

    @cached_property
    def _double(self) -> Batched:
        return Batched(self.one, self._entries, double=True)

    def one(self, xs: Arrays, ns: Arrays, ws: Arrays) -> Answers:
        """One item: the forward pass (there is no second one to compare with), then the backward pass."""
        outputs = self.problem.call(xs, ns)
        return Answers(outputs, outputs, self.pull(xs, ns, like(ws, outputs)))

    def cotangents(self, xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        """Those of one item alone."""
        return self.one(xs, ns, ws).cotangents

    def pull(self, xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        """The cotangents of the float leaves, after checking how many there are and of what shape.

        Raises:
            RuleError: one cotangent per argument is missing or superfluous, or a tree or shape differs.
        """
        arguments = self.problem.arguments(xs, ns)
        joined = complexes.joined_cotangents(ws, self.problem.complex_outputs)
        cotangent = jax.tree.unflatten(self._out_treedef, joined)
        returned = self.backward(*arguments, cotangent)
        if len(arguments) == 1 and not _is_one_tuple(returned, arguments[0]):
            returned = (returned,)
        if not isinstance(returned, tuple | list) or len(returned) != len(arguments):
            count = len(returned) if isinstance(returned, tuple | list) else type(returned).__name__
            raise RuleError(
                f"the backward pass must return {len(arguments)} cotangents, one per argument; got {count}."
            )
        names = argument_names(self.problem.fun, len(arguments))
        leaves: list[Any] = []
        position = 0
        for name, argument, part in zip(names, arguments, returned, strict=True):
            count = len(jax.tree.leaves(argument))
            kinds = self.problem.kinds[position : position + count]
            position += count
            if not {"float", "complex"} & set(kinds):
                continue  # integers have no cotangent: whatever stands there is ignored
            found: Any = jax.tree.structure(part)
            expected: Any = jax.tree.structure(argument)
            if found != expected:
                raise RuleError(f"the cotangent of `{name}` must have the tree {expected}; got {found}.")
            flat = jax.tree.leaves(part)
            for leaf, kind in zip(flat, kinds, strict=True):
                if kind == "complex":
                    leaves.extend(complexes.cotangent_parts(_as_complex(leaf)))
                elif kind == "float":
                    leaves.append(leaf)
        for path, x, leaf in zip(self.problem.float_paths, xs, leaves, strict=True):
            if np.shape(leaf) != np.shape(x):
                raise RuleError(f"the cotangent of `{path}` must have shape {np.shape(x)}; got {np.shape(leaf)}.")
        return tuple(leaves)

    def answers(self, items: list[Item], *, double: bool = False) -> Answers:
        """All items, in one compiled loop where JAX can trace both passes, else in a Python loop.

        Raises:
            RuleError: the backward pass raised, or returned the wrong structure.
        """
        if self.traceable:
            return _run(self._double if double else self._single, items, double)
        rows = []
        for item in items:
            xs, ws = item.floats, item.cotangents
            if double:
                xs, ws = _precision.to_float64(xs), _precision.to_float64(ws)
            # fresh copies: a pass that writes into its arguments must not spoil the next one
            copies = tuple(np.array(x) for x in xs)
            try:
                outputs = tuple(np.asarray(y) for y in self.problem.call(copies, item.others))
            except Exception as error:  # its way of saying that it is not defined there
                self.refusals.append(f"the forward pass raises at {item.label}: {first_line(error)}")
                outputs = tuple(np.full(np.shape(w), np.nan, np.asarray(w).dtype) for w in ws)
                rows.append(Answers(outputs, outputs, tuple(np.full_like(x, np.nan) for x in copies)))
                continue
            try:
                cotangents = tuple(np.asarray(g) for g in self.pull(copies, item.others, tuple(map(np.array, ws))))
            except RuleError:
                raise
            except Exception as error:
                raise RuleError(first_line(error)) from error
            rows.append(Answers(outputs, outputs, cotangents))
        return Answers(*(stack(column) for column in zip(*rows, strict=True)))


def _run(program: Batched, items: list[Item], double: bool) -> Answers:
    floats, cotangents = stack([i.floats for i in items]), stack([i.cotangents for i in items])
    others = stack([i.others for i in items]) if items[0].others else ()
    if double:
        floats, cotangents = _precision.to_float64(floats), _precision.to_float64(cotangents)
    try:
        return Answers(*program(floats, others, cotangents))
    except RuleError:
        raise
    except Exception as error:
        raise RuleError(first_line(error)) from error


def _as_complex(leaf: Any) -> Any:
    """A real cotangent of a complex argument has no imaginary part."""
    return leaf if complexes.is_complex(leaf) else complexes.join(np.asarray(leaf), np.zeros_like(leaf))


def _is_one_tuple(returned: Any, argument: Any) -> bool:
    return isinstance(returned, tuple) and len(returned) == 1 and not isinstance(argument, tuple)


def first_line(error: Exception) -> str:
    """An exception in one line: its type and the first line of its text."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
