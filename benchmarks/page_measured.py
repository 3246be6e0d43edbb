"""The page's sections of what was measured on a CPU: rows of `benchmarks.record` with their floors and peers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import judged, scaling_figures
from benchmarks.page_tables import RESULTS, markdown, read, source
from benchmarks.record import Row

FIGURES = Path(__file__).parent / "figures"
OURS = "jaxcnn"


@dataclasses.dataclass(frozen=True)
class Section:
    """A benchmark's place on the page: its heading, and what is to be said before its table."""

    name: str
    title: str
    said: str = ""

    @property
    def measured(self) -> bool:
        """Whether its results are committed."""
        return (RESULTS / f"{self.name}.json").is_file()

    def text(self) -> str:
        """The section, or what is missing."""
        if not self.measured:
            return (
                f"## {self.title}\n\nNot measured yet: no results of `python -m benchmarks.{self.name}` are committed."
            )
        saved = read(f"{self.name}.json")
        rows = [Row(**row) for row in saved["rows"]]
        table = trained(rows) if self.name.startswith("training") else judged_rows(rows)
        shown = figures() if self.name == "scaling" else ""
        return "\n\n".join(filter(None, [f"## {self.title}", source(saved), self.said, table, shown]))


GROWTH = "Cold checks, compilation included. Exponents are those of powers fitted on log axes."
TRAINED = (
    "Samples a second, medians of the rounds; PyTorch with threads and memory format as named, and malloc told to keep "
    "memory."
)
FLOORS = "A floor is a limit that nothing goes beyond: times as good as it cannot be more than 1, or hardly."
CAMPAIGN = "What more than two workers take is a model, told in [docs/scaling.md](../docs/scaling.md), not measured."
DEVICES = (
    "Virtual devices share this machine's cores: beyond as many as cores nothing can be gained. What is computed for "
    "more is a formula, told in [docs/scaling.md](../docs/scaling.md), not a measurement."
)
SECTIONS = (
    Section("false_alarms", "Random rules, right and wrong"),
    Section("matrices", "Convolutions as matrices", FLOORS),
    Section("jacobians", "Jacobians in closed form", FLOORS),
    Section("training", "Training on a CPU", TRAINED),
    Section("training-epyc", "Training on another CPU", f"{TRAINED} Keras did not take part."),
    Section("auditing", "Rules and functions a minute", FLOORS),
    Section("scaling", "How costs grow", GROWTH),
    Section("campaign", "Campaigns on a cluster", CAMPAIGN),
    Section("devices", "A batch divided between devices", DEVICES),
)


def judged_rows(rows: Iterable[Row]) -> str:
    """All rows in one table, bold where a peer is faster than we are."""
    heads = ("", "what", "median", "smallest to largest", "n", "beside", "times as good", "claimed", "holds", "note")
    cells = []
    for row in rows:
        what, value, spread, n, beside, _, least, holds, note = judged.cells(row)
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
        told = (what, value, spread, n, beside, ratio)
        cells.append((row.section, *(_bold(cell, row.slower) for cell in told), least, holds, note))
    return markdown(heads, cells)


def _bold(cell: str, bold: bool) -> str:
    return f"**{cell}**" if bold and cell else cell


def trained(rows: Sequence[Row]) -> str:
    """A row for each network and a column for each contender, then what is claimed."""
    cases = list(dict.fromkeys(row.section for row in rows if row.what == OURS))
    by_case = {case: {row.what: row for row in rows if row.section == case} for case in cases}
    seen = dict.fromkeys(name for found in by_case.values() for name in found)
    names = [name for name in seen if name != OURS and any(_value(found, name) for found in by_case.values())]
    heads = (
        "network",
        OURS,
        "smallest to largest",
        "n",
        "beside the best peer",
        "of GEMM peak",
        "first call, s",
        *names,
    )
    cells = [_case(case, by_case[case], names) for case in cases]
    claims = [row for row in rows if row.section.endswith(": claims")]
    missing = {row.what: row.note for row in rows if row.value is None}
    told = [f"- {name}: {why}" for name, why in missing.items()]
    parts = [
        markdown(heads, cells),
        "What was set before it was built, and what was found:",
        judged_rows(claims),
    ]
    return "\n\n".join(parts + (["Not measured:", "\n".join(told)] if told else []))


def _case(case: str, found: dict[str, Row], names: Sequence[str]) -> tuple[str, ...]:
    ours = found[OURS]
    _, value, spread, n, *_ = judged.cells(ours)
    beside = "" if ours.ratio is None else f"{ours.ratio:.2f} ({ours.beside})"
    peak, first = f"{100 * ours.more['of GEMM peak']:.0f} %", f"{ours.more['first call, s']:.1f}"
    mine = (case, value.removesuffix(" samples/s"), spread, n, beside)
    return (*(_bold(cell, ours.slower) for cell in mine), peak, first, *(_value(found, name) for name in names))


def _value(found: dict[str, Row], name: str) -> str:
    return f"{found[name].value:,.0f}" if name in found and found[name].value is not None else ""


def figures() -> str:
    """The images of the page; they are drawn by `draw`."""
    return "\n\n".join(f"![{name}](figures/scaling-{name}.png)" for name in scaling_figures.FIGURES)


def draw() -> list[Path]:
    """Draw the figures of what is committed."""
    if not (RESULTS / "scaling.json").is_file():
        return []
    FIGURES.mkdir(exist_ok=True)
    return scaling_figures.save([Row(**row) for row in read("scaling.json")["rows"]], FIGURES)
