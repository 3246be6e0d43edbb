"""Are convolution matrices written at the speed of memory, and their norms bounded sharply in less than a second?

Each matrix is made in turn with a plain fill of arrays of the same size, and with the usual ways to make it:

* CSR of 32 x 32 x 64 -> 64 channels, 3 x 3, SAME (36,192,256 entries): at most 1.5 fresh fills, and at least 30 times
  faster than the usual way by SciPy's coordinates, from the indices of all pairs of an output and a tap. Shown beside
  it, without a claim: coordinates put together with care, tap by tap, and their conversion alone;
* dense, 14 x 14 x 32 -> 64, into a caller's array: at most 1.3 fills of the same warm array, and at least 5 times
  faster than `jax.jacfwd` of the convolution, compiled before;
* BCOO of 32 x 32 x 64 -> 64 in a compiled function of the kernel: at most 2 compiled fills;
* peak memory of each, measured in a process of its own: at most 1.15 times the result;
* CSR of 56 x 56 x 64 -> 64 (112,869,376 entries) is made on this machine;
* the norm of 32 x 32 x 64 -> 64 is bounded to 0.5 % in less than a second (on one BLAS thread), and the bounds hold
  the value found by ARPACK to 1e-6.

    python -m benchmarks.matrices [--smoke] [--json FILE]

Linux. Exit status 1 if a claim does not hold. `--smoke` runs all of it at small sizes, where times claim nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import verify
from benchmarks.command import finish, parser
from benchmarks.interleaved import Timing, interleaved
from benchmarks.judged import against, timed
from benchmarks.matrix_routes import (
    DENSE,
    LARGE,
    SMALL,
    SPARSE,
    Problem,
    bcoo,
    compiled_fill,
    csr,
    dense,
    fresh_fill,
    from_indices,
    tap_by_tap,
)
from benchmarks.record import Row

FRESH, WARM, COMPILED = "fresh fill of the same bytes", "warm fill of the same bytes", "compiled fill of the same bytes"
COO = "COO -> CSR"


def sparse_rows(problem: Problem, rounds: int) -> list[Row]:
    coordinates = tap_by_tap(problem)
    for other in (coordinates, from_indices(problem)):
        if (other.tocsr() != csr(problem)).nnz:
            raise AssertionError("the coordinates and conv_matrix disagree")
    first = interleaved({"CSR": lambda: csr(problem), FRESH: lambda: fresh_fill(problem)}, rounds)
    # one of these takes as long as dozens of the others: fewer rounds
    second = interleaved(
        {
            "CSR": lambda: csr(problem),
            COO: lambda: from_indices(problem).tocsr(),
            "COO -> CSR, put together with care": lambda: tap_by_tap(problem).tocsr(),
            "COO -> CSR, the conversion alone": coordinates.tocsr,
        },
        max(1, rounds // 4),
    )
    section = f"sparse, {problem}"
    return [
        against(section, first, "CSR", FRESH, least=1 / 1.5, floor=True),
        against(section, second, "CSR", COO, least=30.0),
        *(against(section, second, "CSR", name) for name in list(second)[2:]),
        timed(section, FRESH, first[FRESH]),
        *(timed(section, name, second[name]) for name in list(second)[1:]),
    ]


def dense_rows(problem: Problem, rounds: int) -> list[Row]:
    kernel, shape = problem.kernel, problem.shape
    out = dense(problem)

    def convolution(image: Any) -> Any:
        return lax.conv_general_dilated(
            image[None], kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )[0]

    jacobian, image = jax.jit(jax.jacfwd(convolution)), jnp.ones(shape)
    if not np.array_equal(np.asarray(jacobian(image)).reshape(out.shape), out):
        raise AssertionError("jacfwd and conv_matrix disagree")
    found = interleaved(
        {
            "dense into an array": lambda: verify.conv_matrix(kernel, shape, format="numpy", out=out),
            WARM: lambda: out.fill(1),
            "jax.jacfwd": lambda: jax.block_until_ready(jacobian(image)),
        },
        rounds,
    )
    section = f"dense, {problem}"
    return [
        against(section, found, "dense into an array", WARM, least=1 / 1.3, floor=True),
        against(section, found, "dense into an array", "jax.jacfwd", least=5.0),
        *(timed(section, name, found[name]) for name in (WARM, "jax.jacfwd")),
    ]


def compiled_rows(problem: Problem, rounds: int) -> list[Row]:
    kernel, made, filled = jnp.asarray(problem.kernel), bcoo(problem), compiled_fill(problem.entries)
    found = interleaved(
        {
            "compiled BCOO": lambda: jax.block_until_ready(made(kernel)),
            COMPILED: lambda: jax.block_until_ready(filled(kernel)),
        },
        rounds,
    )
    section = f"compiled, {problem}"
    return [
        against(section, found, "compiled BCOO", COMPILED, least=1 / 2, floor=True),
        timed(section, COMPILED, found[COMPILED]),
    ]


def norm(problem: Problem, rounds: int) -> dict[str, Any]:
    """The bounds, the seconds of each round, and what ARPACK finds."""
    from scipy.sparse.linalg import eigsh

    kernel, shape = problem.kernel.astype(np.float64), problem.shape
    bounds = verify.norm_interval(kernel, shape)
    found = interleaved({"norm interval": lambda: verify.norm_interval(kernel, shape)}, rounds)
    operator = verify.conv_matrix(kernel, shape, format="operator")
    value = float(np.sqrt(eigsh(operator.H @ operator, k=1, ncv=40, tol=1e-7, return_eigenvectors=False)[0]))
    return {"low": bounds.low, "high": bounds.high, "arpack": value, "seconds": found["norm interval"].seconds}


def norm_rows(problem: Problem, smoke: bool) -> list[Row]:
    seen = norm(problem, 2) if smoke else in_a_process_of_its_own(["--norm"])
    bounds, value, timing = verify.NormInterval(seen["low"], seen["high"]), seen["arpack"], Timing(seen["seconds"])
    inside = bounds.low * (1 - 1e-6) <= value <= bounds.high * (1 + 1e-6)
    section, told = f"norm, {problem}", f"{bounds.low:.6f} <= {value:.6f} <= {bounds.high:.6f}"
    wide = 100 * bounds.width
    return [
        Row(section, "width", wide, "%", beside="0.5 %", ratio=0.5 / wide, least=1.0, floor=True),
        timed(section, "seconds", timing, beside="1 s", ratio=1 / timing.median, least=1.0, floor=True),
        Row(section, "holds ARPACK's value", float(inside), "of 1", beside="1", ratio=float(inside), least=1.0,
            note=told, floor=True, always=True),
    ]  # fmt: skip


def in_a_process_of_its_own(arguments: Sequence[str]) -> dict[str, Any]:
    """Run this file with one BLAS thread: at 64 x 64 a second one gains nothing, and waits for whoever has the core."""
    command = [sys.executable, "-m", "benchmarks.matrices", *arguments]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def peak_rows(problems: dict[str, Problem], smoke: bool) -> list[Row]:
    """Each matrix made in a process of its own, so that nothing that was there before is taken for it."""
    rows = []
    for form, problem in problems.items():
        seen = peak(form, problem) if smoke else in_a_process_of_its_own(["--peak", form])
        over = seen["peak"] / seen["result"]
        rows.append(
            Row("peak memory", f"{form}, {problem}", over, "of the result", beside="the result", floor=True,
                ratio=seen["result"] / max(1, seen["peak"]), least=1 / 1.15,
                note=f"{seen['result'] / 1e6:,.0f} MB in {seen['seconds']:.2f} s")
        )  # fmt: skip
    return rows


def process_memory(name: str) -> int:
    """Bytes that this process holds (VmRSS), or has held at most since it was started (VmHWM)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) * 1024


