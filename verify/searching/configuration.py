"""The static options of a rule: which values each may take, and which combinations of them are tried."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MOST = 48  # combinations up to which all of them are tried; beyond, every pair of values meets in one of them
NOT_GIVEN: Any = object()


@dataclasses.dataclass(frozen=True)
class Configurations:
    """`make(**chosen)` builds the rule; `options` holds, by name, a tuple of values or a Hypothesis strategy.

    `args` says, for `verify.search`, where the arguments of the rule come from.
    """

    make: Callable[..., Any]
    options: Mapping[str, Any]
    args: Any = NOT_GIVEN


def configurations(make: Callable[..., Any], /, **options: Any) -> Configurations:
    """Say which static options a rule has, for `verify.check_rule(..., domain=...)` and `verify.search`.

    Args:
        make: called as `make(**chosen)` with one value per option; returns the rule.
        **options: of each option the values to try, as a list, tuple, range or set, or a Hypothesis strategy that
            draws them. Anything else, a string too, is one fixed value; a value that is itself a tuple goes into a
            list: `strides=[(1, 1), (1, 2)]`. The name `args` is taken: it says where `verify.search` gets the rule's
            arguments from (a tuple of arrays or strategies, a strategy for such tuples, or a function of the options
            that returns either).

    Raises:
        TypeError: `make` is not callable, or does not take one of the options.
        ValueError: an option has no value at all.
    """
    if not callable(make):
        raise TypeError(f"`make` must be a function of the options that returns the rule; got {type(make).__name__}.")
    args = options.pop("args", NOT_GIVEN)
    values = {name: _values(name, given) for name, given in options.items()}
    takes(make, values)
    return Configurations(make, values, args)


def takes(make: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Raise `TypeError` with the option's name where `make` cannot be called with these options."""
    if not options:
        return  # it may be the rule itself
    try:
        signature = inspect.signature(make)
    except (TypeError, ValueError):  # a builtin: the call itself will tell
        return
    try:
        signature.bind(**dict.fromkeys(options))
    except TypeError as error:
        raise TypeError(f"`make` cannot be called with the options {', '.join(options)}: {error}.") from None


def is_strategy(value: Any) -> bool:
    """Whether a value is a Hypothesis strategy; Hypothesis is not imported to find out."""
    strategies = sys.modules.get("hypothesis.strategies")
    return strategies is not None and isinstance(value, strategies.SearchStrategy)


def _values(name: str, given: Any) -> Any:
    if is_strategy(given):
        return given
    if isinstance(given, set | frozenset):
        given = sorted(given, key=repr)
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        return (given,)
    if not given:
        raise ValueError(f"option `{name}` must have at least one value; got {given!r}.")
    return tuple(given)


def combinations(values: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """All combinations while they are few, else some in which any two values of two options meet."""
    names = list(values)
    if math.prod(len(values[name]) for name in names) <= MOST:
        return [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*values.values())]
    return _pairwise(values)


def _pairwise(values: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Greedy covering of all pairs: begin with a pair not yet met, fill up with what meets most of the others."""
    sizes = {name: range(len(given)) for name, given in values.items()}
    missing = {((a, i), (b, j)): None for a, b in itertools.combinations(sizes, 2) for i in sizes[a] for j in sizes[b]}
    found = []
    while missing:
        chosen = dict(next(iter(missing)))
        for name in sizes:
            if name not in chosen:
                chosen[name] = max(sizes[name], key=lambda i: _met(missing, {**chosen, name: i}, name))
        ordered = [(name, chosen[name]) for name in sizes]
        for pair in itertools.combinations(ordered, 2):
            missing.pop(pair, None)
        found.append({name: values[name][i] for name, i in ordered})
    return found


def _met(missing: Mapping[Any, None], chosen: Mapping[str, int], name: str) -> int:
    this = (name, chosen[name])
    return sum((this, other) in missing or (other, this) in missing for other in chosen.items() if other != this)
