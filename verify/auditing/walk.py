"""Going through a program, into everything it holds: what is done at each rule is for those who walk.

A walk evaluates a jaxpr under tracing: calls are inlined, loops and branches built again around their bodies, so that
what the walker adds inside of them comes out. It is used to record values (`recording`) and to silence cotangents
(`shares`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from verify import interpreter, stripping
from verify.auditing import site
from verify.auditing.place import Place
from verify.auditing.site import Site
from verify.interpreter import CALLS, LOOPS, RULES

WORDS = {"remat2": "remat", "checkpoint": "remat", "pjit": "jit"}
SHARDED, SOLVE = "shard_map", "custom_linear_solve"
ENTERED = frozenset({*CALLS, *RULES, *LOOPS, SHARDED, SOLVE})


class Walk:
    """One way through a program; subclasses say what happens at rules and how loops are built again."""

    def evaluate(self, program: Any, args: Sequence[Any], place: Place) -> list[Any]:
        """The outputs of a program, open or closed."""
        return interpreter.evaluate(program, args, lambda i, eqn, values: self._step(i, eqn, values, place))

    def rule(self, found: Site, values: list[Any], index: int) -> list[Any]:
        """The outputs of a rule's equation."""
        raise NotImplementedError

    def scan(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """The outputs of a scan with rules inside."""
        raise NotImplementedError

    def while_(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """The outputs of a while loop with rules inside."""
        raise NotImplementedError

    def cond(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """The outputs of a choice between branches with rules inside."""
        raise NotImplementedError

    def shard_map(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """The outputs of a `shard_map` with rules inside."""
        raise NotImplementedError

    def custom_linear_solve(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """The outputs of a linear solve with rules inside."""
        return interpreter.bind(eqn, values)

    def _step(self, index: int, eqn: Any, values: list[Any], place: Place) -> list[Any]:
        name = eqn.primitive.name
        if name in RULES:
            return self.rule(site.make(place, index, eqn), values, index)
        if name in CALLS and holds_rule(eqn):
            mapped = "vmap(" in str(eqn.source_info.name_stack) and "vmap" not in place.words
            place = _through(place, eqn)
            word = ("vmap / " if mapped else "") + WORDS.get(name, name)
            return self.evaluate(eqn.params[CALLS[name]], values, place.inside(index, word))
        if name in (*LOOPS, SHARDED, SOLVE) and holds_rule(eqn):
            build = getattr(self, name if name != "while" else "while_")
            return build(eqn, values, _through(place, eqn), index)
        return interpreter.bind(eqn, values)


def holds_rule(eqn: Any) -> bool:
    """Whether a rule stands anywhere inside an equation."""
    return any(stripping.has_rule(program) for _, _, program in interpreter.inner(eqn))


def _through(place: Place, eqn: Any) -> Place:
    """The place with the user's line that leads into an equation: a rule inside may have none of its own."""
    return dataclasses.replace(place, called=site.caller(eqn) or place.called)
