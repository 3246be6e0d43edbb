"""Does `verify.check_rule` reject the corpus's buggy rules and accept their correct twins, and the peers?

Claims, each printed with what was measured, for float32 and for float64, with only the rule and a typical example:

* net kill rate (buggy rejected and its twin accepted) at least 97 %;
* no correct rule rejected;
* the diagnosis right for at least 80 % of the killed;
* a median time of at most 5 times that of one cold `check_grads(order=2)` call.

The whole corpus takes most of an hour; `--shard 0/12` takes minutes. The exit code is 1 when a claim about the whole
corpus does not hold; about a part of it the numbers are printed and nothing is claimed.

    python -m benchmarks.power --dtype both --json rows.json
    python -m benchmarks.power --read rows.json                 the tables again, without running anything
    python -m benchmarks.power --checkers gradcheck --json gradcheck.json
    python -m benchmarks.power --no-peers --budget 300 --json more.json
    python -m benchmarks.power --read rows.json --against more.json     what a larger budget finds beyond the default
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import jax
import numpy as np
from rich.console import Console

from benchmarks import checkers, power_summary, power_tables, record, scores
from benchmarks.checkers import MAKERS, OURS, Checker
from benchmarks.command import finish, parser, shard
from benchmarks.corpus import CORPUS, Pair
from benchmarks.scores import RIGHT, WRONG, Row
from jaxcnn.cli.output import console

DTYPES = ("float32", "float64")
NAMES = ", ".join(MAKERS)
SMOKE = "silu_output"  # quick: elementwise, and its fault is seen at the example


def run(pairs: Sequence[Pair], compared: Mapping[str, Checker], dtype: str) -> Iterator[Row]:
    """Every checker on the right and the wrong function of every pair, interleaved, each first in its turn."""
    names = [name for name in compared if checkers.ONLY_IN.get(name, dtype) == dtype]
    if not names:
        return
    with jax.enable_x64(True) if dtype == "float64" else contextlib.nullcontext():
        for position, pair in enumerate(pairs):
            turn = position % len(names)
            for name in names[turn:] + names[:turn]:
                for which, make in ((RIGHT, pair.make_right), (WRONG, pair.make_wrong)):
                    example = pair.example(np.dtype(dtype))
                    yield Row.of(pair, dtype, name, which, checkers.cold(compared[name], pair, make, example))


def chosen(only: str | None, shard: tuple[int, int]) -> tuple[Pair, ...]:
    """Pairs whose name or family holds the text `only`; of those the K-th of N shards.

    Raises:
        ValueError: nothing is left.
    """
    found = [pair for pair in CORPUS if only is None or only in pair.name or only in pair.family]
    left = tuple(found[shard[0] :: shard[1]])
    if not left:
        raise ValueError(f"no pair is left by --only {only} and --shard {shard[0]}/{shard[1]}: widen one of them.")
    return left


def seconds(text: str) -> float:
    """Read a positive number."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"a budget is a positive number of seconds; got {text!r}.")
    return value


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; a smoke run asks for one quick pair in one dtype."""
    made = parser("power", __doc__, smoke="one pair")
    made.add_argument("--dtype", choices=(*DTYPES, "both"), default="both")
    made.add_argument("--only", metavar="TEXT", help="pairs whose name or family contains this")
    made.add_argument("--shard", type=shard, default=(0, 1), metavar="K/N", help="every N-th pair, from the K-th")
    made.add_argument("--budget", type=seconds, metavar="S", help="seconds for check_rule (its own default)")
    made.add_argument("--checkers", nargs="+", choices=MAKERS, default=list(MAKERS), metavar="NAME", help=NAMES)
    made.add_argument("--no-peers", action="store_const", const=[OURS], dest="checkers", help="check_rule alone")
    made.add_argument("--read", type=Path, nargs="+", metavar="FILE", help="print saved answers and run nothing")
    made.add_argument("--against", type=Path, metavar="FILE", help="saved answers: list what they kill, these miss")
    options = made.parse_args(words)
    if options.smoke:
        options.only, options.dtype = SMOKE, "float64"  # where all checkers take part
    return options


def load(files: Sequence[Path]) -> list[Row]:
    """The answers of saved runs together; of one that several files hold, the last."""
    read = [json.loads(file.read_text("utf-8")) for file in files]
    rows = [Row.load(saved) for of in read for saved in of["answers"]]
    return list({(r.pair, r.dtype, r.checker, r.which): r for r in rows}.values())


def measure(options: argparse.Namespace, errors: Console) -> list[Row]:
    """Run what the options ask for, with a line of progress per pair."""
    pairs = chosen(options.only, options.shard)
    compared, _ = checkers.checkers(options.budget, options.checkers)
    dtypes = DTYPES if options.dtype == "both" else (options.dtype,)
    rows: list[Row] = []
    for dtype in dtypes:
        seen: set[str] = set()
        for row in run(pairs, compared, dtype):
            if row.pair not in seen:
                seen.add(row.pair)
                errors.print(f"{dtype} {len(seen)} of {len(pairs)}: {row.pair}", highlight=False)
            rows.append(row)
    return rows


def main(words: Sequence[str] | None = None) -> int:
    """Run or read, print, save; the exit code says whether the claims hold where they are made."""
    options = arguments(words)
    out, missing = console(), checkers.checkers(options.budget, options.checkers)[1]
    try:
        answers = load(options.read) if options.read else measure(options, console(stderr=True))
        beyond = None if options.against is None else scores.lost(answers, load([options.against]))
    except (OSError, ValueError, KeyError) as error:
        print(f"benchmarks.power: {error}", file=sys.stderr)
        return 2
    power_tables.show(out, answers)
    if beyond is not None:
        power_tables.show_lost(out, beyond, str(options.against))
    found = power_summary.rows(answers, whole=len(CORPUS))
    if not options.read:
        found += [record.Row("not measured", name, note=why) for name, why in missing.items()]
    code = finish("power", found, options, answers=[dataclasses.asdict(answer) for answer in answers])
    return 1 if beyond else code


if __name__ == "__main__":
    sys.exit(main())
