"""Hypothesis draws expressions, their examples, and faults that can be seen at ordinary points."""

from __future__ import annotations

import hypothesis
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
from hypothesis import strategies as st

from benchmarks import elementwise
from benchmarks.elementwise import BINARY, UNARY, Argument, Binary, Expression, Fault, Unary

DTYPES = {"float32": np.float32, "float64": np.float64, "bfloat16": ml_dtypes.bfloat16}
_SEEN = 0.05  # a planted fault counts when the derivative is this far off, relative to its size, at half of the points


@st.composite
def expressions(draw: st.DrawFn, *, deepest: int = 4) -> Expression:
    """Functions of one or two arguments, one to `deepest` primitives deep; the first argument always occurs."""
    both = draw(st.booleans())
    tree = draw(_trees(draw(st.integers(1, deepest)), both))
    leaves = {node.index for node in elementwise.nodes(tree) if isinstance(node, Argument)}
    return tree if 0 in leaves else _renamed(tree)


@st.composite
def _trees(draw: st.DrawFn, depth: int, both: bool) -> Expression:
    if depth == 0:
        return Argument(draw(st.integers(0, 1)) if both else 0)
    if draw(st.booleans()):
        return Unary(draw(st.sampled_from(list(UNARY))), draw(_trees(depth - 1, both)))
    # one side as deep as was asked for, the other at most that deep: sizes stay readable
    sides = [draw(_trees(depth - 1, both)), draw(_trees(draw(st.integers(0, min(1, depth - 1))), both))]
    left, right = sides if draw(st.booleans()) else sides[::-1]
    hypothesis.assume(left != right)  # a choice between equals chooses nothing
    return Binary(draw(st.sampled_from(list(BINARY))), left, right)


def _renamed(tree: Expression) -> Expression:
    """The same with its only argument called the first."""
    if isinstance(tree, Unary):
        return Unary(tree.name, _renamed(tree.inner))
    if isinstance(tree, Binary):
        return Binary(tree.name, _renamed(tree.left), _renamed(tree.right))
    return Argument(0)


def draw(count: int, seed: int) -> list[Expression]:
    """`count` different expressions; equal seeds give equal ones.

    Hypothesis begins with simple ones and comes back to them: ten times as many are drawn, and these chosen among them.
    """
    found: dict[str, Expression] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=10 * count,
        derandomize=False,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(expressions())
    def collect(expression: Expression) -> None:
        found.setdefault(str(expression), expression)

    collect()
    if len(found) < count:
        raise ValueError(f"`count` must be at most {len(found)} for seed {seed}: no more were drawn; got {count}.")
    chosen = np.random.default_rng(seed).permutation(len(found))[:count]
    return [list(found.values())[i] for i in chosen]


def example(expression: Expression, dtype: str, seed: int = 0) -> tuple[np.ndarray, ...]:
    """A (4, 3) array of normal numbers for every argument."""
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal((4, 3)).astype(DTYPES[dtype]) for _ in range(elementwise.arity(expression)))


def visible_faults(expression: Expression) -> list[Fault]:
    """Faults whose derivative is finite and clearly another one at ordinary points."""
    with jax.enable_x64(True):
        points = tuple(jnp.asarray(x) for x in example(expression, "float64", seed=1))
        right = elementwise.value_and_slopes(expression, points)[1]
        return [f for f in elementwise.faults(expression) if _visible(expression, points, right, f)]


def _visible(expression: Expression, points: tuple[jax.Array, ...], right: dict[int, jax.Array], fault: Fault) -> bool:
    spoilt = elementwise.value_and_slopes(expression, points, fault)[1]
    share = [
        np.mean(np.abs(spoilt[i] - d) > _SEEN * np.abs(d)) if np.isfinite(spoilt[i]).all() else 0.0
        for i, d in right.items()
        if np.isfinite(d).all() and np.max(np.abs(d)) < 1e3
    ]
    return max(share, default=0.0) >= 0.5