def peak_work(form: str, problem: Problem) -> Callable[[], Any]:
    """Make a small matrix of this kind, so that everything is loaded and compiled, and return how to make this one."""
    small, kernel = Problem(6, 4, 8), jnp.asarray(problem.kernel)
    if form == "compiled BCOO":
        made = bcoo(problem).lower(kernel).compile()
        jax.block_until_ready(bcoo(small)(jnp.asarray(small.kernel)))
        return lambda: jax.block_until_ready(made(kernel))
    make = dense if form == "dense" else csr
    make(small)
    return lambda: make(problem)


def peak(form: str, problem: Problem) -> dict[str, float]:
    """Make one matrix: bytes above what the process held before, and bytes of the result."""
    work = peak_work(form, problem)
    before = process_memory("VmRSS")
    began = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - began
    after = process_memory("VmHWM")
    held = [result.data, result.indices, result.indptr] if form.startswith("CSR") else jax.tree.leaves(result)
    return {"peak": after - before, "result": sum(array.nbytes for array in held), "seconds": seconds}


def main(words: Sequence[str] | None = None) -> int:
    made = parser("matrices", __doc__, smoke="small sizes")
    made.add_argument("--peak", help=argparse.SUPPRESS)
    made.add_argument("--norm", action="store_true", help=argparse.SUPPRESS)
    options = made.parse_args(words)

    def sized(problem: Problem) -> Problem:
        return SMALL[problem] if options.smoke else problem

    peaks = {"CSR": sized(SPARSE), "dense": sized(DENSE), "compiled BCOO": sized(SPARSE), "CSR, large": sized(LARGE)}
    if options.peak:
        print(json.dumps(peak(options.peak, peaks[options.peak])))
        return 0
    rounds = 2 if options.smoke else 12
    if options.norm:
        print(json.dumps(norm(sized(SPARSE), rounds)))
        return 0
    parts = ((sparse_rows, SPARSE), (dense_rows, DENSE), (compiled_rows, SPARSE))
    rows = [row for part, problem in parts for row in part(sized(problem), rounds)]
    rows += norm_rows(sized(SPARSE), options.smoke) + peak_rows(peaks, options.smoke)
    return finish("matrices", rows, options)


if __name__ == "__main__":
    sys.exit(main())
