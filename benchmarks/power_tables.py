"""The tables of the corpus benchmark: checkers, families, pairs to look at."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks import scores
from benchmarks.checkers import ACCEPTED, CANNOT_RUN, OURS, REJECTED
from benchmarks.scores import RIGHT, WRONG, Row, Score


def show(out: Console, rows: Sequence[Row]) -> None:
    """Print everything but the claims."""
    for dtype in dict.fromkeys(row.dtype for row in rows):
        here = [row for row in rows if row.dtype == dtype]
        names = list(dict.fromkeys(row.checker for row in here))
        scored = {name: scores.score([row for row in here if row.checker == name]) for name in names}
        out.print(f"\n[bold]{dtype}[/bold]: {max(s.pairs for s in scored.values())} pairs", highlight=False)
        out.print(_checkers(scored, scored.get(OURS)))
        out.print("\nnetted (wrong rejected and right accepted) of the pairs of each family", highlight=False)
        out.print(_families(here, names))
        _list_misses(out, here)


def show_lost(out: Console, pairs: Sequence[tuple[str, str]], file: str) -> None:
    """Print what another run killed and this one did not."""
    told = ", ".join(f"{pair} ({dtype})" for pair, dtype in pairs) or "nothing"
    out.print(f"\nkilled in {file} and missed here: {told}", highlight=False, soft_wrap=True)


def _grid(*titles: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for position, title in enumerate(titles):
        table.add_column(title, justify="left" if position == 0 else "right", no_wrap=True)
    return table


def _checkers(scored: dict[str, Score], mine: Score | None) -> Table:
    table = _grid(
        "checker",
        "killed",
        "right accepted",
        "net",
        "net of hidden",
        "cannot run",
        "diagnosis first",
        "any",
        "median s",
        "p90 s",
    )
    for name, s in scored.items():
        ours = s is mine
        table.add_row(
            name,
            f"{s.killed}/{s.pairs}",
            f"{s.accepted}/{s.pairs}",
            f"{100 * s.net_rate:.1f} %",
            f"{s.hidden_netted}/{s.hidden}",
            str(s.cannot_run),
            f"{s.diagnosed_first}/{s.killed}" if ours else "",
            f"{s.diagnosed_any}/{s.killed}" if ours else "",
            f"{s.median:.2f}",
            f"{s.p90:.2f}",
        )
    return table


def _families(rows: Sequence[Row], names: Sequence[str]) -> Table:
    table = _grid("family", *names)
    for family in dict.fromkeys(row.family for row in rows):
        cells = []
        for name in names:
            pairs = scores.by_pair(r for r in rows if r.family == family and r.checker == name).values()
            cells.append(f"{sum(map(scores.is_netted, pairs))}/{len(pairs)}")
        table.add_row(family, *cells)
    return table


def _list_misses(out: Console, rows: Sequence[Row]) -> None:
    """Our misses with a reason each; the peers' as counts are in the table, as names here."""
    kinds = {
        "wrong rules accepted": lambda r: r.which == WRONG and r.verdict == ACCEPTED,
        "right rules rejected": lambda r: r.which == RIGHT and r.verdict == REJECTED,
        "right rules it cannot run on": lambda r: r.which == RIGHT and r.verdict == CANNOT_RUN,
        "wrong rules it cannot run on": lambda r: r.which == WRONG and r.verdict == CANNOT_RUN,
        "killed under another name": lambda r: (
            r.checker == OURS and r.which == WRONG and r.verdict == REJECTED and not scores.diagnosed(r, first=False)
        ),
    }
    for name, (kind, chosen) in itertools.product(dict.fromkeys(r.checker for r in rows), kinds.items()):
        found = [row for row in rows if row.checker == name and chosen(row)]
        if not found:
            continue
        out.print(f"\n{name}: {kind}", highlight=False)
        for row in found if name == OURS else ():
            out.print(f"  {row.pair}: {_reason(row)}", highlight=False, markup=False, soft_wrap=True)
        if name != OURS:
            out.print("  " + ", ".join(row.pair for row in found), highlight=False, soft_wrap=True)


def _reason(row: Row) -> str:
    if row.verdict == REJECTED and row.which == WRONG:
        return f"expected {row.expected or 'no name'}, got {', '.join(row.codes)}"
    return "\n    ".join(row.detail.splitlines()) or f"hidden: {row.hidden}"
