"""Claims such as "fails iff strides > 1": the simplest conjunction of predicates that all the evidence bears out.

A point of evidence is a table of named facts (options, sizes of axes) and whether the rule failed there. A predicate
speaks of one fact. Those that hold at every failure are candidates; as few of them as it takes are chosen so that no
point that held satisfies them all. Where that cannot be done nothing is claimed.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from verify.searching.literals import key, source

Facts = Mapping[str, Any]
_LONGEST = 3  # predicates in one claim: more of them fit anything
_LISTED = 4  # values that a claim still enumerates


@dataclasses.dataclass(frozen=True)
class Predicate:
    """`text` in words, true of a point where `holds(facts)`."""

    fact: str
    text: str
    holds: Callable[[Facts], bool]


def claim(evidence: Sequence[tuple[Facts, bool]]) -> tuple[Predicate, ...] | None:
    """The predicates that together say where it fails; () where it fails everywhere, None where nothing fits."""
    failing = [facts for facts, failed in evidence if failed]
    held = [facts for facts, failed in evidence if not failed]
    if not held or not failing:
        return () if failing else None
    necessary = [p for p in _predicates(failing, held) if all(p.holds(facts) for facts in failing)]
    # bit i: the predicate tells held point i apart from the failures
    apart = [sum(1 << i for i, facts in enumerate(held) if not p.holds(facts)) for p in necessary]
    for count in range(1, _LONGEST + 1):
        for chosen in itertools.combinations(range(len(necessary)), count):
            union = 0
            for k in chosen:
                union |= apart[k]
            if union + 1 == 1 << len(held) and len({necessary[k].fact for k in chosen}) == count:
                return tuple(necessary[k] for k in chosen)
    return None


def sentence(predicates: Sequence[Predicate], evidence: Sequence[tuple[Facts, bool]]) -> str:
    """`fails iff strides > 1 (it fails with 2, 3 and holds with 1)`; what was seen only where one fact decides."""
    text = f"fails iff {' and '.join(p.text for p in predicates)}"
    if len(predicates) > 1:
        return text
    (fact,) = {p.fact for p in predicates}
    seen = {
        failed: _distinct([f[fact] for f, was in evidence if was == failed and fact in f]) for failed in (True, False)
    }
    shown = [", ".join(told(v) for v in values[:6]) + (", ..." if len(values) > 6 else "") for values in seen.values()]
    return f"{text} (it fails with {shown[0]} and holds with {shown[1]})" if all(shown) else text


def told(value: Any) -> str:
    """A value in a sentence."""
    return source(value) or repr(value)


def _predicates(failing: Sequence[Facts], held: Sequence[Facts]) -> Iterator[Predicate]:
    """Candidates, fact by fact in the order of the facts, simplest first; a fact must be known at every point."""
    points = [*failing, *held]
    for fact in points[0]:
        if not all(fact in facts for facts in points):
            continue
        bad, good = (_distinct([facts[fact] for facts in part]) for part in (failing, held))
        values = _distinct([*bad, *good])
        if len(values) < 2:
            continue
        if all(_is_integer(v) for v in values) or all(isinstance(v, float) for v in values):
            yield from _of_numbers(fact, fact, values, _alone, all)
        elif all(_is_integer(v) or _entries(v) for v in values):
            yield from _of_entries(fact, values)
        if len(bad) <= _LISTED:
            yield _one_of(fact, bad)
        if len(good) <= _LISTED:
            yield _none_of(fact, good)


def _of_entries(fact: str, values: Sequence[Any]) -> Iterator[Predicate]:
    """Of pairs such as strides: predicates on some entry, on every entry, and on each by its place."""
    flat = [_flat(v) for v in values]
    everything = sorted({n for entries in flat for n in entries})
    yield from _of_numbers(fact, f"some entry of {fact}", everything, _flat, any)
    yield from _of_numbers(fact, f"every entry of {fact}", everything, _flat, all)
    lengths = {len(entries) for entries in flat}
    if len(lengths) == 1 and not any(_is_integer(v) for v in values):
        for place in range(lengths.pop()):
            at = sorted({entries[place] for entries in flat})
            yield from _of_numbers(fact, f"{fact}[{place}]", at, functools.partial(_at, place), all)


def _of_numbers(
    fact: str, what: str, values: Sequence[Any], entries: Callable[[Any], tuple[Any, ...]], how: Callable[..., bool]
) -> Iterator[Predicate]:
    """Thresholds and parity; two values alone bear out no more than which of them it is."""

    def predicate(text: str, compare: Callable[[Any, Any], bool], number: Any) -> Predicate:
        def holds(facts: Facts) -> bool:
            return how(compare(n, number) for n in entries(facts[fact]))

        return Predicate(fact, f"{what} {text}", holds)

    ordered = sorted(values)
    if len(ordered) == 2:
        yield from (predicate(f"= {told(v)}", operator.eq, v) for v in reversed(ordered))
        return
    for below in ordered[:-1]:
        yield predicate(f"> {told(below)}", operator.gt, below)
        yield predicate(f"<= {told(below)}", operator.le, below)
    if all(_is_integer(v) for v in ordered):
        yield predicate("is even", _remainder, 0)
        yield predicate("is odd", _remainder, 1)


def _one_of(fact: str, values: Sequence[Any]) -> Predicate:
    keys = {key(v) for v in values}
    return Predicate(fact, f"{fact} = {' or '.join(map(told, values))}", lambda facts: key(facts[fact]) in keys)


def _none_of(fact: str, values: Sequence[Any]) -> Predicate:
    keys = {key(v) for v in values}
    return Predicate(
        fact, f"{fact} is not {' or '.join(map(told, values))}", lambda facts: key(facts[fact]) not in keys
    )


def _distinct(values: Sequence[Any]) -> list[Any]:
    found = list({key(v): v for v in values}.values())
    return sorted(found) if all(_is_integer(v) or isinstance(v, float) for v in found) else found


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _entries(value: Any) -> tuple[int, ...] | None:
    """The integers of a tuple, nested or not; None for anything else."""
    if not isinstance(value, tuple | list) or not value:
        return None
    parts = [(v,) if _is_integer(v) else _entries(v) for v in value]
    return None if any(part is None for part in parts) else tuple(n for part in parts if part is not None for n in part)


def _remainder(number: int, wanted: int) -> bool:
    return number % 2 == wanted


def _alone(value: Any) -> tuple[Any, ...]:
    return (value,)


def _at(place: int, value: Any) -> tuple[int, ...]:
    return (_flat(value)[place],)


def _flat(value: Any) -> tuple[int, ...]:
    return _entries(value) or (value,)
