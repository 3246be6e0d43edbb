"""`verify.check_rule` on the device: every hand rule at its configurations, with products in full float32."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import jax

from benchmarks.on_gpu.options import Options, guarded
from benchmarks.record import Row
from jaxcnn.verification.cases import CASES, Case

SECTION = "check_rule"


def rows(options: Options) -> Iterator[Row]:
    # One of each kind first, then the other configurations: time may end.
    kinds = {case.rule: case for case in reversed(CASES)}
    ordered = [*kinds.values(), *(case for case in CASES if case not in kinds.values())]
    with jax.default_matmul_precision("highest"):
        for case in ordered[:1] if options.smoke else ordered:
            yield from guarded(SECTION, case.name, partial(_checked, case))


def _checked(case: Case) -> Row:
    start = time.perf_counter()
    report = case.check()
    seconds = time.perf_counter() - start
    told = f"{len(report.passed)} passed, {len(report.inconclusive)} inconclusive, {len(report.failures)} failed"
    if report.failures:
        told += f": {' '.join(str(report.failures[0]).split())[:200]}"
    return Row(SECTION, case.name, seconds, "s", note=told, more={"failed": len(report.failures)})
