"""How a function is called: from the table `signatures.toml`, or else by probing.

An entry of the table is a list of calls, written as Python: `"(x34, axis=1, keepdims=True)"`. Names are kinds of
arguments (`kinds`), dotted names are Python objects (`jax.numpy.add`), everything else is a literal.
"""

from __future__ import annotations

import ast
import functools
import inspect
import tomllib
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify.scanning import kinds
from verify.scanning.functions import resolve

_TABLE = Path(__file__).with_name("signatures.toml")
# What is tried where the table has no entry, in this order; the first that returns finite floats is taken.
_PROBES = ("x", "u", "g", "x3", "x23", "s33", "d33", "x222", "i3", "b3")
_NO_CALL = "it takes shapes, files, callables or keys, or its result is no array whose shape is known"


class Call(NamedTuple):
    """One way to call a function: `text` as in the table, and what its names stand for, in order of appearance.

    `run(*arrays)` calls the function with an array for every name; `words` names the arguments as the function does.
    """

    name: str
    text: str
    kinds: tuple[kinds.Kind, ...]
    shapes: tuple[tuple[int, ...], ...]
    words: tuple[str, ...]
    run: Callable[..., Any]
    bind: Callable[..., dict[str, Any]]  # the function's own parameters by name, defaults filled in

    @property
    def scalar(self) -> bool:
        """Whether all floating arguments are scalars."""
        return all(not shape for kind, shape in zip(self.kinds, self.shapes, strict=True) if kind.floating)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Ordinary values of all arguments."""
        return tuple(np.asarray(kind.draw(rng, shape)) for kind, shape in zip(self.kinds, self.shapes, strict=True))


class Table(NamedTuple):
    """The table as a file holds it: calls by function, why some are left out, and what some do on purpose."""

    calls: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str]
    conventions: Mapping[str, str]


@functools.cache
def table(path: Path = _TABLE) -> Table:
    """Read the table.

    Entries are parsed when they are asked for: `parse` says which is no call.
    """
    with path.open("rb") as file:
        data = tomllib.load(file)
    calls: dict[str, tuple[str, ...]] = {}
    left_out = {name: reason for reason, names in data["left_out"].items() for name in names}
    for module, entries in data["calls"].items():
        for function, entry in entries.items():
            name = f"{module}.{function}"
            calls[name] = (entry,) if isinstance(entry, str) else tuple(entry)
            if not calls[name]:
                left_out.setdefault(name, _NO_CALL)
    return Table(calls, left_out, data["conventions"])


def calls(name: str, known: Table | None = None) -> tuple[Call, ...]:
    """The calls of a function: those of the table, or the first probe that works; none where none does."""
    known = known or table()
    if name in known.calls:
        return tuple(parse(name, text) for text in known.calls[name])
    found = _probed(name)
    return () if found is None else (found,)


def parse(name: str, text: str) -> Call:
    """The call that an entry of the table stands for.

    Raises:
        ValueError: it is not written as a call of kinds, dotted names and literals.
    """
    try:
        node = ast.parse(f"f{text}" if text.startswith("(") else text, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"signature of `{name}` must be a call such as '(x3, axis=0)'; got {text!r}.") from error
    if not isinstance(node, ast.Call):
        raise ValueError(f"signature of `{name}` must be a call such as '(x3, axis=0)'; got {text!r}.")
    found: dict[str, str] = {}
    for word, part in _worded(name, node):
        for leaf in _names(part):
            found.setdefault(leaf, word if isinstance(part, ast.Name) else leaf)
    parsed = [kinds.parse(leaf) for leaf in found]
    if not all(parsed):
        odd = [leaf for leaf, kind in zip(found, parsed, strict=True) if kind is None]
        raise ValueError(f"signature of `{name}` must name kinds of arguments; {odd[0]!r} in {text!r} is none.")

    def run(*arrays: Any) -> Any:
        given = dict(zip(found, arrays, strict=True))
        args = [_value(arg, given) for arg in node.args]
        return resolve(name)(*args, **{word.arg: _value(word.value, given) for word in node.keywords if word.arg})

    def bind(*arrays: Any) -> dict[str, Any]:
        given = dict(zip(found, arrays, strict=True))
        bound = {word: _value(part, given) for word, part in _worded(name, node)}
        return _defaults(name) | bound

    known = [pair for pair in parsed if pair is not None]
    return Call(name, text, tuple(k for k, _ in known), tuple(s for _, s in known), tuple(found.values()), run, bind)


def expression(call: Call, spelled: Mapping[int, str]) -> str:
    """The call as Python, the names replaced by what `spelled` says for each position."""
    node = ast.parse(f"f{call.text}", mode="eval").body
    assert isinstance(node, ast.Call)
    names = list(dict.fromkeys(leaf for _, part in _worded(call.name, node) for leaf in _names(part)))
    known = {leaf: spelled[i] for i, leaf in enumerate(names)}

    class Spelled(ast.NodeTransformer):
        def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
            return node

        def visit_Name(self, node: ast.Name) -> ast.AST:
            return ast.parse(known[node.id], mode="eval").body

    args = [ast.unparse(Spelled().visit(arg)) for arg in node.args]
    words = [f"{word.arg}={ast.unparse(Spelled().visit(word.value))}" for word in node.keywords]
    return f"{call.name}({', '.join(args + words)})"


def generator(seed: int, *texts: str) -> np.random.Generator:
    """Random numbers that depend on the seed and the texts alone, in every process alike."""
    return np.random.default_rng([seed, *(zlib.crc32(text.encode()) for text in texts)])


def _worded(name: str, node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    try:
        parameters = list(inspect.signature(resolve(name)).parameters.values())
    except (TypeError, ValueError):  # builtins have no signature
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    for i, arg in enumerate(node.args):
        yield (plain[i] if i < len(plain) else f"args[{i}]"), arg
    for word in node.keywords:
        yield str(word.arg), word.value


@functools.cache
def _defaults(name: str) -> dict[str, Any]:
    try:
        parameters = inspect.signature(resolve(name)).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _names(node: ast.expr) -> Iterator[str]:
    """Names that stand for kinds, in order; those of dotted names do not."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.List | ast.Tuple):
        for part in node.elts:
            yield from _names(part)


def _value(node: ast.expr, given: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return given[node.id]
    if isinstance(node, ast.Attribute):
        return resolve(ast.unparse(node))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, given)
    if isinstance(node, ast.List | ast.Tuple):
        parts = [_value(part, given) for part in node.elts]
        return parts if isinstance(node, ast.List) else tuple(parts)
    return ast.literal_eval(node)


def _probed(name: str) -> Call | None:
    """The first probe at which the function returns finite floats for as many arguments as it requires."""
    count = _required(name)
    if not 1 <= count <= 4:
        return None
    for probe in _PROBES:
        letter, shape = probe[0], probe[1:]
        call = parse(name, f"({', '.join(f'{letter}{chr(97 + i)}{shape}' for i in range(count))})")
        if _answers(call):
            return call
    return None


def _required(name: str) -> int:
    try:
        parameters = inspect.signature(resolve(name)).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def _answers(call: Call) -> bool:
    arrays = [jnp.asarray(x) for x in call.draw(generator(0, call.name))]
    try:
        outputs = [y for y in jax.tree.leaves(call.run(*arrays)) if hasattr(y, "dtype")]
    except Exception:  # a probe asks whether the function takes such arguments; each refuses in its own way
        return False
    return bool(outputs) and all(bool(np.isfinite(np.asarray(y, np.complex128)).all()) for y in outputs)
