"""A mutant: a backward pass with one mistake, where it is, and the mistake as a diff."""

from __future__ import annotations

import dataclasses
import difflib
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
from jax.extend import core

from verify import interpreter
from verify.mutation.operators import OPERATORS, outputs
from verify.mutation.program import Backward, Evaluate, Site, arrays
from verify.subject import first_line


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One planted fault.

    Attributes:
        operator: the kind of mistake.
        edit: what was done, in a few words.
        location: the equation and, where it is known, the source line that made it.
        diff: the equation before and after, as a unified diff; why it does not run, if it does not.
        backward: the mutated pass, to be called, jitted, mapped and differentiated like the right one.
        noticed: what the check said, None where it said nothing.
    """

    operator: str
    edit: str
    location: str
    diff: str
    backward: Callable[..., Any] = dataclasses.field(compare=False, repr=False)
    noticed: str | None = None

    def __str__(self) -> str:
        return f"{self.operator}: {self.edit}\n  {self.location}\n" + "\n".join(
            f"    {line}" for line in self.diff.splitlines()
        )


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A mutant before anybody has looked whether it runs: `strict` raises where the edit does not fit."""

    operator: str
    edit: str
    location: str
    backward: Callable[..., Any]
    strict: Callable[..., Any]
    diff: Callable[[], str]

    def mutant(self) -> Mutant:
        """The mutant with its diff, which costs two traces of the equation."""
        return Mutant(self.operator, self.edit, self.location, self.diff(), self.backward)

    def refused(self, error: Exception) -> Mutant:
        """The mutant that JAX refuses to run, with its words in place of a diff."""
        return Mutant(self.operator, self.edit, self.location, first_line(error), self.backward)


def candidates(backward: Backward, args: tuple[Any, ...]) -> Iterator[Candidate]:
    """Every edit of every operator at every equation, then those of the outputs."""
    for number, site in enumerate(backward.sites, start=1):
        location = f"equation {number} of {len(backward.sites)}: {_place(site)}"
        for operator in OPERATORS:
            for edit, evaluate in operator.edits(site.eqn):
                mutated, strict = (backward.mutated(site, evaluate, strict=strict) for strict in (False, True))
                yield Candidate(operator.name, edit, location, mutated, strict, partial(_diff, site, evaluate))
    for name, edit, change in outputs.edits(backward.leaves, [jax.typeof(a) for a in arrays(args)]):
        mutated = backward.with_outputs(change)
        yield Candidate(name, edit, "the outputs", mutated, mutated, f"--- right\n+++ mutant\n+{edit}".__str__)


def _place(site: Site) -> str:
    # JAX traces a jitted function once, so the lines inside may be those of another call: the outermost one is right
    line = _source_line(site.outermost)
    return site.primitive if line is None else f"{site.primitive}, {line}"


def _diff(site: Site, evaluate: Evaluate) -> str:
    before, after = _text(site.eqn, interpreter.bind), _text(site.eqn, evaluate)
    lines = difflib.unified_diff(before, after, "right", "mutant", n=len(before), lineterm="")
    return "\n".join(line for line in lines if not line.startswith("@@"))


def _text(eqn: Any, evaluate: Evaluate) -> list[str]:
    """One equation as a program of its own: its operands are a, b, ..., its constants stand in it."""
    operands = list(dict.fromkeys(atom for atom in eqn.invars if not isinstance(atom, core.Literal)))

    def run(*given: Any) -> list[Any]:
        values = dict(zip(operands, given, strict=True))
        return evaluate(eqn, [a.val if isinstance(a, core.Literal) else values[a] for a in eqn.invars])

    avals = [jax.ShapeDtypeStruct(atom.aval.shape, atom.aval.dtype) for atom in operands]
    return str(jax.make_jaxpr(run)(*avals)).splitlines()


def _source_line(eqn: Any) -> str | None:
    """`file.py:line: text` of the innermost frame outside JAX and this package that made the equation."""
    made = getattr(eqn.source_info, "traceback", None)
    if made is None:
        return None
    libraries = {Path(__file__).parents[1], Path(jax.__file__).parent}
    frames = traceback.extract_tb(made.as_python_traceback())
    outside = [frame for frame in frames if not libraries & set(Path(frame.filename).parents)]
    if not outside:
        return None
    frame = outside[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}: {frame.line}"
