"""The corpus is large, varied, and honest: right twins are right, and hidden bugs are hidden."""

from __future__ import annotations

import collections
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks.corpus import CORPUS, DIAGNOSES, Pair

# These fail at the example, which shows them as well as a difference would.
RAISING = {
    "tanh_secant": (NotImplementedError, "reverse-mode differentiation"),
    "bias_unsummed": (ValueError, "must produce an output with the same type as the args tuple"),
}


@pytest.fixture(autouse=True)
def _strict() -> Iterator[None]:
    with jax.enable_x64(True), jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        yield


def cotangent(pair: Pair, args: tuple[Any, ...]) -> Any:
    rng = np.random.default_rng(7)

    def draw(s: jax.ShapeDtypeStruct) -> jax.Array:
        x = rng.standard_normal(s.shape)
        if jnp.issubdtype(s.dtype, jnp.complexfloating):
            x = x + 1j * rng.standard_normal(s.shape)
        return jnp.asarray(x, s.dtype)

    return jax.tree.map(draw, jax.eval_shape(pair.primal, *args))


def gradients(funs: list[Callable[..., Any]], args: tuple[Any, ...], ct: Any) -> list[list[np.ndarray]]:
    """The gradients of the arguments that have one; in a single compiled program, for speed."""

    def run(args: tuple[Any, ...], ct: Any) -> list[list[jax.Array]]:
        real = [jnp.issubdtype(a.dtype, jnp.inexact) for a in jax.tree.leaves(args)]
        found = [jax.tree.leaves(jax.vjp(f, *args)[1](ct)) for f in funs]
        return [[g for g, keep in zip(gs, real, strict=True) if keep] for gs in found]

    return jax.tree.map(np.asarray, jax.jit(run)(args, ct))


def distance(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    scale = max(np.abs(e).max() for e in expected)
    parts = [np.abs(f - e).max() / max(np.abs(e).max(), 1e-3 * scale) for f, e in zip(found, expected, strict=True)]
    return float(max(parts)) if np.all(np.isfinite(parts)) else np.inf


def test_size() -> None:
    assert len(CORPUS) >= 90
    assert len({p.name for p in CORPUS}) == len(CORPUS)
    assert len({p.family for p in CORPUS}) >= 22
    assert len({p.bug for p in CORPUS}) >= 28
    assert 0.4 <= np.mean([p.hidden for p in CORPUS]) <= 0.65
    assert collections.Counter(p.rule for p in CORPUS)["jvp"] >= 20
    assert {p.diagnosis for p in CORPUS} <= DIAGNOSES | {None}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_examples_have_the_dtype(dtype: str) -> None:
    allowed = {np.dtype(dtype), np.result_type(dtype, np.complex64), np.dtype(bool), np.dtype(np.int32)}
    for pair in CORPUS:
        assert {a.dtype for a in jax.tree.leaves(pair.example(np.dtype(dtype)))} <= allowed, pair.name


def test_makers_return_fresh_functions() -> None:
    for pair in CORPUS:
        assert pair.make_right() is not pair.make_right()
        assert pair.make_wrong() is not pair.make_wrong()


@pytest.mark.parametrize("pair", CORPUS, ids=lambda p: p.name)
def test_twins_at_the_example(pair: Pair) -> None:
    args = jax.tree.map(jnp.asarray, pair.example(np.dtype("float64")))
    ct = cotangent(pair, args)
    for a, b in zip(jax.tree.leaves(pair.primal(*args)), jax.tree.leaves(pair.make_wrong()(*args)), strict=True):
        np.testing.assert_array_equal(a, b)
    if pair.name in RAISING:
        expected, right = gradients([pair.primal, pair.make_right()], args, ct)
        error, message = RAISING[pair.name]
        with pytest.raises(error, match=message):
            gradients([pair.make_wrong()], args, ct)
        assert not pair.hidden
    else:
        expected, right, wrong = gradients([pair.primal, pair.make_right(), pair.make_wrong()], args, ct)
        d = distance(wrong, expected)
        assert (d < 1e-6) if pair.hidden else (d > 2e-4)
    assert [g.dtype for g in right] == [g.dtype for g in expected]
    assert distance(right, expected) < 1e-11
