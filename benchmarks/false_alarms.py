"""Does `verify.check_rule` accept 200 random correct elementwise rules in float32, float64 and bfloat16?

The functions are composed by Hypothesis from primitives and their derivatives are written out by the chain rule
(`benchmarks/elementwise.py`), so each rule is right and as accurate as its formula allows. Claim: no false alarm. A
checker that accepts everything would do as well, so a fault is planted into every fifth rule: all must be rejected.

    python -m benchmarks.false_alarms                           all of it: a quarter of an hour and more
    python -m benchmarks.false_alarms --shard 0/20              a part
    python -m benchmarks.false_alarms --rules 5 --seed 7        others

The exit code is 1 when a right rule is rejected or a fault is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import statistics
import sys
from collections.abc import Iterator, Sequence

import jax
from rich.table import Table

import verify
from benchmarks import elementwise, random_rules
from benchmarks.elementwise import Expression, Fault
from benchmarks.power import shard
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


def run(rules: Sequence[Expression], dtypes: Sequence[str]) -> Iterator[Outcome]:
    """Every rule in every dtype; every fifth also with a fault, drawn by its place."""
    for place, expression in enumerate(rules):
        planted = random_rules.visible_faults(expression) if place % _PLANTED == 0 else []
        for dtype in dtypes:
            yield check(expression, dtype)
            if planted:
                yield check(expression, dtype, planted[place // _PLANTED % len(planted)])


def table(outcomes: Sequence[Outcome]) -> Table:
    """One row per dtype."""
    found = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("dtype", "right rules", "accepted", "with open questions", "planted", "rejected", "median s"):
        found.add_column(title, justify="left" if title == "dtype" else "right", no_wrap=True)
    for dtype in dict.fromkeys(outcome.dtype for outcome in outcomes):
        here = [outcome for outcome in outcomes if outcome.dtype == dtype]
        right = [outcome for outcome in here if outcome.fault is None]
        wrong = [outcome for outcome in here if outcome.fault is not None]
        found.add_row(
            dtype,
            str(len(right)),
            str(sum(outcome.wanted for outcome in right)),
            str(sum(bool(outcome.report.inconclusive) for outcome in right)),
            str(len(wrong)),
            str(sum(outcome.wanted for outcome in wrong)),
            f"{statistics.median(outcome.report.seconds for outcome in here):.2f}",
        )
    return found


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
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.false_alarms", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rules", type=int, default=200, metavar="N", help="how many (200)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the drawing (0)")
    parser.add_argument("--dtype", choices=tuple(random_rules.DTYPES), help="this one only")
    parser.add_argument("--shard", type=shard, default=(0, 1), metavar="K/N", help="every N-th rule, from the K-th")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Draw, check, print."""
    options = arguments(words)
    out, errors = console(), console(stderr=True)
    rules = random_rules.draw(options.rules, options.seed)[options.shard[0] :: options.shard[1]]
    outcomes = []
    for outcome in run(rules, [options.dtype] if options.dtype else list(random_rules.DTYPES)):
        outcomes.append(outcome)
        told = f"{outcome.dtype} {outcome.fault or ''} {outcome.expression}"
        errors.print(f"{len(outcomes)} {'ok' if outcome.wanted else 'NOT OK'}: {told}", markup=False, highlight=False)
        if not outcome.wanted:
            out.print(reproduction(outcome), markup=False, highlight=False, soft_wrap=True)
    out.print(table(outcomes))
    return 0 if all(outcome.wanted for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
