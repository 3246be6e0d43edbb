"""Gradient checkers behind one call: `check_rule`, `jax.test_util.check_grads`, chex's and PyTorch's.

All get the same function and example. The peers know nothing of integer arguments or of trees in chex's case, so they
are given the function of its floating leaves, the other leaves closed over. Of a `custom_vjp` they can check reverse
mode only: in their default modes they raise TypeError there, before they have looked at anything. Tolerances, step
and budget are everybody's own defaults; PyTorch's are for float64 alone. A peer's AssertionError means "rejected" (in
PyTorch it is an error of another name); with any other exception it "cannot run", which is neither.
"""

from __future__ import annotations

import dataclasses
import gc
import time
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np

import verify
from benchmarks.corpus import Pair

ACCEPTED, REJECTED, CANNOT_RUN = "accepted", "rejected", "cannot run"
UNNAMED = "unnamed"
OURS, REFERENCE, GRADCHECK = "check_rule", "check_grads order 2", "gradcheck"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a checker says of one function; `codes` are `law: diagnosis` of its failures, in the order of the report."""

    verdict: str
    detail: str = ""
    codes: tuple[str, ...] = ()
    seconds: float = 0.0


# checker(pair, function, example) -> Answer; it may raise, which means that it cannot run
Checker = Callable[[Pair, Callable[..., Any], tuple[Any, ...]], Answer]


def ours(budget: float | None) -> Checker:
    """`verify.check_rule` with only the rule and the example."""

    def check(pair: Pair, fun: Callable[..., Any], example: tuple[Any, ...]) -> Answer:
        report = verify.check_rule(fun, *example, budget=budget)
        codes = tuple(f"{f.law}: {f.diagnosis.code if f.diagnosis else UNNAMED}" for f in report.failures)
        return Answer(ACCEPTED if report.ok else REJECTED, "" if report.ok else str(report), codes)

    return check


def check_grads(order: int) -> Checker:
    """`jax.test_util.check_grads` up to `order`."""

    def check(pair: Pair, fun: Callable[..., Any], example: tuple[Any, ...]) -> Answer:
        of_floats, floats = on_floats(fun, example)
        return judged(lambda: jax.test_util.check_grads(of_floats, floats, order=order, modes=modes(pair)))

    return check


def chex_grads(order: int) -> Checker:
    """`chex.assert_numerical_grads` up to `order`.

    Raises:
        ImportError: chex is not installed; the message names the extra.
    """
    try:
        import chex
    except ImportError as error:
        raise ImportError("chex is not installed: `pip install jaxcnn[bench]`.") from error

    def check(pair: Pair, fun: Callable[..., Any], example: tuple[Any, ...]) -> Answer:
        of_floats, floats = on_floats(fun, example)
        return judged(lambda: chex.assert_numerical_grads(of_floats, floats, order=order, modes=modes(pair)))

    return check


def torch_gradcheck() -> Checker:
    """`torch.autograd.gradcheck` of the function behind a bridge, reverse mode; for float64, says its documentation.

    Raises:
        ImportError: PyTorch is not installed.
    """
    try:
        from torch.autograd.gradcheck import GradcheckError, gradcheck
    except ImportError as error:
        raise ImportError("PyTorch is not installed: `pip install torch`.") from error
    from benchmarks import torch_bridge

    def check(pair: Pair, fun: Callable[..., Any], example: tuple[Any, ...]) -> Answer:
        of_floats, floats = on_floats(fun, example)
        try:
            gradcheck(torch_bridge.bridged(of_floats), torch_bridge.inputs(floats))
        except GradcheckError as error:
            return Answer(REJECTED, str(error))
        return Answer(ACCEPTED)

    return check


def modes(pair: Pair) -> tuple[str, ...]:
    """Forward mode of a custom_vjp raises TypeError in JAX itself."""
    return ("rev",) if pair.rule == "vjp" else ("fwd", "rev")


def on_floats(fun: Callable[..., Any], example: tuple[Any, ...]) -> tuple[Callable[..., Any], tuple[jax.Array, ...]]:
    """`fun` as a function of the floating (or complex) leaves of its arguments alone, and those leaves."""
    leaves, treedef = jax.tree.flatten(example)
    moving = [i for i, leaf in enumerate(leaves) if jnp.issubdtype(np.asarray(leaf).dtype, jnp.inexact)]

    def of_floats(*floats: jax.Array) -> Any:
        filled = [jnp.asarray(leaf) for leaf in leaves]
        for i, x in zip(moving, floats, strict=True):
            filled[i] = x
        return fun(*jax.tree.unflatten(treedef, filled))

    return of_floats, tuple(jnp.asarray(leaves[i]) for i in moving)


def judged(assertion: Callable[[], None]) -> Answer:
    """Run a peer's assertion."""
    try:
        assertion()
    except AssertionError as error:
        return Answer(REJECTED, str(error))
    return Answer(ACCEPTED)


def cold(checker: Checker, pair: Pair, make: Callable[[], Any], example: tuple[Any, ...]) -> Answer:
    """The answer about a fresh function, timed with JAX's caches empty: nothing that ran before helps."""
    fun = make()
    jax.clear_caches()
    gc.collect()  # the garbage of the call before is not this one's time
    started = time.perf_counter()
    try:
        answer = checker(pair, fun, example)
    except Exception as error:  # any checker may refuse in any way: it is counted, listed, and no verdict
        answer = Answer(CANNOT_RUN, f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0]}")
    return dataclasses.replace(answer, seconds=time.perf_counter() - started)


MAKERS: dict[str, Callable[[float | None], Checker]] = {
    OURS: ours,
    "check_grads order 1": lambda _: check_grads(1),
    REFERENCE: lambda _: check_grads(2),
    "chex order 1": lambda _: chex_grads(1),
    "chex order 2": lambda _: chex_grads(2),
    GRADCHECK: lambda _: torch_gradcheck(),
}
ONLY_IN = {GRADCHECK: "float64"}  # its steps and tolerances are made for double precision: in float32 it rejects all


def checkers(budget: float | None, names: Iterable[str] = MAKERS) -> tuple[dict[str, Checker], dict[str, str]]:
    """The checkers of these names, and of those that are not installed what is missing."""
    found: dict[str, Checker] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            found[name] = MAKERS[name](budget)
        except ImportError as error:
            missing[name] = str(error)
    return found, missing
