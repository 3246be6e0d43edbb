"""What arrived at a rule, kept in a file of plain arrays (`.npz`, never pickled), and the rule run on it again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.auditing import arguments
from verify.auditing.captured import CapturedRule
from verify.auditing.lifted import differentiable
from verify.auditing.place import Place
from verify.auditing.recording import Recorder
from verify.report import Finding
from verify.reproduce import import_line


def rule_at(fun: Callable[..., Any], args: Sequence[Any], address: str) -> CapturedRule:
    """The rule that stands at an address of `fun(*args)`, as a function of the values that arrive there.

    Raises:
        ValueError: no rule stands there; the message lists the addresses of those that do.
    """
    call, leaves = arguments.dynamic(fun, args)
    program, recorder = jax.make_jaxpr(call)(*leaves), Recorder()
    jax.eval_shape(lambda *values: (recorder.evaluate(program, values, Place()), ())[1], *leaves)
    if address not in recorder.sites:
        there = ", ".join(f"{a} ({found.word})" for a, found in recorder.sites.items())
        raise ValueError(
            f"`address` must be that of a rule in this program, {there or 'which has none'}; got {address}."
        )
    return CapturedRule(recorder.sites[address])


def cotangents(
    fun: Callable[..., Any], args: Sequence[Any], address: str, file: str | Path
) -> tuple[list[Any], list[Any]]:
    """The cotangents of the floating arguments at what `file` holds: by the rule, and by its primal without it."""
    rule = rule_at(fun, args, address)
    with np.load(file) as saved:
        kept = {name: saved[name] for name in saved.files}
    avals = [atom.aval for atom in rule.site.eqn.invars]
    values = [_restored(kept[f"x{i}"], aval) for i, aval in enumerate(avals)]
    weights = [kept[f"w{i}"] for i in range(sum(name.startswith("w") for name in kept))]
    return _pulled(rule, values, weights), _pulled(rule.primal, values, weights)


def save(folder: Path, name: str, finding: Finding) -> Path | None:
    """Write a finding's example into a new file of `folder`, None where there is none."""
    if finding.example is None:
        return None
    values, weights = finding.example
    folder.mkdir(parents=True, exist_ok=True)
    plain = re.sub(r"\W+", "-", f"{name}-{finding.law}-{finding.argument or 'all'}").strip("-")
    file = folder / f"{plain}.npz"
    arrays: dict[str, Any] = {f"x{i}": _stored(v) for i, v in enumerate(values)} | {
        f"w{i}": _stored(w) for i, w in enumerate(weights)
    }
    unfinished = file.with_suffix(".part")
    with unfinished.open("wb") as out:
        np.savez(out, **arrays)  # plain numbers only, so nothing is pickled
    os.replace(unfinished, file)
    return file


def imports(fun: Any) -> tuple[str, ...]:
    """Lines that import the program where it can be found by its name; its arguments are the reader's to fill in."""
    return import_line("fun", fun), "# args = the arguments of the audit"


def lines(imported: Sequence[str], address: str, finding: Finding, file: Path | None) -> tuple[str, ...]:
    """Lines that run the rule again on what arrived there, after those that make `fun` and `args`."""
    where = "finding.example" if file is None else repr(str(file))
    out = ["import numpy as np", "from verify.auditing import replay", *imported]
    if file is None:
        out.append("# `finding` is this finding of the report; audit(..., folder=...) keeps a failure in a file")
        out.append(f"rule = replay.rule_at(fun, args, {address!r})  # a function of {where}[0]")
        return tuple(out)
    entry = list(finding.index) if finding.index else ""
    look = "" if finding.argument is None else f"  # look at {finding.argument}{entry} of the rule"
    out.append(f"by_rule, without_rule = replay.cotangents(fun, args, {address!r}, {where})")
    out.append(f"print(by_rule, without_rule){look}")
    return tuple(out)


def _pulled(call: Callable[..., Any], values: Sequence[Any], weights: Sequence[Any]) -> list[Any]:
    moving = [i for i, v in enumerate(values) if differentiable(v)]

    def run(*floats: Any) -> list[Any]:
        given = list(values)
        for i, x in zip(moving, floats, strict=True):
            given[i] = x
        return [y for y in call(*given) if differentiable(y)]

    outs, pullback = jax.vjp(run, *[values[i] for i in moving])
    parts = iter(weights)  # a complex output has two
    given = [next(parts) + 1j * next(parts) if jnp.iscomplexobj(y) else next(parts) for y in outs]
    return list(pullback([jnp.asarray(w, y.dtype) for w, y in zip(given, outs, strict=True)]))


def _stored(value: Any) -> np.ndarray:
    """An array of a dtype that NumPy's files know: narrow floats as float32, keys as their data."""
    if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return np.asarray(jax.random.key_data(value))
    array = np.asarray(value)
    return array if array.dtype.kind in "biufc" else array.astype(np.float32)


def _restored(array: np.ndarray, aval: Any) -> Any:
    if jax.dtypes.issubdtype(aval.dtype, jax.dtypes.prng_key):
        key: Any = jax.ShapeDtypeStruct((), aval.dtype)
        return jax.random.wrap_key_data(jnp.asarray(array), impl=jax.random.key_impl(key))
    return array.astype(aval.dtype)
