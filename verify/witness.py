"""The witnesses: autodiff of the primal without its rules, and numerical differentiation, both in float64.

`AutodiffWitness` needs a primal that JAX can trace. `NumbersWitness` needs only a function of arrays, NumPy included.
Both answer `differences`; only the first answers `gradients`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify import _precision, richardson, stripping
from verify.batched import Batched
from verify.problem import Arrays, Problem

FloatFunction = Callable[[Sequence[Any], Sequence[Any]], Arrays]


def inner_product(left: Sequence[Any], right: Sequence[Any]) -> Any:
    """<left, right> over all leaves."""
    terms = (jnp.sum(a * jnp.asarray(b, a.dtype)) for a, b in zip(left, right, strict=True))
    return sum(terms, jnp.zeros((), jnp.result_type(*left)))


def like(cotangents: Sequence[Any], outputs: Sequence[Any]) -> Arrays:
    """The cotangents in the dtypes of the outputs, which a mixed-precision primal fixes itself."""
    return tuple(jnp.asarray(w, y.dtype) for w, y in zip(cotangents, outputs, strict=True))


def _weighted(weights: Sequence[Any], values: Sequence[Any]) -> Any:
    """Sum of products over all leaves; a weight of zero silences even an infinite value."""
    return inner_product(
        weights, [jnp.where(w == 0, jnp.zeros_like(v), v) for w, v in zip(weights, values, strict=True)]
    )


class AutodiffWitness:
    """Autodiff and numbers of the primal of `problem`, in float64 whatever the user's dtype."""

    def __init__(self, problem: Problem, *, strip: bool = True) -> None:
        """Nothing is traced or compiled before the first question.

        Args:
            problem: the primal and its example.
            strip: remove custom rules from the primal. Without, it is differentiated as `jax.grad` would: right where
                the rules inside are not the ones on trial.
        """
        self._problem = problem
        self.call: FloatFunction = stripping.without_rules(problem.call) if strip else problem.call
        self._entries = sum(np.size(x) for x in problem.floats)

    @cached_property
    def _gradients(self) -> Batched:
        return Batched(lambda *row: _value_and_cotangents(self.call, *row), self._entries, double=True)

    @cached_property
    def _inner_gradients(self) -> Batched:
        kept = stripping.without_rules(self._problem.call, keep_inner=True)
        return Batched(lambda *row: _value_and_cotangents(kept, *row), self._entries, double=True)

    @cached_property
    def _tangents(self) -> Batched:
        def one(xs: Arrays, ns: Arrays, vs: Arrays) -> Arrays:
            return jax.jvp(lambda *x: self.call(x, ns), tuple(xs), tuple(vs))[1]

        return Batched(one, self._entries, double=True)

    @cached_property
    def _differences(self) -> Batched:
        return Batched(self._difference_quotients, self._entries, double=True)

    @cached_property
    def differentiable(self) -> bool:
        """Whether JAX has a derivative of this primal: it has none of a while loop or a callback, say."""
        here = self._problem
        try:
            outputs = here.outputs(here.floats, here.others)
            jax.eval_shape(lambda *row: _value_and_cotangents(self.call, *row), here.floats, here.others, outputs)
        except Exception:  # each primitive refuses in its own words
            return False
        return True

    def gradients(self, floats: Arrays, others: Arrays, cotangents: Arrays) -> tuple[Arrays, Arrays]:
        """Outputs and cotangents of the inputs for stacks of items."""
        return self._gradients(_precision.to_float64(floats), others, _precision.to_float64(cotangents))

    def native_gradients(self, floats: Arrays, others: Arrays, cotangents: Arrays) -> Arrays:
        """The cotangents by autodiff in the dtype of the arguments, as good as plain JAX gets there."""
        program = Batched(lambda *row: _value_and_cotangents(self.call, *row), self._entries, double=False)
        return program(floats, others, cotangents)[1]

    def inner_gradients(self, floats: Arrays, others: Arrays, cotangents: Arrays) -> Arrays:
        """The second opinion: only the outermost rule removed, the rules inside its primal kept."""
        return self._inner_gradients(_precision.to_float64(floats), others, _precision.to_float64(cotangents))[1]

    def tangents(self, floats: Arrays, others: Arrays, directions: Arrays) -> Arrays:
        """Forward mode: tangents of the outputs."""
        return self._tangents(_precision.to_float64(floats), others, directions)

    def differences(
        self, floats: Arrays, others: Arrays, cotangents: Arrays, directions: Arrays
    ) -> richardson.Differences:
        """Difference quotients of <w, f(x + t v)> at the steps of `richardson.STEPS`."""
        return richardson.Differences(
            *self._differences(_precision.to_float64(floats), others, _precision.to_float64(cotangents), directions)
        )

    def _difference_quotients(self, xs: Arrays, ns: Arrays, ws: Arrays, vs: Arrays) -> Arrays:
        base = self.call(xs, ns)

        def moved(t: Any) -> Arrays:
            return self.call(tuple(x + t * v for x, v in zip(xs, vs, strict=True)), ns)

        def quotients(h: Any) -> tuple[Any, Any]:
            # differences first, then the product with w: a large f must not swamp a small change
            ahead = tuple(a - b for a, b in zip(moved(h), base, strict=True))
            behind = tuple(b - a for a, b in zip(moved(-h), base, strict=True))
            return _weighted(ws, ahead) / h, _weighted(ws, behind) / h

        right, left = jax.lax.map(quotients, jnp.asarray(richardson.STEPS))
        size = _weighted([jnp.abs(w) for w in ws], [jnp.abs(y) for y in base])
        return (right + left) / 2, right, left, size + jnp.abs(right[-1])


