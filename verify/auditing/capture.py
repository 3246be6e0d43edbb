"""What is captured in one run of a program: every rule's equation with the values that arrived there, step by step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from verify.auditing import hidden
from verify.auditing.place import Place
from verify.auditing.recording import Recorder, Records
from verify.auditing.site import Site

Arrays = tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Arrival:
    """The values that arrived at a site once, and where: a path with the steps of its loops."""

    site: Site
    told: str
    values: Arrays


@dataclasses.dataclass(frozen=True)
class Captured:
    """One run of a program.

    Attributes:
        program: its jaxpr.
        args: the arrays it was run on.
        sites: every rule's equation, in the order of the program.
        arrivals: per address of a site, what arrived there; nothing where a loop was never entered.
        notes: loops of which not all steps were recorded, branches not taken, and whatever may hide a rule.
    """

    program: Any
    args: Arrays
    sites: tuple[Site, ...]
    arrivals: dict[str, tuple[Arrival, ...]]
    notes: tuple[str, ...]


def capture(fun: Callable[..., Any], args: Sequence[Any]) -> Captured:
    """Trace `fun(*args)` once, and run it once with every rule's arguments as extra outputs."""
    program = jax.make_jaxpr(fun)(*args)
    recorder = Recorder()

    def tapped(*values: Any) -> Records:
        recorder.records = {}
        recorder.evaluate(program, values, Place())
        return recorder.records

    found = jax.tree.map(_host, jax.jit(tapped)(*args))
    arrivals, notes = {}, []
    for site in recorder.sites.values():
        arrivals[site.address] = tuple(_arrivals(site, found))
        if not arrivals[site.address]:
            notes.append(f"{site.told('-' * len(site.place.loops))} was not checked: its loop takes no step")
    for address, sentence in recorder.sampled.items():
        if address not in found or int(np.max(found[address][0])) > len(_loop_slots(recorder, address)):
            notes.append(sentence)
    notes += hidden.told(program)
    return Captured(program, tuple(args), tuple(recorder.sites.values()), arrivals, tuple(notes))


def _host(array: Any) -> Any:
    """An array that no device holds any more; keys stay as they are."""
    return array if jax.dtypes.issubdtype(array.dtype, jax.dtypes.prng_key) else np.asarray(array)


def _loop_slots(recorder: Recorder, address: str) -> tuple[int, ...]:
    loops = (loop for site in recorder.sites.values() for loop in site.place.loops)
    return next((loop.steps for loop in loops if loop.address == address), ())


def _arrivals(site: Site, found: Records) -> Iterator[Arrival]:
    """Every combination of steps that was run."""
    loops = site.place.loops
    for slots in np.ndindex(*(len(loop.steps) for loop in loops)):
        steps: list[int] = []
        for depth, (loop, slot) in enumerate(zip(loops, slots, strict=True)):
            count = None if loop.address is None else _count(found[loop.address][0], slots[:depth])
            step = loop.step(slot, count)
            if step is None:
                break
            steps.append(step)
        if len(steps) == len(loops):
            values = tuple(leaf[slots] for leaf in found[site.address])
            yield Arrival(site, site.told(steps) + _untaken(site, found, slots), values)


def _count(counts: Any, slots: Sequence[int]) -> int:
    """The number of steps; those of a loop inside `shard_map` may differ between devices: the most."""
    return int(np.max(counts[tuple(slots)]))


def _untaken(site: Site, found: Records, slots: Sequence[int]) -> str:
    """What is added to a path through a branch that was not taken then."""
    address = site.address
    while "[" in address:
        address, _, part = address[: address.rindex("]")].rpartition("[")
        if part.isdigit() and address in found:
            index = found[address][0]
            depth = np.ndim(index) if np.ndim(index) <= len(slots) else len(slots)
            if not np.any(index[tuple(slots[:depth])] == int(part)):
                return ", in a branch that was not taken"
    return ""
