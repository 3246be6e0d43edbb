"""What the corpus benchmark found, as rows of `benchmarks.record`: the claims, and every checker's counts."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import scores
from benchmarks.checkers import ACCEPTED, OURS, REFERENCE
from benchmarks.record import Row
from benchmarks.scores import RIGHT, Score

NET, DIAGNOSED, RATIO = 0.97, 0.80, 5.0


def rows(answers: Sequence[scores.Row], *, whole: int) -> list[Row]:
    """For each dtype ours with its claims, made about the `whole` corpus (that many pairs) only; then the peers."""
    found = []
    for dtype in dict.fromkeys(answer.dtype for answer in answers):
        here = [answer for answer in answers if answer.dtype == dtype]
        names = dict.fromkeys(answer.checker for answer in here)
        scored = {name: scores.score([answer for answer in here if answer.checker == name]) for name in names}
        if OURS in scored:
            found += _ours(dtype, here, scored, claimed=scored[OURS].pairs == whole)
        found += [_told_apart(dtype, name, one) for name, one in scored.items() if name != OURS]
    return found


def _ours(dtype: str, here: Sequence[scores.Row], scored: dict[str, Score], *, claimed: bool) -> list[Row]:
    ours, peers = scored[OURS], {name: one for name, one in scored.items() if name != OURS and one.netted}
    rows = [_claim(dtype, "told apart", ours.netted, ours.pairs, NET)]
    if peers:
        best = max(peers, key=lambda name: peers[name].netted)
        row = _told_apart(dtype, OURS, ours, beside=best, ratio=ours.netted / peers[best].netted, always=True)
        rows.append(row)
    accepted = sum(a.checker == OURS and a.which == RIGHT and a.verdict == ACCEPTED for a in here)
    rows.append(_claim(dtype, "right accepted", accepted, ours.pairs, 1.0))
    rows.append(_claim(dtype, "fault named", ours.diagnosed_any, max(1, ours.killed), DIAGNOSED))
    if (slower := scores.time_ratio(here)) is not None:
        note = f"at most {RATIO:g} times the time"
        rows.append(
            Row(dtype, "time on right rules", ours.median, "s", n=ours.pairs, beside=REFERENCE, ratio=1 / slower,
                least=1 / RATIO, note=note)
        )  # fmt: skip
    return rows if claimed else [_unclaimed(row) for row in rows]


def _claim(dtype: str, what: str, count: int, of: int, least: float) -> Row:
    return Row(dtype, f"{OURS}: {what}", count, f"of {of}", beside="all", ratio=count / of, least=least, floor=True,
               always=True)  # fmt: skip


def _unclaimed(row: Row) -> Row:
    return Row(**{**vars(row), "least": None})


def _told_apart(dtype: str, name: str, one: Score, **more: object) -> Row:
    numbers = {
        "wrong rejected": one.killed,
        "right accepted": one.accepted,
        "hidden": one.hidden,
        "hidden told apart": one.hidden_netted,
        "cannot run": one.cannot_run,
        "median s": one.median,
        "p90 s": one.p90,
    }
    note = f"{one.accepted} right accepted, median {one.median:.2g} s"
    return Row(dtype, name, one.netted, f"of {one.pairs}", note=note, more=numbers, **more)  # type: ignore[arg-type]
