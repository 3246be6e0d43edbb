"""A claimed Jacobian on trial: its product with a cotangent is a backward pass; a unit cotangent shows a row.

It is asked for once at every point, however many cotangents are tried there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import jax
import numpy as np

from verify import _precision
from verify.batched import Batched
from verify.items import Item, stack
from verify.jacobian.blocks import Shape, blocks, is_function, pulled
from verify.problem import Arrays, Problem
from verify.subject import Answers, BackwardSubject, RuleError, first_line


class _Point(NamedTuple):
    """What is known of one point: the outputs there, and the blocks [output][argument] of the Jacobian."""

    outputs: Arrays
    rows: list[list[Any]]


class JacobianSubject(BackwardSubject):
    """`jacobian(*args)`, or its value at the example, in the place of a backward pass."""

    def __init__(self, problem: Problem, jacobian: Any, outputs: tuple[Shape, ...], traceable: bool) -> None:
        """`outputs` are the shapes of the function's floating outputs; `traceable`: both functions are JAX's."""
        self.fixed = not is_function(jacobian)
        claimed: Callable[..., Any] = (lambda *_: jacobian) if self.fixed else jacobian
        super().__init__(problem, claimed, None, traceable and not self.fixed)
        self._out_shapes = outputs
        self._in_shapes = tuple(np.shape(x) for x in problem.floats)

    def blocks(self, xs: Arrays, ns: Arrays) -> list[list[Any]]:
        """The blocks at one point.

        Raises:
            RuleError: the Jacobian has other blocks than the function.
        """
        returned = self.backward(*self.problem.arguments(xs, ns))
        return blocks(returned, self._out_shapes, self._in_shapes, self.problem.float_paths)

    def pull(self, xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        """The cotangents of the float leaves, traceable where the Jacobian is."""
        return _products(self.blocks(xs, ns), ws, self._in_shapes)

    def answers(self, items: list[Item], *, double: bool = False) -> Answers:
        """All items, compiled where JAX can trace both functions.

        Raises:
            RuleError: the Jacobian raised, or has the wrong structure, or is asked for a precision that numbers lack.
        """
        if double and self.fixed:
            raise RuleError("its Jacobian is given as numbers")
        first = {_where(item): item for item in items}
        seen = dict(zip(first, self._points(list(first.values()), double), strict=True))
        answered = []
        for item in items:
            there, ws = seen[_where(item)], item.cotangents
            ws = _precision.to_float64(ws) if double else ws
            answered.append(Answers(there.outputs, there.outputs, _products(there.rows, ws, self._in_shapes)))
        return Answers(*(stack(column) for column in zip(*answered, strict=True)))

    def _points(self, items: list[Item], double: bool) -> list[_Point]:
        floats = [_precision.to_float64(item.floats) if double else item.floats for item in items]
        try:
            if not self.traceable:
                return [self._called(xs, item.others) for xs, item in zip(floats, items, strict=True)]
            others = stack([item.others for item in items]) if items[0].others else ()
            found = (self._double if double else self._single)(stack(floats), others)
        except RuleError:
            raise
        except Exception as error:  # whatever the claimed function raises
            raise RuleError(first_line(error)) from error
        return [jax.tree.map(lambda a, i=i: a[i], found) for i in range(len(items))]

    def _called(self, xs: Arrays, ns: Arrays) -> _Point:
        # fresh copies: a function that writes into its arguments must not spoil the next one
        copies = tuple(np.array(x) for x in xs)
        outputs = tuple(np.asarray(y) for y in self.problem.call(copies, ns))
        return _Point(outputs, self.blocks(copies, ns))

    @cached_property
    def _single(self) -> Batched:
        return Batched(self._point, self._entries, double=False)

    @cached_property
    def _double(self) -> Batched:
        return Batched(self._point, self._entries, double=True)

    def _point(self, xs: Arrays, ns: Arrays) -> _Point:
        return _Point(tuple(self.problem.call(xs, ns)), self.blocks(xs, ns))


def traceable(problem: Problem, jacobian: Any, outputs: tuple[Shape, ...]) -> bool:
    """Whether JAX can trace the claimed function and what it returns; a real error shows when it is called eagerly."""
    subject = JacobianSubject(problem, jacobian, outputs, traceable=True)
    try:
        jax.eval_shape(subject.blocks, problem.floats, problem.others)
    except Exception:  # plain NumPy raises a conversion error, SciPy others
        return False
    return True


def _products(rows: list[list[Any]], ws: Arrays, shapes: tuple[Shape, ...]) -> Arrays:
    """Wᵀ J for every argument: the sum over the outputs."""
    found = []
    for k, shape in enumerate(shapes):
        terms = [pulled(w.reshape(-1), row[k]) for w, row in zip(ws, rows, strict=True)]
        found.append(sum(terms[1:], terms[0]).reshape(shape))
    return tuple(found)


def _where(item: Item) -> tuple[int, ...]:
    """One point's name: items of one point share its arrays."""
    return tuple(id(a) for a in (*item.floats, *item.others))
