"""What the device can do at best: products of large matrices in each precision, and a copy of one GiB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.on_gpu.options import Options, guarded, speed, timed
from benchmarks.record import Row

SECTION = "peaks"
PRECISIONS = {
    "bf16": ("bfloat16", None),
    "float32, default": ("float32", None),
    "float32, highest": ("float32", "highest"),
}
CHAIN = 10  # products in one round: the time to hand over one of them does not count


def rows(options: Options) -> Iterator[Row]:
    size = 256 if options.smoke else 8192
    for name, (dtype, precision) in PRECISIONS.items():
        yield from guarded(
            SECTION, f"product, {name}", lambda n=name, d=dtype, p=precision: _product(options, size, n, d, p)
        )
    yield from guarded(SECTION, "copy", lambda: _copy(options, 2**20 if options.smoke else 2**30))


def _product(options: Options, size: int, name: str, dtype: str, precision: str | None) -> Row:
    """Random numbers: products of zeros run faster."""
    left, right = (jax.random.normal(jax.random.key(i), (size, size), jnp.float32).astype(dtype) for i in range(2))
    product = jax.jit(lambda a, b: jnp.matmul(a, b, precision=precision))
    jax.block_until_ready(product(left, right))

    def chain() -> Any:
        found = None
        for _ in range(CHAIN):
            found = product(left, right)
        return jax.block_until_ready(found)

    chain()
    exact = {"relative error": _error(product(left, right), left, right)}
    return speed(
        SECTION, f"product, {name}", CHAIN * 2 * size**3 / 1e12, "TFLOP/s", timed(chain, options.rounds),
        note=f"{size} x {size}", more=exact,
    )  # fmt: skip


def _error(found: Any, left: Any, right: Any) -> float:
    """Return the largest error of a few entries next to float64 on the host, relative to the root of the sum."""
    import numpy as np

    rows = [np.asarray(one[:4], np.float64) for one in (left, found)]
    exact = rows[0] @ np.asarray(right[:, :64], np.float64)
    return float(np.abs(rows[1][:, :64] - exact).max() / np.abs(exact).mean())


def _copy(options: Options, size: int) -> Row:
    values = jax.random.normal(jax.random.key(0), (size // 4,), jnp.float32)
    copy = jax.jit(lambda x: x + 1)
    jax.block_until_ready(copy(values))

    def chain() -> None:
        found = None
        for _ in range(CHAIN):
            found = copy(values)
        jax.block_until_ready(found)

    return speed(
        SECTION, "copy", CHAIN * 2 * size / 1e9, "GB/s", timed(chain, options.rounds), note="bytes read and written"
    )
