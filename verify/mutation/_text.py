"""The text and JSON forms of a mutation score."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verify.mutation.mutant import Mutant
    from verify.mutation.score import MutationScore

_GROUPS = ("killed", "survivors", "equivalent", "conventions", "invalid")


def aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns of equal width: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    )
    return "\n".join(line.rstrip() for line in lines)


def score_text(score: MutationScore) -> str:
    """One line, the table by operator, then every survivor."""
    counts = {group: Counter(mutant.operator for mutant in getattr(score, group)) for group in _GROUPS}
    operators = sorted(set().union(*counts.values()))
    rows: list[tuple[str, ...]] = [("operator", *_GROUPS)]
    rows += [(name, *(str(counts[group][name]) for group in _GROUPS)) for name in operators]
    rows.append(("all", *(str(len(getattr(score, group))) for group in _GROUPS)))
    told = f"{len(score.killed)} of {score.total} mutants noticed ({score.score:.1%}), {score.duplicates} duplicates"
    return "\n".join([told, aligned(rows), *(f"survivor: {mutant}" for mutant in score.survivors)])


def _mutant(mutant: Mutant) -> dict[str, str | None]:
    return {name: getattr(mutant, name) for name in ("operator", "edit", "location", "diff", "noticed")}


def score_json(score: MutationScore) -> str:
    """Counts, and the mutants of every group."""
    data = {"score": score.score, "total": score.total, "duplicates": score.duplicates}
    return json.dumps(data | {group: [_mutant(m) for m in getattr(score, group)] for group in _GROUPS}, indent=1)
