"""What lies next to a failing example: other options at its arguments, other sizes of its axes.

Claims come from here. A draw that held may have held because its values or its shape could not show the fault; a
neighbour differs in one thing from an example that does show it, so it is telling whether it holds or fails.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from verify import problem, resizing, ties
from verify.searching.bench import Bench
from verify.searching.configuration import combinations
from verify.searching.drawn import Drawn
from verify.searching.facts import Facts
from verify.searching.literals import key

_ALTERNATIVES = 8  # values tried of one option
_ALL = 24  # combinations of options up to which all are tried, and not only one change at a time
_SIZES = (1, 2, 3, 4)
_HELD = 2  # neighbours that held, beside which other reasons to fail are looked for
_COPIES = 3  # of entries drawn anew for another shape: one alone might hide the fault

Evidence = list[tuple[Facts, bool]]


def configurations(
    bench: Bench, bases: Sequence[Drawn], values: Mapping[str, Sequence[Any]], in_time: Callable[[], bool]
) -> Evidence:
    """Which configurations fail at any of the failing examples, and which hold at all of them that they accept.

    The first example is grown where it can be: at a small one an option may make no difference.
    """
    found: dict[Any, tuple[Facts, bool]] = {}

    def examine(base: Drawn, chosen: Iterable[Mapping[str, Any]]) -> None:
        for options in chosen:
            if not in_time():
                return
            fails = bench.verdict(options, base.args).fails
            if fails is not None:
                before = found.get(key(options), (options, False))[1]
                found[key(options)] = (options, before or fails)

    bases = (grown(bench, bases[0]), *bases)
    everything = math.prod(len(given) for given in values.values()) <= _ALL
    for base in bases:
        examine(base, combinations(values) if everything else _one_changed(base.options, values))
    held = [options for options, failed in found.values() if not failed]
    for options in [] if everything else held[:_HELD]:
        examine(bases[0], _one_changed(options, values))
    return list(found.values())


def _one_changed(options: Mapping[str, Any], values: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    yield dict(options)
    for name, given in values.items():
        yield from ({**options, name: value} for value in given[:_ALTERNATIVES])


def sizes(bench: Bench, base: Drawn, in_time: Callable[[], bool]) -> Evidence:
    """The sizes of axes with which the configuration of a failing example fails, one group of tied axes at a time.

    Then the same from neighbours that held: what fails beside them is a second reason, which one claim must not hide.
    """
    fun = bench.rule(base.options)
    base = grown(bench, base)
    start = problem.make(fun, base.args)
    rng = np.random.default_rng(0)
    groups = ties.tied_dimensions(start, _movable(start))
    found: dict[Any, tuple[dict[Any, int], Facts, bool]] = {}

    def examine(before: dict[Any, int]) -> None:
        for group in groups:
            axis_size = np.shape((*start.floats, *start.others)[group[0][0]])[group[0][1]]
            for wanted in _SIZES:
                change = {**before, **dict.fromkeys(group, wanted - axis_size)}
                at = tuple(sorted(change.items()))
                if at in found or not any(change.values()) or not resizing.accepts(start, change) or not in_time():
                    continue
                others = [start.arguments(*resizing.resized(start, change, rng)) for _ in range(_COPIES)]
                failed = any(bench.verdict(base.options, args).fails for args in others)
                found[at] = (change, of_shapes(dataclasses.replace(base, args=others[0]), fun), failed)

    examine({})
    for change in [change for change, _, failed in found.values() if not failed][:_HELD]:
        examine(change)
    return [(of_shapes(base, fun), True), *((facts, failed) for _, facts, failed in found.values())]


def grown(bench: Bench, base: Drawn) -> Drawn:
    """The example with every axis two longer, which keeps parity, where it fails still: small ones hold by chance."""
    start = problem.make(bench.rule(base.options), base.args)
    change = {axis: 2 for group in ties.tied_dimensions(start, _movable(start)) for axis in group}
    if not change or not resizing.accepts(start, change):
        return base
    larger = dataclasses.replace(base, args=start.arguments(*resizing.resized(start, change, np.random.default_rng(1))))
    return larger if bench.verdict(larger.options, larger.args).fails else base


def _movable(start: problem.Problem) -> list[bool]:
    return [True] * len(start.floats) + [kind == "array" for kind in start.other_kinds]


def of_shapes(drawn: Drawn, fun: Callable[..., Any]) -> dict[str, Any]:
    """Facts: the size of every axis, and of neighbouring axes together."""
    found: dict[str, Any] = {}
    together: dict[str, Any] = {}
    pairs = leaf_shapes(drawn, fun)
    plain = len(pairs) == len(drawn.args)
    for i, (path, shape) in enumerate(pairs):
        named = drawn.axes[i] if plain and i < len(drawn.axes) and len(drawn.axes[i]) == len(shape) else None
        for axis, size in enumerate(shape):
            name = named[axis] if named else f"{path}.shape[{axis}]"
            found.setdefault(name, size)
            if axis:
                both = f"{named[axis - 1]} and {name}" if named else f"{path}.shape[{axis - 1}:{axis + 1}]"
                together[f"({both})"] = (shape[axis - 1], size)
    return {**found, **together}


def leaf_shapes(drawn: Drawn, fun: Callable[..., Any]) -> list[tuple[str, tuple[int, ...]]]:
    """The name and shape of every array (and number) in the arguments."""
    paths = problem.make(fun, drawn.args).paths
    leaves = zip(paths, jax.tree.leaves(drawn.args), strict=True)
    return [(path, tuple(map(int, np.shape(leaf)))) for path, leaf in leaves if hasattr(leaf, "dtype")]
