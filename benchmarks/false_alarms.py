"""Does `verify.check_rule` accept 200 random correct elementwise rules in float32, float64 and bfloat16?

The functions are composed by Hypothesis from primitives and their derivatives are written out by the chain rule
(`benchmarks/elementwise.py`), so each rule is right and as accurate as its formula allows. Claim: no false alarm. A
checker that accepts everything would do as well, so a fault is planted into every fifth rule: all must be rejected.

    python -m benchmarks.false_alarms                           all of it: a quarter of an hour and more
    python -m benchmarks.false_alarms --shard 0/20              a part
    python -m benchmarks.false_alarms --rules 5 --seed 7        others
    python -m benchmarks.false_alarms --jobs 2 --json FILE      two processes share the work; save the counts

The exit code is 1 when a right rule is rejected or a fault is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import multiprocessing
import statistics
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import jax

import verify
from benchmarks import elementwise, random_rules
from benchmarks.command import finish, parser, shard
from benchmarks.elementwise import Expression, Fault
from benchmarks.record import Row
from jaxcnn.cli.output import console

_PLANTED = 5  # every fifth rule once more, with a fault


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the checker says of one rule in one dtype."""

    expression: Expression
    dtype: str
    fault: Fault | None
    report: verify.Report

    @property
    def wanted(self) -> bool:
        """A right rule accepted, a wrong one rejected."""
        return self.report.ok == (self.fault is None)


def check(expression: Expression, dtype: str, fault: Fault | None = None) -> Outcome:
    """Run `check_rule` on one rule; 64-bit types are on for float64 only."""
    with jax.enable_x64(True) if dtype == "float64" else contextlib.nullcontext():
        made = elementwise.rule(expression, fault)
        report = verify.check_rule(made, *random_rules.example(expression, dtype))
    return Outcome(expression, dtype, fault, report)


@dataclasses.dataclass(frozen=True)
class Told:
    """What is kept of an outcome, and can be sent from one process to another."""

    dtype: str
    planted: bool
    wanted: bool
    inconclusive: bool
    seconds: float
    title: str
    reproduction: str

    @classmethod
    def of(cls, outcome: Outcome) -> Told:
        title = f"{outcome.dtype} {outcome.fault or ''} {outcome.expression}"
        kept = "" if outcome.wanted else reproduction(outcome)
        open_questions, planted = bool(outcome.report.inconclusive), outcome.fault is not None
        return cls(outcome.dtype, planted, outcome.wanted, open_questions, outcome.report.seconds, title, kept)


def run(placed: Sequence[tuple[int, Expression]], dtypes: Sequence[str]) -> Iterator[Outcome]:
    """Every rule, with its place among all, in every dtype; every fifth also with a fault, drawn by its place."""
    for place, expression in placed:
        planted = random_rules.visible_faults(expression) if place % _PLANTED == 0 else []
        for dtype in dtypes:
            yield check(expression, dtype)
            if planted:
                yield check(expression, dtype, planted[place // _PLANTED % len(planted)])


def reproduction(outcome: Outcome) -> str:
    """What went wrong, and the lines that show it again."""
    kind = "false alarm" if outcome.fault is None else f"missed {outcome.fault}"
    lines = [
        f"{kind}: {outcome.expression} in {outcome.dtype}",
        f"  false_alarms.check({outcome.expression!r}, {outcome.dtype!r}, {outcome.fault!r})",
        *(f"  {line}" for line in str(outcome.report).splitlines()),
    ]
    return "\n".join(lines)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; a smoke run asks for one rule in one dtype."""
    made = parser("false_alarms", __doc__, smoke="one rule and a fault of it")
    made.add_argument("--rules", type=int, default=200, metavar="N", help="how many (200)")
    made.add_argument("--seed", type=int, default=0, metavar="S", help="of the drawing (0)")
    made.add_argument("--dtype", choices=tuple(random_rules.DTYPES), help="this one only")
    made.add_argument("--shard", type=shard, default=(0, 1), metavar="K/N", help="every N-th rule, from the K-th")
    made.add_argument("--jobs", type=int, default=1, metavar="N", help="processes that share the work (1)")
    options = made.parse_args(words)
    if options.jobs < 1:
        made.error(f"`--jobs` must be at least 1; got {options.jobs}.")
    if options.smoke:
        options.rules, options.seed, options.dtype = 1, 4, "float32"
    return options


def rows(told: Sequence[Told]) -> list[Row]:
    """For each dtype, how many right rules were accepted and how many wrong ones rejected: all, that is the claim."""
    found = []
    for dtype in dict.fromkeys(one.dtype for one in told):
        for what, planted in (("right rules accepted", False), ("planted faults rejected", True)):
            here = [one for one in told if one.dtype == dtype and one.planted == planted]
            if not here:
                continue
            wanted = sum(one.wanted for one in here)
            more = {"median s": statistics.median(one.seconds for one in here)}
            more["inconclusive"] = sum(one.inconclusive for one in here)
            found.append(
                Row(dtype, what, wanted, f"of {len(here)}", beside="all", ratio=wanted / len(here), least=1.0,
                    floor=True, always=True, note=f"median {more['median s']:.2f} s", more=more)
            )  # fmt: skip
    return found


def measure(options: argparse.Namespace) -> Iterator[Told]:
    """Draw, check, and tell one by one; what went wrong is printed at once."""
    drawn = random_rules.draw(options.rules, options.seed)[options.shard[0] :: options.shard[1]]
    dtypes = [options.dtype] if options.dtype else list(random_rules.DTYPES)
    if options.jobs == 1:
        yield from share(list(enumerate(drawn)), dtypes)
        return
    shares = [list(enumerate(drawn))[k :: 4 * options.jobs] for k in range(4 * options.jobs)]
    with ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(_whole_share, shares, [dtypes] * len(shares)):
            yield from found


def share(placed: Sequence[tuple[int, Expression]], dtypes: Sequence[str]) -> Iterator[Told]:
    for outcome in run(placed, dtypes):
        yield Told.of(outcome)


def _whole_share(placed: Sequence[tuple[int, Expression]], dtypes: Sequence[str]) -> list[Told]:
    return list(share(placed, dtypes))


def main(words: Sequence[str] | None = None) -> int:
    """Draw, check, print."""
    options = arguments(words)
    out, errors = console(), console(stderr=True)
    told: list[Told] = []
    for one in measure(options):
        told.append(one)
        errors.print(f"{len(told)} {'ok' if one.wanted else 'NOT OK'}: {one.title}", markup=False, highlight=False)
        if not one.wanted:
            out.print(one.reproduction, markup=False, highlight=False, soft_wrap=True)
    return finish("false_alarms", rows(told), options)


if __name__ == "__main__":
    sys.exit(main())
