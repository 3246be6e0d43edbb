"""A rule's equation and where it comes from: its name, the line that defines it and the line of the user that calls it.

JAX keeps both: the debug information of the rule's program names the function, the traceback of the equation the call.
"""

from __future__ import annotations

import dataclasses
import sysconfig
from pathlib import Path
from typing import Any

import jax
import numpy as np

from verify import _precision
from verify.auditing.place import Place
from verify.interpreter import RULES

_LIBRARIES = tuple({str(Path(sysconfig.get_paths()[name]).resolve()) for name in ("purelib", "platlib", "stdlib")})
_JAX = str(Path(jax.__file__).resolve().parent)
_HERE = str(Path(__file__).resolve().parents[1])
# functions of wrappers that hide the name of the user's own: that is looked for among their callers
_WRAPPERS = ("fn_wrapped", "fun_wrapped", "<lambda>", "wrapped")


@dataclasses.dataclass(frozen=True)
class Site:
    """One equation that carries a rule.

    Attributes:
        place: the program it stands in.
        address: its own.
        eqn: the equation.
        kind: "custom_jvp" or "custom_vjp".
        name: of the function whose rule it is.
        defined: `file:line` of that function.
        called: `file:line` of the user's line that called it, None where JAX does not know.
    """

    place: Place
    address: str
    eqn: Any
    kind: str
    name: str
    defined: str | None
    called: str | None

    @property
    def program(self) -> Any:
        """The rule-free primal, as JAX traced it."""
        return self.eqn.params[RULES[self.eqn.primitive.name]]

    @property
    def line(self) -> str:
        """The lines by which a person finds it: definition first."""
        if self.defined is None or self.called is None:
            return self.defined or self.called or "line unknown"
        return f"{self.defined}, called at {self.called}"

    @property
    def word(self) -> str:
        """How a path names it."""
        return f"{self.kind} `{self.name}`"

    @property
    def differentiable(self) -> bool:
        """Whether anything is there to check: a float goes in and a float comes out."""
        return any(map(_is_float, self.eqn.invars)) and any(map(_is_float, self.eqn.outvars))

    def told(self, steps: Any) -> str:
        """The path with the steps of its loops: "scan[t=3] / jit / custom_vjp `my_norm` (file.py:12)"."""
        before = self.place.told(steps)
        return f"{before} / {self.word} ({self.line})" if before else f"{self.word} ({self.line})"


def make(place: Place, index: int, eqn: Any) -> Site:
    """The site of equation number `index` of a program."""
    program = eqn.params[RULES[eqn.primitive.name]]
    name, defined = _defined(getattr(program, "jaxpr", program))
    called = caller(eqn) or place.called
    if name in _WRAPPERS and called is not None:
        name = _named_by_wrapper(eqn) or name
    mapped = "vmap(" in str(eqn.source_info.name_stack) and "vmap" not in place.words
    if mapped:
        place = dataclasses.replace(place, words=(*place.words, "vmap"))
    kind = "custom_jvp" if "jvp" in eqn.primitive.name else "custom_vjp"
    return Site(place, place.at(index), eqn, kind, name, defined, called)


def _is_float(atom: Any) -> bool:
    aval = atom.aval
    return hasattr(aval, "dtype") and _precision.real_dtype(aval.dtype) is not None and int(np.prod(aval.shape)) > 0


def _defined(jaxpr: Any) -> tuple[str, str | None]:
    """Name and `file:line` of the function that a program was traced from."""
    told = str(getattr(getattr(jaxpr, "debug_info", None), "func_src_info", None) or "unknown")
    name, _, line = told.partition(" at ")
    return name, _short(line) if line else None


def _short(line: str) -> str:
    file, _, number = line.rpartition(":")
    return f"{file.rsplit('/', 1)[-1]}:{number}"


def _frames(eqn: Any) -> list[Any]:
    traceback = eqn.source_info.traceback
    return [] if traceback is None else list(traceback.frames)


def caller(eqn: Any) -> str | None:
    """The innermost line outside of all libraries, else the innermost outside of JAX."""
    frames = [f for f in _frames(eqn) if not _within(f.file_name, (_JAX, _HERE))]
    own = [f for f in frames if not _within(f.file_name, _LIBRARIES)]
    for frame in (*own, *frames):
        return f"{frame.file_name.rsplit('/', 1)[-1]}:{frame.line_num}"
    return None


def _within(file: str, folders: tuple[str, ...]) -> bool:
    return file.startswith(folders) or file.startswith("<")


def _named_by_wrapper(eqn: Any) -> str | None:
    """The library function that stands between JAX and the user's line: `filter_custom_vjp.__call__`, say."""
    for frame in _frames(eqn):
        if not _within(frame.file_name, (_JAX, _HERE)):
            return str(frame.function_name).removesuffix(".__call__")
    return None
