"""One program with a rule at every place that a program has; as `wrong` with a planted fault in each, else right.

The test reads names and lines from this file: every rule is a function of its own, below its decorator.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen, nnx
from jax import lax
from jax.sharding import AxisType, PartitionSpec

# name of the rule: the path by which it is found, the law that must fail
PLANTS = {
    "scanned": ("jit / scan[t=0] / vmap / custom_vjp `scanned`", "agreement"),
    "taken": ("cond[branch=1] / custom_vjp `taken`", "agreement"),
    "untaken": ("cond[branch=0] / custom_vjp `untaken`", "agreement"),
    "repeated": ("while[t=0] / custom_vjp `repeated`", "agreement"),
    "recomputed": ("remat / custom_vjp `recomputed`", "agreement"),
    "closed": ("custom_vjp `closed`", "agreement"),
    "in_nnx": ("custom_vjp `in_nnx`", "agreement"),
    "in_linen": ("custom_vjp `in_linen`", "agreement"),
    "twice": ("custom_vjp `twice`", "second order"),
    "narrow": ("custom_vjp `narrow`", "structure"),
    "sharded": ("shard_map / custom_vjp `sharded`", "agreement"),
    "forward": ("jit / custom_jvp `forward`", "agreement"),
    "inner": ("custom_vjp `outer` / custom_vjp `inner`", "agreement"),
    "solved": ("custom_linear_solve[solve] / custom_vjp `solved`", "agreement"),
}


def program(wrong: bool) -> Callable[[Any], Any]:
    """The program; a fault is a factor of 2 unless its name says otherwise."""
    factor = 2.0 if wrong else 1.0

    @jax.custom_vjp
    def scanned(x):
        return jnp.sin(x)

    scanned.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (factor * g * jnp.cos(x),))

    @jax.custom_vjp
    def taken(x):
        return x * jnp.tanh(x)

    taken.defvjp(
        lambda x: (x * jnp.tanh(x), x), lambda x, g: (g * (jnp.tanh(x) + factor * x * (1 - jnp.tanh(x) ** 2)),)
    )

    @jax.custom_vjp
    def untaken(x):
        return jnp.exp(x)

    untaken.defvjp(lambda x: (jnp.exp(x), x), lambda x, g: (factor * g * jnp.exp(x),))

    @jax.custom_vjp
    def repeated(x):
        return jnp.cos(x)

    repeated.defvjp(lambda x: (jnp.cos(x), x), lambda x, g: (-factor * g * jnp.sin(x),))

    @jax.custom_vjp
    def recomputed(x):
        return x**3

    recomputed.defvjp(lambda x: (x**3, x), lambda x, g: (3 * factor * g * x**2,))

    def with_scale(scale):
        @jax.custom_vjp
        def closed(x):
            return jnp.sin(scale * x)

        missing = 1.0 if wrong else scale
        closed.defvjp(lambda x: (jnp.sin(scale * x), x), lambda x, g: (missing * g * jnp.cos(scale * x),))
        return closed

    @jax.custom_vjp
    def in_nnx(x, w):
        return x @ w

    in_nnx.defvjp(lambda x, w: (x @ w, (x, w)), lambda r, g: (g @ r[1].T, factor * r[0].T @ g))

    @jax.custom_vjp
    def in_linen(x, b):
        return x + b[None]

    in_linen.defvjp(
        lambda x, b: (x + b[None], ()), lambda _, g: (g, jnp.mean(g, axis=0) if wrong else jnp.sum(g, axis=0))
    )

    @jax.custom_vjp
    def twice(x):
        return jnp.sin(x) ** 2

    keep = lax.stop_gradient if wrong else lambda x: x
    twice.defvjp(lambda x: (jnp.sin(x) ** 2, keep(x)), lambda x, g: (2 * g * jnp.sin(x) * jnp.cos(x),))

    @jax.custom_vjp
    def narrow(x):
        return 3 * x

    back = jnp.float32 if wrong else jnp.bfloat16
    narrow.defvjp(lambda x: (3 * x, ()), lambda _, g: ((3 * g).astype(back),))

    @jax.custom_vjp
    def sharded(x):
        return jnp.log1p(x * x)

    sharded.defvjp(lambda x: (jnp.log1p(x * x), x), lambda x, g: (2 * factor * g * x / (1 + x * x),))

    @jax.custom_jvp
    def forward(x):
        return jnp.arctan(x)

    forward.defjvp(lambda x, t: (jnp.arctan(x[0]), factor * t[0] / (1 + x[0] ** 2)))

    @jax.custom_vjp
    def inner(x):
        return jnp.sinh(x)

    inner.defvjp(lambda x: (jnp.sinh(x), x), lambda x, g: (factor * g * jnp.cosh(x),))

    @jax.custom_vjp
    def outer(x):
        return inner(x) / 2

    outer.defvjp(lambda x: (outer(x), x), lambda x, g: (g * jnp.cosh(x) / 2,))

    @jax.custom_vjp
    def solved(b):
        return 0.5 * b

    solved.defvjp(lambda b: (0.5 * b, ()), lambda _, g: (0.5 * factor * g,))

    class Product(nnx.Module):
        def __init__(self, rngs):
            self.w = nnx.Param(jax.random.normal(rngs.params(), (3, 2)))

        def __call__(self, x):
            return in_nnx(x, self.w[...])

    class Shift(linen.Module):
        @linen.compact
        def __call__(self, x):
            return in_linen(x, self.param("b", linen.initializers.ones, x.shape[-1:]))

    product, shift = Product(nnx.Rngs(0)), Shift()
    mesh = jax.make_mesh((jax.device_count(),), ("d",), axis_types=(AxisType.Auto,))
    scaled = with_scale(1.5)

    def run(x):
        def step(carry, row):
            return jax.vmap(scanned)(carry) + row, ()

        y = jax.jit(lambda c, rows: lax.scan(step, c, rows)[0])(x, 0.1 * jnp.stack([x] * 4))
        y = lax.cond(jnp.sum(x) > 0, taken, untaken, y)
        counted = lax.while_loop(lambda s: s[1] < 2, lambda s: (repeated(s[0]), s[1] + 1), (lax.stop_gradient(y), 0))
        y = y + counted[0]
        y = jax.checkpoint(lambda z: recomputed(z) / 4)(y)
        y = scaled(y)
        y = shift.apply({"params": {"b": jnp.ones(2)}}, product(y))
        y = twice(y)
        y = narrow(y.astype(jnp.bfloat16)).astype(jnp.float32)
        y = jax.jit(forward)(outer(y))
        y = lax.custom_linear_solve(
            lambda v: 2 * v, y, solve=lambda _, b: solved(b), transpose_solve=lambda _, b: b / 2, symmetric=True
        )
        tiled = jnp.concatenate([y.reshape(-1)] * 2)[:8]
        spread = jax.shard_map(sharded, mesh=mesh, in_specs=PartitionSpec("d"), out_specs=PartitionSpec("d"))(tiled)
        return jnp.sum(spread)

    return run


def line_of(name: str) -> int:
    """The line of the decorator above a rule."""
    lines = Path(__file__).read_text().splitlines()
    return next(i for i, line in enumerate(lines) if f"def {name}(" in line)


wrong, right = program(True), program(False)


def example() -> tuple[Any, ...]:
    """Arguments of the program; every rule's are away from where a fault would vanish."""
    return (np.float32([[0.3, 0.9, -0.4], [0.2, 0.7, 0.5], [-0.6, 0.4, 0.8]])[:3],)
