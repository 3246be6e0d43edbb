"""Run all benchmarks, one after the other, each in a process of its own, and print one table of what they found.

    python -m benchmarks --smoke                   all of them as small as can be, in two minutes: do they run?
    python -m benchmarks                           in full; `power` alone takes hours
    python -m benchmarks --only matrices jacobians --json-dir benchmarks/results
    python -m benchmarks --list                    what each asks

The table names the floor or the best peer of each row and how many times as good as that we are; where a peer is
faster it says SLOWER. The exit code is 1 if a benchmark failed or found a claim that does not hold, 2 for bad usage.
A smoke run makes no claim about time. What a benchmark prints comes before, and `python -m benchmarks.NAME --help` says
what else it can do. Peers take part where they are installed: chex (the extra `bench`), torch, and Keras by
`--keras-python`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import suite
from benchmarks.command import existing_folder


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--smoke", action="store_true", help="all of it as small as can be: does it run?")
    parser.add_argument("--only", nargs="+", choices=suite.NAMES, metavar="NAME", help=", ".join(suite.NAMES))
    parser.add_argument("--json-dir", type=existing_folder, metavar="DIR", help="keep what each finds in DIR/NAME.json")
    parser.add_argument("--keras-python", metavar="PATH", help="an interpreter with keras, tensorflow and jax")
    parser.add_argument("--list", action="store_true", help="print what each benchmark asks, and run nothing")
    return parser.parse_args(words)


def chosen(only: Sequence[str] | None) -> list[str]:
    """The benchmarks to run, in their order: those that are named, or all that this machine has a use for."""
    if only:
        return [name for name in suite.NAMES if name in only]
    return [name for name in suite.NAMES if name != suite.GPU or suite.has_gpu()]


def main(words: Sequence[str] | None = None) -> int:
    """Run, print, judge."""
    options = arguments(words)
    if options.list:
        print("\n".join(f"{name:14}{suite.question(name)}" for name in suite.NAMES))
        return 0
    more = {"training": ["--keras-python", options.keras_python]} if options.keras_python else {}
    names, began, outcomes = chosen(options.only), time.monotonic(), []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.json_dir or Path(temporary)
        for number, name in enumerate(names, 1):
            told = f"[{time.monotonic() - began:5.0f} s] {number} of {len(names)}: {name}"
            print(f"{told} ...", file=sys.stderr, flush=True)
            outcome = suite.run(name, folder, smoke=options.smoke, more=more.get(name, ()))
            print(f"{told}: {outcome.told}, {outcome.seconds:.0f} s", file=sys.stderr, flush=True)
            outcomes.append(outcome)
    print(suite.summary(outcomes))
    print("\n".join(f"{outcome.name}: {outcome.told}, {outcome.seconds:.0f} s" for outcome in outcomes))
    return int(not all(outcome.ended and outcome.code == suite.HELD for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
