"""Lines that show a failure again when pasted: imports, the example written out, the call, the entry to look at."""

from __future__ import annotations

import inspect
from typing import Any

import jax
import numpy as np

from verify.items import Item
from verify.problem import Problem
from verify.subject import BackwardSubject

_LONGEST = 64  # entries of an array that a person still wants to see written out


def lines(problem: Problem, subject: Any, item: Item, argument: str | None, index: Any) -> tuple[str, ...]:
    """Python source lines; arrays too large to print are taken from the finding itself."""
    by_hand = isinstance(subject, BackwardSubject)
    called = [("backward", subject.backward)] if by_hand else [("fun", problem.fun)]
    out = ["import jax, numpy as np"]
    out += [_import_line(role, fun) for role, fun in called]
    arguments = problem.arguments(item.floats, item.others)
    sources = [_source(a) for a in (*arguments, *item.cotangents)]
    if any(source is None for source in sources):
        out.append("args, cotangents = finding.example  # too large to print: `finding` is this finding of the report")
        shown, duals = "*args", [f"cotangents[{i}]" for i in range(len(item.cotangents))]
    else:
        names = [f"x{i}" for i in range(len(arguments))]
        out += [f"{name} = {source}" for name, source in zip(names, sources, strict=False)]
        out += [f"w{i} = {source}" for i, source in enumerate(sources[len(arguments) :])]
        shown, duals = ", ".join(names), [f"w{i}" for i in range(len(item.cotangents))]
    if by_hand:
        call = f"backward({shown}, {duals[0] if len(duals) == 1 else '(' + ', '.join(duals) + ')'})"
    else:
        out.append(f"y, pullback = jax.vjp(fun, {shown})")
        call = f"pullback(jax.tree.unflatten(jax.tree.structure(y), [{', '.join(duals)}]))"
    entry = "" if argument is None else f"  # look at {argument}{'' if not index else list(index)}"
    out.append(f"print({call}){entry}")
    return tuple(out)


def _import_line(role: str, fun: Any) -> str:
    inner = inspect.unwrap(fun) if callable(fun) else fun
    module, qualname = getattr(inner, "__module__", None), getattr(inner, "__qualname__", "")
    if module and module != "__main__" and qualname and "<" not in qualname:
        top, _, rest = qualname.partition(".")
        return f"from {module} import {top}; {role} = {top}{'.' + rest if rest else ''}"
    return f"# {role} = the function that was passed to the check"


def _source(argument: Any) -> str | None:
    """An argument as source, or None when it is too large or has no literal form."""
    leaves = jax.tree.leaves(argument)
    treedef: Any = jax.tree.structure(argument)
    if sum(np.size(leaf) for leaf in leaves) > _LONGEST:
        return None
    texts = [_array_source(leaf) for leaf in leaves]
    if any(text is None for text in texts):
        return None
    if len(texts) == 1 and jax.tree.structure(0) == treedef:
        return texts[0]
    return repr(jax.tree.unflatten(treedef, [_Verbatim(text) for text in texts]))


def _array_source(leaf: Any) -> str | None:
    if not hasattr(leaf, "dtype"):
        return repr(leaf)
    if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return None
    array = np.asarray(leaf)
    if array.dtype.kind not in "biuf":
        return f"jax.numpy.asarray({_entries(array.astype(np.float32))}, {str(array.dtype)!r})"
    return f"np.asarray({_entries(array)}, {str(array.dtype)!r})"


def _entries(array: np.ndarray) -> str:
    text = repr(array.tolist())
    return text.replace("nan", "np.nan").replace("inf", "np.inf")


class _Verbatim:
    """Prints as its text, so that `repr` of a tree shows sources and not objects."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def __repr__(self) -> str:
        return str(self._text)
