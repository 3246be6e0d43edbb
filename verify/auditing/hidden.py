"""Whatever may hide a rule and was not entered: listed in the report's notes, never skipped in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from verify import interpreter
from verify.auditing.walk import ENTERED, holds_rule

_HIDING = "it hides a rule: the option jax_custom_vjp3 makes such calls, switch it off to have the rule checked"
_UNSEEN = "a rule inside it would not be seen; it was checked only as part of a rule around it"


def told(program: Any) -> list[str]:
    """One sentence per kind of primitive that was not entered."""
    found = Counter((eqn.primitive.name, reason) for eqn, reason in _unentered(program))
    return [f"not entered: {name} ({count} time{'s' * (count > 1)}): {why}" for (name, why), count in found.items()]


def _unentered(program: Any) -> Iterator[tuple[Any, str]]:
    for eqn in getattr(program, "jaxpr", program).eqns:
        name = eqn.primitive.name
        if "hi_primitive" in name:
            yield eqn, _HIDING
        elif interpreter.calls_out(eqn):
            yield eqn, _UNSEEN
        elif name not in ENTERED and holds_rule(eqn):
            yield eqn, "there is a rule inside, which was not checked"
        elif name not in ENTERED and any(map(_may_hide, eqn.params.values())):
            yield eqn, _UNSEEN
        else:
            for _, _, inner in interpreter.inner(eqn):
                yield from _unentered(inner)


def _may_hide(value: Any) -> bool:
    """Whether a parameter is a function of Python's, which may do anything when it is lowered or differentiated."""
    return callable(value) and not isinstance(value, type) and not hasattr(value, "dtype")
