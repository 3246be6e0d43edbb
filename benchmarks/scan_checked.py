r"""Of what a scan of JAX calls wrong or NaN, at least nine in ten stand up to mpmath, asked for each one by itself.

    python -m verify scan jax.numpy jax.scipy.special jax.scipy.stats jax.nn jax.numpy.linalg jax.lax optax.losses \
        --jobs 2 --limit 120 --out scan.jsonl
    python -m benchmarks.scan_checked scan.jsonl --json benchmarks/results/scan.json   # check, and keep what was found
    python -m benchmarks.scan_checked benchmarks/results/scan.json                     # check again
    python -m benchmarks.scan_page                                                     # the table in the docs

Needs the extra `scan`.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import mpmath as mp

from benchmarks import record
from benchmarks.scan_truths import FUNCTIONS

ACCUSING = ("wrong", "nan")
LEAST = 0.9
OFF = 1e-3  # relative: from here on a finite derivative is wrong


class Check(NamedTuple):
    """What one finding came to: what is right, None where that is unknown or not finite, and whether it stands."""

    right: float | None
    stands: bool


def main(arguments: list[str] | None = None) -> int:
    """Check the findings of a scan's file, print each, and write them down where asked to; 1 if too few stand."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scan", type=Path, help="what `verify scan --out` wrote, or what --json kept of it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the findings and their checks in FILE")
    given = parser.parse_args(arguments)
    try:
        data = read(given.scan)
    except (OSError, ValueError, KeyError) as error:
        parser.error(f"{given.scan} must be what a scan wrote: {error!r}")
    for finding in data["findings"]:
        found = check(finding)
        finding["check"] = found._asdict()
        right = "not decided" if found.right is None else f"{found.right:.9g}"
        name = f"{finding['function']} d/d{finding['argument']}, order {finding['order']} at {finding['at'][:60]}"
        print(f"{'stands' if found.stands else 'FALLS ':6}  {name}: got {finding['got']}, right {right}")
    standing = share(data)
    print(f"{data['functions']}; {len(data['findings'])} called wrong or NaN, {standing:.0%} stand")
    if given.json:
        record.save(given.json, data)
    return int(standing < LEAST)


def read(source: Path) -> dict[str, Any]:
    """Return what is kept of a scan: its counts, and the findings that accuse."""
    text = source.read_text("utf-8")
    if source.suffix != ".jsonl":
        kept: dict[str, Any] = json.loads(text)
        return kept
    header, *records = [json.loads(line) for line in text.splitlines()]
    findings = [one for found in records for one in found["findings"]]
    return {
        "command": f"python -m verify scan {' '.join(header['modules'])} --limit {header['limit']:g}",
        "versions": header["versions"],
        "machine": record.machine(),
        "commit": record.commit(),
        "functions": dict(Counter(found["status"] for found in records)),
        "verdicts": dict(Counter(one["verdict"] for one in findings)),
        "seconds": round(sum(found["seconds"] for found in records)),
        "findings": [one for one in findings if one["verdict"] in ACCUSING],
    }


def share(data: dict[str, Any]) -> float:
    """Return how many of the checked findings stand."""
    return sum(one["check"]["stands"] for one in data["findings"]) / len(data["findings"])


def check(finding: dict[str, Any]) -> Check:
    """Return whether one finding stands: what JAX says is off by a part in a thousand at least, or is not finite."""
    if finding["function"] not in FUNCTIONS:
        return Check(None, False)
    right, got = _derivative(finding), float(finding["got"])
    if not math.isfinite(right):  # where nothing finite is right, nobody can be wrong by a part of it
        return Check(None, False)
    return Check(right, not math.isfinite(got) or abs(got - right) > OFF * max(abs(right), abs(got)))


def _derivative(finding: dict[str, Any]) -> float:
    """The derivative that the finding's reproduction asks for, at its very numbers."""
    setup, arguments, got = (
        next(line for line in finding["reproduction"] if line.startswith(start))
        for start in ("fun =", "args =", "print")
    )
    weights = _numbers(" ".join(re.findall(r"jnp\.array\(([^()]*)\)", setup.split("jax.tree")[0])))
    values = [_numbers(part) for part in re.findall(r"np\.\w+\((.*?)\)", arguments)]
    vectors = ["[" in part for part in re.findall(r"np\.\w+\((.*?)\)", arguments)]
    positions = [int(n) for n in re.findall(r", (\d)\)", got)]
    indices = [int(n) for n in re.findall(r"\[(\d)\]", got)] or [0] * len(positions)
    entries = list(zip(positions, indices, strict=True))
    fun = FUNCTIONS[finding["function"]]

    def moved(*shifts: Any) -> Any:
        at = [list(part) for part in values]
        for (position, index), shift in zip(entries, shifts, strict=True):
            at[position][index] += shift
        return fun(weights, *(part if vector else part[0] for part, vector in zip(at, vectors, strict=True)))

    zeros = tuple(mp.mpf(0) for _ in entries)
    return float(mp.re(mp.diff(moved, zeros, (1,) * len(entries)))) + 0.0  # and no negative zero


def _numbers(text: str) -> list[Any]:
    return [mp.mpf(n) for n in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", text)]


if __name__ == "__main__":
    sys.exit(main())
