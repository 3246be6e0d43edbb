"""One contender in a process of its own: makes itself ready, then runs as many updates as each line of stdin says.

    python -m benchmarks.contenders.worker CONTENDER CASE

Prints the seconds that the first run of updates took with all that it compiles, then those of each run; "peak N" gives
the speed of a product of N x N matrices instead, in GFLOP/s.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from benchmarks.contenders.cases import CASES, Case

FIRST = 16  # updates


def contender(name: str, case: Case) -> Callable[[int], None]:
    if name.startswith("torch"):
        import os

        from benchmarks.contenders import torch_eager

        threads = 1 if "1 thread" in name else len(os.sched_getaffinity(0))
        return torch_eager.make(case, threads, channels_last="channels last" in name, loader="DataLoader" in name)
    if name == "numpy":
        from benchmarks.contenders import numpy_loop

        return numpy_loop.make(case)
    if name == "keras":
        from benchmarks.contenders import keras_fit

        return keras_fit.make(case)
    if name == "jaxcnn":
        from benchmarks.contenders import ours

        return ours.make(case)
    from benchmarks.contenders import jax_plain

    return {"flax loop": jax_plain.make_loop, "jax scan": jax_plain.make_scan}[name](case)


def peak(size: int) -> float:
    """Return the speed of the best of ten products of that size in float32, on all cores, in GFLOP/s."""
    import jax
    import jax.numpy as jnp

    product, matrix = jax.jit(jnp.matmul), jnp.ones((size, size))
    seconds = []
    for _ in range(12):
        start = time.perf_counter()
        jax.block_until_ready(product(matrix, matrix))
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds) / 1e9


def main() -> None:
    name, case = sys.argv[1], CASES[sys.argv[2]]
    run: Callable[[int], None] | None = None
    for line in sys.stdin:
        start = time.perf_counter()
        if line.startswith("peak"):
            print(peak(int(line.split()[1])), flush=True)
            continue
        run = contender(name, case) if run is None else run
        run(int(line))
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
