"""Where an equation stands inside a program: through which calls, loops and branches one comes to it.

A place is told twice: as words for people, "scan[t=3] / jit", and as an address for programs, the position of every
equation on the way, such as "4.0.2".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

_STEP = "{}"  # stands in a word for the step of a loop, which is known only when the program has run


@dataclasses.dataclass(frozen=True)
class Loop:
    """A loop on the way: which of its steps were recorded.

    A scan's are known beforehand. A while loop counts: its first steps are kept and the last one, which takes the last
    slot; how many there were is recorded at `address`.
    """

    steps: tuple[int, ...]
    address: str | None = None

    def step(self, slot: int, count: int | None) -> int | None:
        """The step that a slot holds, None where the loop ended before."""
        if count is None:
            return self.steps[slot]
        if slot >= count:
            return None
        return count - 1 if slot == len(self.steps) - 1 else slot


@dataclasses.dataclass(frozen=True)
class Shards:
    """The `shard_map` around a place: per-shard values differ along `axes` of `mesh`."""

    mesh: Any
    axes: tuple[str, ...]
    check_vma: bool


@dataclasses.dataclass(frozen=True)
class Place:
    """A program inside the program; the whole one is `Place()`."""

    address: str = ""
    words: tuple[str, ...] = ()
    loops: tuple[Loop, ...] = ()
    nested: bool = False  # inside the primal of another rule
    shards: Shards | None = None
    called: str | None = None  # the user's line that called the innermost program around it, as far as JAX knows

    def at(self, index: int) -> str:
        """The address of this program's equation number `index`."""
        return f"{self.address}.{index}" if self.address else str(index)

    def inside(self, index: int, word: str, part: int | str = "", **changes: Any) -> Place:
        """The place of a program that equation number `index` holds; `part` says which, where there are several."""
        address = self.at(index) + (f"[{part}]" if part != "" else "")
        return dataclasses.replace(self, address=address, words=(*self.words, word), **changes)

    def looped(self, index: int, word: str, steps: Sequence[int], *, counted: bool = False) -> Place:
        """The place of a loop's body."""
        loop = Loop(tuple(steps), self.at(index) if counted else None)
        return self.inside(index, f"{word}[t={_STEP}]", loops=(*self.loops, loop))

    def told(self, steps: Sequence[int | str]) -> str:
        """The words, with the steps of the loops."""
        return " / ".join(self.words).format(*steps)
