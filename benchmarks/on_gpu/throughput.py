"""Samples a second of the labs' networks: our hand rules beside plain JAX, both with data on the device.

"plain" are the rules of `jaxcnn.rules` on the library's convolutions, "fast" the forms that are chosen on a CPU: which
of them a GPU should have is measured here. "autodiff" is Flax, Optax and `lax.scan`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import jax.numpy as jnp

from benchmarks.contenders import jax_plain, ours
from benchmarks.contenders.cases import CASES, Case
from benchmarks.on_gpu.options import Options, guarded, speed, timed
from benchmarks.record import Row
from jaxcnn.fast import Site, choose_form, choose_plain

SECTION = "training"
# (case, batch or None for the assignment's); first those that matter most, since time may end
CHOSEN = (
    ("filters", None),
    ("conv-as-matrix", None),
    ("backprop 32", None),
    ("house-numbers", None),
    ("mlp", None),
    ("filters", 1024),
    ("conv-as-matrix", 1024),
    ("depth 20", None),
    ("nine depths", None),
)
EXAMPLES = 65_536
SECONDS = 0.25  # of one round


def rows(options: Options) -> Iterator[Row]:
    for case in cases(options):
        for name, make in _contenders(case).items():
            what = f"{title(case)}: {name}"
            yield from guarded(SECTION, what, partial(measured, what, case, make, options))


def cases(options: Options) -> list[Case]:
    """Return what is trained, with so many examples that an epoch is worth a call."""
    if options.smoke:
        return [replace(CASES[name], batch=4, examples=16) for name in ("mlp", "house-numbers", "nine depths")]
    found = [replace(CASES[name], batch=batch or CASES[name].batch, examples=EXAMPLES) for name, batch in CHOSEN]
    return [case for case in found if not options.cases or title(case) in options.cases]


def in_half(case: Case) -> bool:
    """Whether a network has products that are worth the matrix units of bfloat16."""
    return case.name in ("filters", "conv-as-matrix") or case.examples < 100


def title(case: Case) -> str:
    return f"{case.name}, batch {case.batch}"


def fast(site: Site, backend: str) -> str:
    """Choose as on a CPU, whatever the backend."""
    del backend
    return choose_form(site, "cpu")


def _contenders(case: Case) -> dict[str, Callable[[], Callable[[int], None]]]:
    scan = partial(jax_plain.make_scan, case, chunk=128 if case.examples > 1000 else 4)
    if len(case.networks) > 1:
        return {"jaxcnn": partial(ours.make, case), "autodiff": scan}
    full: dict[str, Callable[[], Callable[[int], None]]] = {
        "jaxcnn plain": partial(ours.make, case, choose=choose_plain),
        "autodiff": scan,
        "jaxcnn fast": partial(ours.make, case, choose=fast),
    }
    if not in_half(case):
        return full
    return full | {
        "jaxcnn plain, bf16": partial(ours.make, case, choose=choose_plain, half=True),
        "autodiff, bf16": partial(scan, dtype=jnp.bfloat16),
        "jaxcnn fast, bf16": partial(ours.make, case, choose=fast, half=True),
    }


def measured(what: str, case: Case, make: Callable[[], Callable[[int], None]], options: Options) -> Row:
    """Compile, find how many updates take long enough, and time rounds of so many."""
    start = time.perf_counter()
    run = make()
    count = 4 if options.smoke else 256
    run(count)
    first = time.perf_counter() - start
    run(count)  # the second call may still compile
    if not options.smoke:
        (took,) = timed(lambda: run(count), 1)
        count = max(128, 128 * round(count * SECONDS / took / 128))
    seconds = timed(lambda: run(count), options.rounds)
    more = {"operations": float(case.operations), "first call, s": first, "updates": float(count)}
    return speed(SECTION, what, count * case.batch, "samples/s", seconds, more=more)


def best_of(found: list[Row], names: tuple[str, ...]) -> Any:
    """Return the fastest row of some contenders, None if there is none."""
    there = [row for row in found if row.value and row.what.split(": ")[-1] in names]
    return max(there, key=lambda row: row.value or 0.0, default=None)
