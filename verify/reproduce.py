"""Lines that show a failure again when pasted: imports, the example written out, the call, the entry to look at."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding

from verify.complexes import joined_cotangents
from verify.items import Item
from verify.problem import Problem
from verify.subject import BackwardSubject

_LONGEST = 64  # entries of an array that a person still wants to see written out


def lines(problem: Problem, subject: Any, item: Item, argument: str | None, index: Any) -> tuple[str, ...]:
    """Python source lines; arrays too large to print are taken from the finding itself."""
    by_hand = isinstance(subject, BackwardSubject)
    called = [("backward", subject.backward)] if by_hand else [("fun", problem.fun)]
    out = ["import jax, numpy as np"]
    out += [import_line(role, fun) for role, fun in called]
    arguments = problem.arguments(item.floats, item.others)
    joined = joined_cotangents(item.cotangents, problem.complex_outputs)
    sources = [_source(a) for a in (*arguments, *joined)]
    if any(source is None for source in sources):
        out.append("args, cotangents = finding.example  # too large to print: `finding` is this finding of the report")
        shown, duals = "*args", [f"cotangents[{i}]" for i in range(len(joined))]
    else:
        names = [f"x{i}" for i in range(len(arguments))]
        out += [f"{name} = {source}" for name, source in zip(names, sources, strict=False)]
        out += [f"w{i} = {source}" for i, source in enumerate(sources[len(arguments) :])]
        shown, duals = ", ".join(names), [f"w{i}" for i in range(len(joined))]
    if by_hand:
        call = f"backward({shown}, {duals[0] if len(duals) == 1 else '(' + ', '.join(duals) + ')'})"
    else:
        out.append(f"y, pullback = jax.vjp(fun, {shown})")
        call = f"pullback(jax.tree.unflatten(jax.tree.structure(y), [{', '.join(duals)}]))"
    entry = "" if argument is None else f"  # look at {argument}{'' if not index else list(index)}"
    out.append(f"print({call}){entry}")
    return tuple(out)


def jacobian_lines(
    problem: Problem, jacobian: Any, item: Item, argument: str, index: tuple[int, ...], *, beside: bool
) -> tuple[str, ...]:
    """Lines for one entry of a claimed Jacobian and, `beside` it where there is one, of JAX's own.

    `jacobian` is None where it was given as numbers.
    """
    arguments = problem.arguments(item.floats, item.others)
    sources = [_source(a) for a in arguments]
    given = "jacobian = what was passed to the check" if jacobian is None else import_line("jacobian", jacobian)
    out = ["import jax, numpy as np", import_line("fun", problem.fun), given if jacobian is not None else f"# {given}"]
    if any(source is None for source in sources):
        out.append("args = finding.example  # too large to print: `finding` is this finding of the report")
    else:
        out.append(f"args = ({', '.join(str(source) for source in sources)},)")
    floating = [i for i, a in enumerate(arguments) if any(_differentiable(leaf) for leaf in jax.tree.leaves(a))]
    place = f"  # look at {argument}, entry {list(index)}: that of the output, then that of the argument"
    out.append(f"print(jacobian{'' if jacobian is None else '(*args)'}){place}")
    if beside:
        out.append(f"print(jax.jacobian(fun, argnums={tuple(floating)})(*args))")
    return tuple(out)


def _differentiable(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating)


def second_order_lines(problem: Problem, item: Item, directions: Sequence[Any]) -> tuple[str, ...]:
    """Lines for d/dx <B(x, w), v> of the rule, entry by entry; a sentence where that takes more than a few lines."""
    plain = _plain_arguments(problem, item)
    sources = None if plain is None else _sources((*plain, *item.cotangents, *directions))
    if plain is None or sources is None:
        return ("# d/dx <backward(x, w), v> of the rule differs from the same of its primal without the rule",)
    names = [f"x{i}" for i in range(len(plain))]
    values = [*names, "w0", *(f"v{i}" for i in range(len(directions)))]
    terms = " + ".join(f"jax.numpy.vdot(g[{i}], v{i})" for i in range(len(names)))
    every = ", ".join(names)
    return (
        "import jax, numpy as np",
        import_line("fun", problem.fun),
        *(f"{name} = {source}" for name, source in zip(values, sources, strict=True)),
        f"slope = lambda w0, {every}: (lambda g: {terms})(jax.vjp(fun, {every})[1](w0))",
        f"print(jax.grad(slope, argnums={tuple(range(len(names) + 1))})(w0, {every}))  # by w0, then by arguments",
    )


def partly_lines(problem: Problem, item: Item, leaves: Sequence[int], out: int, told: str) -> tuple[str, ...]:
    """Lines that differentiate some arguments and one output, and all; a sentence where that takes more than a few."""
    plain = _plain_arguments(problem, item)
    sources = None if plain is None else _sources((*plain, *item.cotangents))
    if plain is None or sources is None:
        return (f"# jax.vjp where {told} differs from the same among all arguments and outputs ({out} is the output)",)
    names = [f"x{i}" for i in range(len(plain))]
    chosen = ", ".join(names[k] for k in leaves)
    return (
        "import jax, numpy as np",
        import_line("fun", problem.fun),
        *(f"{name} = {source}" for name, source in zip([*names, "w0"], sources, strict=True)),
        f"g = jax.vjp(fun, {', '.join(names)})[1](w0)",
        f"print([g[k] for k in {list(leaves)}])",
        f"print(jax.vjp(lambda {chosen}: fun({', '.join(names)}), {chosen})[1](w0))  # {told}",
    )


def transformed_lines(
    problem: Problem, items: Sequence[Item], law: str, batched: Sequence[bool], argument: str, index: Any
) -> tuple[str, ...]:
    """Lines that pull back through a transformation and in a loop; a sentence where that takes too many lines."""
    rows = [_plain_arguments(problem, item) for item in items]
    axes = "(" + ", ".join("0" if one else "None" for one in batched) + ("," if len(batched) == 1 else "") + ")"
    told = f"jax.vmap of the pullback with in_axes={axes}" if law.startswith("vmap") else f"the pullback, {law},"
    sentence = (f"# {told} differs from a loop over the rows",)
    if rows[0] is None:
        return sentence
    stacked = [
        np.stack([row[i] for row in rows if row is not None]) if one else rows[0][i] for i, one in enumerate(batched)
    ]
    sources = _sources((*stacked, np.stack([item.cotangents[0] for item in items])))
    if sources is None:
        return sentence
    names = [f"x{i}" for i in range(len(stacked))]
    row = ", ".join(f"{name}[i]" if one else name for name, one in zip(names, batched, strict=True))
    given = ", ".join(names)
    calls = {
        "grad of vmap": f"jax.vjp(jax.vmap(fun), {given})[1](w0)",
        "scan": f"jax.vjp(lambda *x: jax.lax.scan(lambda c, row: (c, fun(*row)), (), x)[1], {given})[1](w0)",
        "remat": f"jax.vjp(jax.checkpoint(fun), {', '.join(f'{name}[0]' for name in names)})[1](w0[0])",
    }
    shown = calls.get(law, f"jax.vmap(pull, in_axes=({axes}, 0))(({given},), w0)")
    return (
        "import jax, numpy as np",
        import_line("fun", problem.fun),
        *(f"{name} = {source}" for name, source in zip([*names, "w0"], sources, strict=True)),
        "pull = lambda xs, w: jax.vjp(fun, *xs)[1](w)",
        f"print({shown})  # look at {argument}{list(index)}",
        f"print([pull(({row},), w0[i]) for i in range({len(items)})])",
    )


def sharded_lines(problem: Problem, item: Item, argument: str, index: Sequence[int]) -> tuple[str, ...]:
    """Lines that pull back with the arguments on their devices, and without; a sentence where that takes too many."""
    plain, wheres = _plain_arguments(problem, item), problem.shardings
    sources = None if plain is None else _sources((*plain, *item.cotangents))
    named = [where for where in wheres if isinstance(where, NamedSharding)]
    if sources is None or not named or len(named) < sum(where is not None for where in wheres):
        return ("# jax.jit of the pullback, with arguments on several devices, differs from the same on one device",)
    sizes, names = tuple(named[0].mesh.shape.values()), tuple(named[0].mesh.axis_names)
    kinds = ", ".join(f"jax.sharding.{kind}" for kind in named[0].mesh.axis_types)
    given = [f"x{i}" for i in range(len(wheres))]
    placed = [
        name if where is None else f"jax.device_put({name}, jax.NamedSharding(mesh, jax.{where.spec!r}))"
        for name, where in zip(given, wheres, strict=True)
    ]
    entry = f"look at every copy of {argument}{list(index) if index else ''}"
    return (
        f"# with {named[0].mesh.size} devices: XLA_FLAGS=--xla_force_host_platform_device_count={named[0].mesh.size}",
        "import jax, numpy as np",
        import_line("fun", problem.fun),
        f"mesh = jax.make_mesh({sizes}, {names}, axis_types=({kinds},))",
        *(f"{name} = {source}" for name, source in zip([*given, "w0"], sources, strict=True)),
        f"placed = ({', '.join(placed)},)",
        "pull = jax.jit(lambda xs, w: jax.vjp(fun, *xs)[1](w))",
        "w = jax.device_put(w0, jax.jit(fun)(*placed).sharding)",
        f"print([[shard.data for shard in g.addressable_shards] for g in pull(placed, w)])  # {entry}",
        f"print(pull(({', '.join(given)},), w0))",
    )


def _plain_arguments(problem: Problem, item: Item) -> tuple[Any, ...] | None:
    """The arguments, where each is one float array and there is one output: the case that reads well in a few lines."""
    arguments = problem.arguments(item.floats, item.others)
    if len(arguments) != len(item.floats) or len(item.cotangents) != 1 or set(problem.kinds) != {"float"}:
        return None
    return arguments if all(hasattr(a, "dtype") for a in arguments) else None


def _sources(arrays: Sequence[Any]) -> list[str] | None:
    sources = [_source(a) for a in arrays]
    return None if any(source is None for source in sources) else [str(source) for source in sources]


def import_line(role: str, fun: Any) -> str:
    """An import where the function can be found by its own name, else a comment."""
    inner = inspect.unwrap(fun)
    module, qualname = getattr(inner, "__module__", None) or "", getattr(inner, "__qualname__", "")
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if module in ("", "__main__") or found is not fun:
        return f"# {role} = the function that was passed to the check"
    top = qualname.split(".")[0]
    return f"from {module} import {top}" + (f"; {role} = {qualname}" if qualname != role else "")


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
    if array.dtype.kind == "c":
        return f"({_array_source(array.real)} + 1j * {_array_source(array.imag)})"
    if array.dtype.kind not in "biuf":
        return f"jax.numpy.asarray({_entries(array.astype(np.float32))}, {str(array.dtype)!r})"
    return f"np.asarray({_entries(array)}, {str(array.dtype)!r})"


def _entries(array: np.ndarray) -> str:
    """Nested lists of the shortest decimals that read back as the same numbers in the array's dtype."""
    if array.dtype.kind == "f":
        array = np.asarray([float(str(entry)) for entry in array.reshape(-1)], object).reshape(array.shape)
    text = repr(array.tolist())
    return text.replace("nan", "np.nan").replace("inf", "np.inf")


class _Verbatim:
    """Prints as its text, so that `repr` of a tree shows sources and not objects."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def __repr__(self) -> str:
        return str(self._text)
