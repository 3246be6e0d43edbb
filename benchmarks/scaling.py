"""How do the costs of `check_rule` and of `audit` grow, and the speed of training, with size: by which power?

* `check_rule` on a rule of elements and on a matrix product, cold, against the number of entries of the arguments,
  beside `check_grads(order=2)` in the same rounds;
* `audit` of a program with n different rules, and with one rule at n places, beside n audits of one rule;
* training: samples a second against the batch and against the channels of a network, beside the loop of
  jitted steps that Flax's examples have.

    python -m benchmarks.scaling [--smoke] [--json FILE] [--figures DIR] [--only PART ...]

Each is fitted by a power on log axes; `--figures` draws them (needs the extra `plots`). Nothing is claimed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import verify
from benchmarks import checkers, fits, scaling_figures
from benchmarks.command import existing_folder, finish, parser
from benchmarks.contenders import jax_plain, ours
from benchmarks.contenders.sized import Sized, channels
from benchmarks.corpus import CORPUS, Pair
from benchmarks.interleaved import Timing, interleaved, ratio
from benchmarks.judged import timed
from benchmarks.record import Row

CHECKED, AUDITED, TRAINED = "check_rule", "audit", "training"
PEER, AUTODIFF = "check_grads order 2", "autodiff in a Flax loop"
PAIRS = {"softplus": "softplus_beta", "matrix product": "matmul_all_axes"}
UPDATES = 4  # of a round of training, at least
SECONDS = 0.4  # of a round of training, about
AGREEMENT = 1e-9  # seconds of a check that begins nothing after the first law


def entries(name: str, size: int) -> tuple[np.ndarray, ...]:
    """Arguments with about so many entries each, for a rule of `PAIRS`."""
    random, side = np.random.default_rng(0), round(size**0.5)
    count = 2 if name == "matrix product" else 1
    return tuple(random.standard_normal((side, side)).astype(np.float32) for _ in range(count))


def checked(smoke: bool) -> list[Row]:
    """Seconds of a cold `check_rule` against the entries of each argument."""
    found = []
    for name, largest in {"softplus": 10, "matrix product": 8}.items() if not smoke else [("softplus", 3)]:
        sizes = [4**power for power in range(2, largest + 1, 1 if smoke else 2)]  # beyond, a product fills the memory
        pair = next(pair for pair in CORPUS if pair.name == PAIRS[name])
        works = {
            (who, size): partial(_cold, check, pair, entries(name, size))
            for size in sizes
            for who, check in ((CHECKED, checkers.ours(AGREEMENT if smoke else None)), (PEER, checkers.check_grads(2)))
        }
        section = f"{CHECKED} of a {name}"
        found += _beside(section, "entries", CHECKED, PEER, sizes, interleaved_pairs(works, 1 if smoke else 3))
    return found


def _cold(check: checkers.Checker, pair: Pair, example: tuple[np.ndarray, ...]) -> None:
    answer = checkers.cold(check, pair, pair.make_right, example)
    if answer.verdict == checkers.CANNOT_RUN:
        raise RuntimeError(f"{pair.name}: {answer.detail}")


def wave(number: float) -> Callable[[Any], Any]:
    """sin(number x) with its derivative by hand: a rule that differs from those of other numbers."""

    @jax.custom_vjp
    def fun(x: Any) -> Any:
        return jnp.sin(number * x)

    fun.defvjp(lambda x: (jnp.sin(number * x), x), lambda x, g: (g * number * jnp.cos(number * x),))
    return fun


def program(numbers: Sequence[float]) -> Callable[[Any], Any]:
    """A loss in which the rules of these numbers run one after the other; equal numbers share one rule."""
    rules = {number: wave(number) for number in numbers}

    def loss(x: Any) -> Any:
        for number in numbers:
            x = rules[number](x)
        return jnp.sum(x)

    return loss


def audited(smoke: bool) -> list[Row]:
    """Seconds of a cold audit against the number of rules: all different, or one at so many places."""
    counts = (1, 2) if smoke else (1, 4, 16, 64)
    kinds: dict[str, Callable[[int], list[float]]] = {
        "n different rules": lambda n: [1 + k / 64 for k in range(n)],
        "one rule at n places": lambda n: [1.0] * n,
    }
    found = []
    for kind, numbers in list(kinds.items())[: 1 if smoke else 2]:
        works = {(AUDITED, n): partial(_audit, numbers(n)) for n in counts}
        timings = interleaved_pairs(works, 1 if smoke else 3)
        section, one = f"{AUDITED} of {kind}", timings[AUDITED, counts[0]]
        for n in counts:
            mine = timings[AUDITED, n]
            found.append(
                timed(section, f"n = {n}", mine, beside="n audits of one rule", ratio=n / ratio(mine, one),
                      more={"size": float(n)})
            )  # fmt: skip
        found.append(fits.row(section, AUDITED, {n: timings[AUDITED, n].median for n in counts}))
    return found


def _audit(numbers: Sequence[float]) -> None:
    jax.clear_caches()
    report = verify.audit(program(numbers), np.linspace(0.1, 1.0, 12, dtype=np.float32).reshape(3, 4))
    if len(report.rules) != len(set(numbers)) or not report.ok:
        raise AssertionError(f"{len(set(numbers))} right rules are in the program; the audit says: {report}")


def trained(smoke: bool) -> list[Row]:
    """Samples a second against the batch at 16 channels, and against the channels at a batch of 64."""
    batches = (2, 4) if smoke else (4, 16, 64, 256)
    widths = () if smoke else (4, 8, 16, 32)
    fixed = 2 if smoke else 16
    found = _trained("batch", {batch: channels(fixed, batch) for batch in batches}, smoke)
    if widths:
        found += _trained("channels", {width: channels(width, 64) for width in widths}, smoke)
    return found


def _trained(axis: str, cases: Mapping[int, Sized], smoke: bool) -> list[Row]:
    timings: dict[tuple[str, int], Timing] = {}
    for size, case in cases.items():
        runs = {TRAINED: ours.make(case), AUTODIFF: jax_plain.make_loop(case)}
        counts = {name: _updates(run, 0.0 if smoke else SECONDS) for name, run in runs.items()}
        works = {name: partial(run, counts[name]) for name, run in runs.items()}
        for name, timing in interleaved(works, 1 if smoke else 5, warm_up=False).items():
            examples = counts[name] * case.batch
            timings[name, size] = Timing(tuple(seconds / examples for seconds in timing.seconds))
    return _rates(f"{TRAINED} against the {axis}", axis, cases, timings)


def _updates(run: Callable[[int], None], seconds: float) -> int:
    """How many updates take about so long, once everything is compiled: the second call may still compile."""
    run(UPDATES)
    run(UPDATES)
    began = time.perf_counter()
    run(UPDATES)
    return max(UPDATES, UPDATES * int(seconds / (time.perf_counter() - began)))


def _rates(section: str, axis: str, cases: Mapping[int, Sized], timings: Mapping[tuple[str, int], Timing]) -> list[Row]:
    found = []
    for name, beside in ((TRAINED, AUTODIFF), (AUTODIFF, "")):
        for size in cases:
            rates = [1 / seconds for seconds in timings[name, size].seconds]
            fast = ratio(timings[AUTODIFF, size], timings[name, size]) if beside else None
            found.append(
                Row(section, f"{name}, {axis} {size}", statistics.median(rates), "samples/s", min(rates), max(rates),
                    len(rates), beside=beside, ratio=fast, more={"size": float(size)})
            )  # fmt: skip
        medians = {size: 1 / timings[name, size].median for size in cases}
        found.append(fits.row(section, name, medians))
    return found


def _beside(
    section: str, axis: str, mine: str, other: str, sizes: Sequence[int], timings: Mapping[tuple[str, int], Timing]
) -> list[Row]:
    found = []
    for name, beside in ((mine, other), (other, "")):
        for size in sizes:
            fast = ratio(timings[other, size], timings[name, size]) if beside else None
            found.append(
                timed(section, f"{name}, {size:,} {axis}", timings[name, size], beside=beside, ratio=fast,
                      more={"size": float(size)})
            )  # fmt: skip
        found.append(fits.row(section, name, {size: timings[name, size].median for size in sizes}))
    return found


def interleaved_pairs(works: Mapping[tuple[str, int], Callable[[], Any]], rounds: int) -> dict[tuple[str, int], Timing]:
    """Several pieces in turn, each named by who and how large; they are cold every time, so none warms up."""
    named = interleaved({f"{who} {size}": work for (who, size), work in works.items()}, rounds, warm_up=False)
    return {key: named[f"{key[0]} {key[1]}"] for key in works}


PARTS = {CHECKED: checked, AUDITED: audited, TRAINED: trained}


def main(words: Sequence[str] | None = None) -> int:
    made = parser("scaling", __doc__, smoke="two sizes of each")
    made.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    made.add_argument("--figures", type=existing_folder, metavar="DIR", help="draw each part to a PNG file there")
    options = made.parse_args(words)
    rows = [row for name in options.only for row in PARTS[name](options.smoke)]
    if options.figures is not None:
        for file in scaling_figures.save(rows, options.figures):
            print(f"wrote {file}", flush=True)
    return finish("scaling", rows, options)


if __name__ == "__main__":
    sys.exit(main())
