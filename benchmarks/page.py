"""Write the page of benchmarks, benchmarks/README.md, from the committed results; nothing is measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks import page_labs, page_measured, page_tables
from benchmarks.page_tables import read, source
from jaxcnn.cli.output import write_text

PAGE = Path(__file__).parent / "README.md"
GPU_RUNS = ("gpu.json", "gpu-more.json")
SCANS = ("scan.json", "scan-newest.json")
# What a later run measured of further checkers, where it is committed.
POWER_RUNS = ("power.json", "power-gradcheck.json")


def text() -> str:
    """The page."""
    mutation, measured = read("mutation.json"), {part.name: part for part in page_measured.SECTIONS}
    labs = "`python3 run.py lab NAME`, in full; `results/labs` holds settings, seeds and versions. One run each."
    parts = [
        "# Benchmarks",
        "Written by `python -m benchmarks.page` from the files in `results`; do not edit it, run that again. "
        "Bold: where we are slower than the best peer. `python -m benchmarks` runs all that is measured here, with "
        "`--smoke` as small as can be.",
        "## Right and wrong rules told apart",
        *_power(),
        measured["false_alarms"].text(),
        "## Mutants of the hand rules noticed",
        source(mutation),
        "Where a checker rejects the right rule at its defaults, that configuration's mutants do not count for it.",
        page_tables.mutation(mutation),
        *(part.text() for name, part in measured.items() if name != "false_alarms"),
        *_gpu([read(name) for name in GPU_RUNS]),
        "## Labs",
        labs,
        page_labs.table(),
        "## A scan of JAX",
        *(_scan(read(name)) for name in SCANS),
    ]
    return "\n\n".join(parts) + "\n"


def _power() -> list[str]:
    runs = [read(name) for name in POWER_RUNS if (page_tables.RESULTS / name).is_file()]
    answers = [answer for run in runs for answer in run["answers"]]
    return [*map(source, runs), page_tables.power({"answers": answers})]


def _scan(saved: dict[str, Any]) -> str:
    """What `verify scan` made of JAX and Optax's losses; the findings are on a page of their own."""
    counts = ", ".join(f"{count} {status}" for status, count in saved["functions"].items())
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(saved["verdicts"].items()))
    versions = ", ".join(f"{name} {version}" for name, version in saved["versions"].items())
    return (
        f"`{saved['command']}` ({versions}): {saved['seconds']} s of two processes beside other work. "
        f"Functions: {counts}. Findings: {verdicts}. Those called wrong or NaN, each asked of mpmath once more: "
        "[wrong derivatives](../docs/wrong-derivatives.md)."
    )


def _gpu(runs: list[dict[str, Any]]) -> list[str]:
    first = {name: [r for r in runs[0]["rows"] if r["section"] == name] for name in dict.fromkeys(_sections(runs[0]))}
    tables = {name: [r for r in rows if r["value"] is not None] for name, rows in first.items()}
    hand = tables["hand rules"]
    wrong = [row for row in hand if row["value"]]
    exact = [row for row in hand if row["note"].endswith(", exact on integers")]
    unfinished: dict[str, list[str]] = {}
    for row in (r for run in runs for r in run["rows"] if r["value"] is None):
        unfinished.setdefault(row["note"], []).append(row["what"])
    gains = page_tables.gains(runs)
    large, nine = [gain for case, gain in gains.items() if "batch 1024" in case], gains["nine depths, batch 128"]
    return [
        "## One GPU",
        "\n\n".join(f"Run {number}: {source(run)}" for number, run in enumerate(runs, 1)),
        "### Peaks",
        page_tables.recorded(tables["peaks"]),
        "### Convolutions on integers",
        "Of cuDNN's convolutions in float32 some gradients with respect to the kernel (dK) are not exact on integers "
        "that float32 holds exactly, even at precision highest; all others are exact, and so is bfloat16.",
        page_tables.recorded(tables["convolutions on integers"]),
        "### Hand rules",
        f"Of {len(hand)} configurations and precisions {len(hand) - len(wrong)} have no entry beyond its bound of "
        f"rounding, and {len(exact)} are exact on integers, among them all convolutions. The others are blocks at the "
        "default precision, where this GPU multiplies in less than float32 (see Peaks):",
        page_tables.recorded(wrong),
        "### `check_rule`",
        page_tables.recorded(tables["check_rule"]),
        "### Time to an accuracy",
        page_tables.recorded(tables["to its accuracy"]),
        "### Training",
        "At small batches, where starting kernels takes the time, plain JAX autodiff is mostly faster than the hand "
        f"rules; at batch 1024 the faster of our two forms is {min(large):.1f} to {max(large):.1f} times as fast, "
        f"and nine networks of different depths, stacked, {nine:.1f} times. PyTorch was measured in run 1 only.",
        page_tables.throughput(runs),
        "Not measured:",
        "\n".join(f"- {', '.join(names)}: {why}" for why, names in unfinished.items()),
    ]


def _sections(run: dict[str, Any]) -> list[str]:
    return [row["section"] for row in run["rows"]]


def main() -> int:
    """Write the page and its figures."""
    write_text(PAGE, text())
    for file in (PAGE, *page_measured.draw()):
        print(f"wrote {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
