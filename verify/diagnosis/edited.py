"""The gradient of another primal: what comes back from a rule that was derived for one with a slip in it.

One equation of the rule-free primal (or all that are alike) is evaluated in another way, with another stride or the
other branch, and its result cropped to the size that it had, so that the cotangents still fit. Equations inside calls
count as well; those inside loops stay as they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import lax

from verify import _precision, interpreter
from verify.batched import Batched
from verify.diagnosis.case import LARGE, Candidate, Case
from verify.interpreter import CALLS
from verify.witness import like

_MOST = 8  # gradients of edited primals: each is a program to compile


class Edit(NamedTuple):
    """One slip at one equation: the `words` follow "the gradient ...", `run(eqn, values)` evaluates it with the slip.

    The result may be larger than the equation's own, never smaller along any axis.
    """

    words: str
    run: Callable[[Any, list[Any]], Any]


Edits = Callable[[Any], list[Edit]]  # equation -> the slips that it offers; none for most equations
Plan = Mapping[int, int]  # of the equations that offer slips, which ones suffer which


def candidates(case: Case, edits: Edits) -> Iterator[Candidate]:
    """The gradient of the primal with each of its equations edited: all of them the same way first, then one by one."""
    if case.trial.autodiff is None or case.trial.entries > LARGE:
        return
    point = [tuple(a[0] for a in arrays) for arrays in (case.points, case.others)]
    offered = list(_offered(jax.make_jaxpr(case.trial.autodiff.call)(*point), edits))
    for plan in itertools.islice(_plans(offered), _MOST):
        words = " and ".join(dict.fromkeys(offered[site][way].words for site, way in plan.items()))
        program = Batched(_gradient(case, edits, plan), case.trial.entries, double=True)
        yield Candidate(f"d_{case.path} is the gradient {words}.", partial(_produced, program))


def with_params(words: str, params: Mapping[str, Any]) -> Edit:
    """The equation with some of its parameters replaced."""
    return Edit(words, lambda eqn, values: interpreter.bind(eqn, values, {**eqn.params, **params})[0])


def groups(chosen: Sequence[int]) -> list[tuple[int, ...]]:
    """Of the axes that a slip can strike: all together, then each alone."""
    return list(dict.fromkeys([tuple(chosen), *((axis,) for axis in chosen)])) if chosen else []


def changed(values: Sequence[Any], axes: Sequence[int], change: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The values with those of some axes changed."""
    return tuple(change(value) if axis in axes else value for axis, value in enumerate(values))


def is_window(eqn: Any) -> bool:
    """Whether the equation slides a window over its operand: a convolution, or a pooling by sum or maximum."""
    return eqn.primitive.name in ("conv_general_dilated", "reduce_window_sum", "reduce_window_max", "reduce_window_min")


def _plans(offered: Sequence[Sequence[Edit]]) -> Iterator[Plan]:
    if len(offered) > 1:
        for way in range(max(map(len, offered))):
            yield {site: way for site, found in enumerate(offered) if way < len(found)}
    for site, found in enumerate(offered):
        yield from ({site: way} for way in range(len(found)))


def _gradient(case: Case, edits: Edits, plan: Plan) -> Callable[..., Any]:
    assert case.trial.autodiff is not None
    call, leaf = case.trial.autodiff.call, case.leaf

    def gradient(xs: Any, ns: Any, ws: Any) -> Any:
        ys, pullback = jax.vjp(lambda *x: _edited(call, x, ns, edits, plan), *xs)
        return pullback(like(ws, ys))[leaf]

    return gradient


def _produced(program: Batched, case: Case) -> np.ndarray:
    points, cotangents = _precision.to_float64(case.points), _precision.to_float64(case.cotangents)
    return np.asarray(program(points, case.others, cotangents), np.float64)


def _offered(program: Any, edits: Edits) -> Iterator[list[Edit]]:
    """The slips of every equation that offers any, in the order in which `_edited` meets them."""
    for eqn in getattr(program, "jaxpr", program).eqns:
        if eqn.primitive.name in CALLS:
            yield from _offered(eqn.params[CALLS[eqn.primitive.name]], edits)
        elif found := _at(eqn, edits):
            yield found


def _edited(call: Callable[..., Any], xs: Any, ns: Any, edits: Edits, plan: Plan) -> tuple[Any, ...]:
    sites = itertools.count()

    def apply(_: int, eqn: Any, values: list[Any]) -> list[Any]:
        if eqn.primitive.name in CALLS:
            return interpreter.evaluate(eqn.params[CALLS[eqn.primitive.name]], values, apply)
        found = _at(eqn, edits)
        way = plan.get(next(sites)) if found else None
        if way is None:
            return interpreter.bind(eqn, values)
        result = found[way].run(eqn, values)
        return [lax.slice(result, (0,) * result.ndim, eqn.outvars[0].aval.shape)]

    return tuple(interpreter.evaluate(jax.make_jaxpr(call)(xs, ns), [*xs, *ns], apply))


def _at(eqn: Any, edits: Edits) -> list[Edit]:
    """The slips of an equation with a floating result: those of masks and indices pass no gradient."""
    return edits(eqn) if len(eqn.outvars) == 1 and _precision.is_float(eqn.outvars[0].aval) else []