class NumbersWitness:
    """Numerical differentiation of a primal that JAX cannot trace (plain NumPy, another framework)."""

    def __init__(self, call: FloatFunction) -> None:
        """`call(floats, others)` is evaluated in a Python loop with float64 arrays."""
        self.call = call

    def differences(
        self, floats: Arrays, others: Arrays, cotangents: Arrays, directions: Arrays
    ) -> richardson.Differences:
        """As `AutodiffWitness.differences`, one evaluation at a time."""
        floats, cotangents = _precision.to_float64(floats), _precision.to_float64(cotangents)
        rows = [
            self._one(*(tuple(leaf[i] for leaf in leaves) for leaves in (floats, others, cotangents, directions)))
            for i in range(len(floats[0]))
        ]
        return richardson.Differences(*(np.stack(column) for column in zip(*rows, strict=True)))

    def _one(self, xs: Arrays, ns: Arrays, ws: Arrays, vs: Arrays) -> tuple[np.ndarray, ...]:
        base = [np.asarray(y, np.float64) for y in self.call(xs, ns)]

        def slope(t: float) -> float:
            there = self.call(tuple(x + t * v for x, v in zip(xs, vs, strict=True)), ns)
            moved = (np.where(w == 0, 0, np.asarray(y) - b) for w, y, b in zip(ws, there, base, strict=True))
            return sum(float(np.sum(w * d)) for w, d in zip(ws, moved, strict=True)) / t

        right = np.asarray([slope(h) for h in richardson.STEPS])
        left = np.asarray([slope(-h) for h in richardson.STEPS])
        size = sum(float(np.sum(np.abs(w) * np.where(w == 0, 0, np.abs(b)))) for w, b in zip(ws, base, strict=True))
        return (right + left) / 2, right, left, np.asarray(size + abs(right[-1]))


def _value_and_cotangents(call: FloatFunction, xs: Arrays, ns: Arrays, ws: Arrays) -> tuple[Arrays, Arrays]:
    ys, pullback = jax.vjp(lambda *x: call(x, ns), *xs)
    return ys, pullback(like(ws, ys))
