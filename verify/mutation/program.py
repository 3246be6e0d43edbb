"""Where a backward pass can be edited, and the edited pass as a function.

A `Site` is one equation of the backward's jaxpr, at any depth. It is found again at other shapes and dtypes as the n-th
equation of its primitive, counted through calls: a conversion that one dtype needs and another does not then shifts
nothing. Where no such equation exists the pass is evaluated unchanged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from verify import interpreter
from verify.interpreter import CALLS, LOOPS, RULES

Evaluate = Callable[[Any, list[Any]], list[Any]]  # equation and operands -> results
OutputChange = Callable[[list[Any], list[Any]], list[Any]]  # results, array arguments -> results
Step = tuple[int, str | None, int | None]  # equation, and where in its parameters the program of the next step is


@dataclasses.dataclass(frozen=True)
class Site:
    """The `ordinal`-th equation of `primitive`; the rest is that of one trace.

    `outermost` is the equation of the whole program that holds it: a call or loop, or itself.
    """

    primitive: str
    ordinal: int
    path: tuple[Step, ...]
    eqn: Any
    outermost: Any


class Unfit(Exception):
    """An edit whose result has another shape or dtype than the equation it stands for."""


def sites(program: Any) -> Iterator[Site]:
    """Every equation that is not itself a call, in the order of the program."""
    seen: dict[str, int] = {}
    for path, eqn in _leaves(program, ()):
        name = eqn.primitive.name
        outermost = getattr(program, "jaxpr", program).eqns[path[0][0]]
        yield Site(name, seen.setdefault(name, 0), path, eqn, outermost)
        seen[name] += 1


def _leaves(program: Any, outer: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], Any]]:
    for i, eqn in enumerate(getattr(program, "jaxpr", program).eqns):
        name = eqn.primitive.name
        if name not in CALLS and name not in RULES and name not in LOOPS:
            yield (*outer, (i, None, None)), eqn
            continue
        for parameter, position, inside in interpreter.inner(eqn):
            if parameter in (CALLS.get(name), RULES.get(name)) or name in LOOPS:
                yield from _leaves(inside, (*outer, (i, parameter, position)))


class Backward:
    """A backward pass, its example split into arrays and static values, and its jaxpr there."""

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        """Trace `function(*args)`."""
        self.function = function
        self.jaxpr, self.structure = _trace(function, args)
        self.sites = tuple(sites(self.jaxpr))
        self.leaves = jax.tree.leaves(self.structure)

    def mutated(self, site: Site, evaluate: Evaluate, *, strict: bool = False) -> Callable[..., Any]:
        """The pass with another evaluation at one site, traced anew at whatever it is called with.

        With `strict` an edit that does not fit raises `Unfit`; without, the equation is then evaluated as it stands.
        """

        def mutant(*args: Any) -> Any:
            program, structure = _trace(self.function, args)
            here = next((s for s in sites(program) if (s.primitive, s.ordinal) == (site.primitive, site.ordinal)), None)
            path = () if here is None else here.path
            flat = _edited(program, arrays(args), path, lambda eqn, values: _fitting(eqn, values, evaluate, strict))
            return jax.tree.unflatten(jax.tree.structure(structure), flat)

        return mutant

    def with_outputs(self, change: OutputChange) -> Callable[..., Any]:
        """The pass with other results: `change(results, arrays) -> results`, leaf by leaf.

        A result of another type than the one it stands for is replaced by the right one.
        """

        def mutant(*args: Any) -> Any:
            flat, treedef = jax.tree.flatten(self.function(*args))
            pairs = zip(change(flat, arrays(args)), flat, strict=True)
            return jax.tree.unflatten(treedef, [new if same_type(new, old) else old for new, old in pairs])

        return mutant


def _trace(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Any, Any]:
    leaves, treedef = jax.tree.flatten(tuple(args))
    dynamic = [_is_array(leaf) for leaf in leaves]

    def of_arrays(*arrays: Any) -> Any:
        given = iter(arrays)
        mixed = [next(given) if d else x for d, x in zip(dynamic, leaves, strict=True)]
        return function(*jax.tree.unflatten(treedef, mixed))

    return jax.make_jaxpr(of_arrays, return_shape=True)(*arrays(args))


def arrays(args: Sequence[Any]) -> list[Any]:
    """The leaves that are arrays or floats; Python integers, strings and the like are static, as for `check_rule`."""
    return [leaf for leaf in jax.tree.leaves(tuple(args)) if _is_array(leaf)]


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, float | np.ndarray | np.generic | jax.Array)


def _edited(program: Any, args: Sequence[Any], path: tuple[Step, ...], evaluate: Evaluate) -> list[Any]:
    """Evaluate with the equation at the end of `path` edited; what lies off the path runs as it stands."""

    def apply(i: int, eqn: Any, values: list[Any]) -> list[Any]:
        if not path or i != path[0][0]:
            return interpreter.bind(eqn, values)
        _, parameter, position = path[0]
        if parameter is None:
            return evaluate(eqn, values)
        whole = eqn.params[parameter]
        inside = whole if position is None else whole[position]
        if eqn.primitive.name not in LOOPS:
            return _edited(inside, values, path[1:], evaluate)
        changed = interpreter.retraced(inside, lambda inputs: _edited(inside, inputs, path[1:], evaluate))
        if position is not None:
            changed = (*whole[:position], changed, *whole[position + 1 :])
        return interpreter.bind(eqn, values, {**eqn.params, parameter: changed})

    return interpreter.evaluate(program, args, apply)


def _fitting(eqn: Any, values: list[Any], evaluate: Evaluate, strict: bool) -> list[Any]:
    results = evaluate(eqn, values)
    expected = [var.aval for var in eqn.outvars]
    if len(results) == len(expected) and all(map(same_type, results, expected)):
        return results
    if strict:
        raise Unfit([f"{jax.typeof(y)}" for y in results])
    return interpreter.bind(eqn, values)


def same_type(left: Any, right: Any) -> bool:
    """Whether two arrays, or their abstract values, have one shape and dtype."""
    return left.shape == right.shape and left.dtype == right.dtype
