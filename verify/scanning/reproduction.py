"""Reproductions: at most six lines of Python that print what the library says and what is right; and they are run."""

from __future__ import annotations

import contextlib
import io
import types
from collections.abc import Iterator, Sequence

import jax
import numpy as np

from verify.scanning.functions import resolve
from verify.scanning.lattice import Entry, Item
from verify.scanning.programs import Programs
from verify.scanning.signatures import expression

_WIDE = 'jax.config.update("jax_enable_x64", True)'
_DERIVE = {"reverse": "jax.jacrev", "forward": "jax.jacfwd"}


def lines(programs: Programs, item: Item, mode: str, order: int, dtype: str, expected: str) -> tuple[str, ...]:
    """Lines that print the derivative in one mode (or the value) at an item, and what is expected."""
    call = programs.call
    names = _variables(call.words)
    spelled = {i: names[i] for i in range(len(names))}
    body = expression(call, spelled)
    arguments = ", ".join(names)
    out = [_imports(call.name)]
    if dtype == "float64":
        out.append(_WIDE)
    out.append(f"fun = lambda {arguments}: {_weighted(body, programs)}")
    given = (literal(array, dtype) for array in item.arrays)
    out.append(f"args = ({', '.join(given)},)")
    entries = (item.first, item.second)[:order]
    out.append(f'print("got", {_derived(mode, entries)}(*args){_indices(entries)})')
    out.append(f'print("expected", "{expected}")')
    return tuple(out)


def printed(reproduction: Sequence[str]) -> float:
    """What the lines print as got, run here; x64 is switched on for their time only."""
    wide = _WIDE in reproduction
    code = "\n".join(line for line in reproduction if line != _WIDE)
    out = io.StringIO()
    with jax.enable_x64(wide), contextlib.redirect_stdout(out):
        exec(compile(code, "reproduction", "exec"), {})
    return float(out.getvalue().split()[1])


def literal(array: np.ndarray, dtype: str) -> str:
    """An array as Python, in the dtype asked for where it is floating."""
    name = dtype if array.dtype.kind == "f" else str(array.dtype).replace("bool", "bool_")
    return f"np.{name}({short(array)})"


def short(array: np.ndarray) -> str:
    """The entries, exactly: what float32 holds is printed so that float64 reads the same number."""
    if array.ndim:
        return f"[{', '.join(short(part) for part in array)}]"
    return repr(float(array)) if array.dtype.kind == "f" else str(array)


def place(programs: Programs, item: Item) -> str:
    """The inputs in short."""
    names = _variables(programs.call.words)
    given = ", ".join(f"{name}={short(array)}" for name, array in zip(names, item.arrays, strict=True))
    fixed = "" if _plain(programs.call.text) else f" in {expression(programs.call, dict(enumerate(names)))}"
    return given + fixed


def argument(programs: Programs, entry: Entry) -> str:
    """The name of the argument that an entry belongs to."""
    return _variables(programs.call.words)[entry.position]


def _plain(text: str) -> bool:
    return "=" not in text and not any(part.strip("() ")[:1].isdigit() for part in text.split(","))


def _imports(name: str) -> str:
    module = name.rsplit(".", 1)[0]
    while not isinstance(resolve(module), types.ModuleType):
        module = module.rsplit(".", 1)[0]
    extra = "" if module in ("jax", "jax.numpy") else f", {module}"
    return f"import jax, numpy as np, jax.numpy as jnp{extra}"


def _weighted(body: str, programs: Programs) -> str:
    """The scalar that is differentiated: a lone real scalar output itself, else outputs times weights."""
    kept = programs.leaves
    if kept == ("float",) and programs.outputs[0].shape == ():
        return body
    parts = iter(programs.weights)
    weights = [_weight(kind, parts) for kind in kept if kind != "other"]
    if len(kept) == 1:
        return f"jnp.vdot({weights[0]}, {body}).real"
    chosen = [i for i, kind in enumerate(kept) if kind != "other"]
    return (
        f"sum(jnp.vdot(w, y).real for w, y in zip([{', '.join(weights)}], "
        f"[jax.tree.leaves({body})[i] for i in {chosen}]))"
    )


def _weight(kind: str, parts: Iterator[np.ndarray]) -> str:
    weight = next(parts)
    return f"jnp.array({short(weight)})" + (f" + 1j * jnp.array({short(next(parts))})" if kind == "complex" else "")


def _derived(mode: str, entries: Sequence[Entry]) -> str:
    out = "fun"
    if mode == "value":
        return out
    for part, entry in zip(reversed(mode.split(" of ")), entries, strict=True):
        out = f"{_DERIVE[part]}({out}, {entry.position})"
    return out


def _indices(entries: Sequence[Entry]) -> str:
    return "".join(f"[{', '.join(map(str, entry.at))}]" for entry in entries if entry.at)


def _variables(words: Sequence[str]) -> list[str]:
    """The function's own names where they are names and differ, else x0, x1, ..."""
    plain = all(word.isidentifier() for word in words) and len(set(words)) == len(words)
    return list(words) if plain else [f"x{i}" for i in range(len(words))]
