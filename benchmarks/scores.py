"""The accounting of the corpus benchmark: from rows, one per checker and function, to the numbers of its tables.

A pair is *netted* when the checker rejects its buggy rule and accepts the correct twin: a checker that rejects
everything nets nothing. "Cannot run" is neither. A diagnosis is right when the fault that the pair names is the first
one the report names (`first`) or among those it names (`any`); for a pair whose fault has no name, when the report
puts no name to the disagreement with the witnesses either.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.checkers import ACCEPTED, CANNOT_RUN, OURS, REFERENCE, REJECTED, UNNAMED, Answer
from benchmarks.corpus import Pair
from verify.laws import agreement

RIGHT, WRONG = "right", "wrong"


@dataclasses.dataclass(frozen=True)
class Row:
    """One answer: of `checker` about the right or the wrong function of a pair, at examples of `dtype`."""

    pair: str
    family: str
    hidden: bool
    expected: str | None
    dtype: str
    checker: str
    which: str
    verdict: str
    detail: str
    codes: tuple[str, ...]
    seconds: float

    @classmethod
    def of(cls, pair: Pair, dtype: str, checker: str, which: str, answer: Answer) -> Row:
        """Combine what is asked and what was answered."""
        about = (pair.name, pair.family, pair.hidden, pair.diagnosis, dtype, checker, which)
        return cls(*about, answer.verdict, answer.detail, answer.codes, answer.seconds)

    @classmethod
    def load(cls, saved: dict[str, Any]) -> Row:
        """Read what `dataclasses.asdict` and JSON made of a row."""
        return cls(**{**saved, "codes": tuple(saved["codes"])})


@dataclasses.dataclass(frozen=True)
class Score:
    """What one checker achieved on `pairs` pairs; `seconds` are of the right functions, where no failure ends it."""

    pairs: int
    killed: int
    accepted: int
    netted: int
    hidden: int
    hidden_netted: int
    cannot_run: int
    diagnosed_first: int
    diagnosed_any: int
    seconds: tuple[float, ...]

    @property
    def net_rate(self) -> float:
        """Share of pairs netted."""
        return self.netted / self.pairs

    @property
    def median(self) -> float:
        """Median of the seconds."""
        return statistics.median(self.seconds)

    @property
    def p90(self) -> float:
        """The time that nine of ten calls keep below."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]


def by_pair(rows: Iterable[Row]) -> dict[tuple[str, str], dict[str, Row]]:
    """The right and the wrong row of every pair and dtype that has both."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        found.setdefault((row.pair, row.dtype), {})[row.which] = row
    return {key: both for key, both in found.items() if len(both) == 2}


def score(rows: Sequence[Row]) -> Score:
    """Count the rows of one checker.

    Raises:
        ValueError: there is no complete pair to count.
    """
    pairs = list(by_pair(rows).values())
    if not pairs:
        raise ValueError("a score needs the right and the wrong function of at least one pair; got none.")
    killed = [p for p in pairs if p[WRONG].verdict == REJECTED]
    netted = [p for p in pairs if is_netted(p)]
    return Score(
        pairs=len(pairs),
        killed=len(killed),
        accepted=sum(p[RIGHT].verdict == ACCEPTED for p in pairs),
        netted=len(netted),
        hidden=sum(p[WRONG].hidden for p in pairs),
        hidden_netted=sum(p[WRONG].hidden for p in netted),
        cannot_run=sum(row.verdict == CANNOT_RUN for p in pairs for row in p.values()),
        diagnosed_first=sum(diagnosed(p[WRONG], first=True) for p in killed),
        diagnosed_any=sum(diagnosed(p[WRONG], first=False) for p in killed),
        seconds=tuple(p[RIGHT].seconds for p in pairs),
    )


def is_netted(pair: dict[str, Row]) -> bool:
    """Whether the wrong function is rejected and the right one accepted."""
    return pair[WRONG].verdict == REJECTED and pair[RIGHT].verdict == ACCEPTED


def diagnosed(row: Row, *, first: bool) -> bool:
    """Whether a killed rule's fault is called by its name; see the module's docstring."""
    told = [tuple(code.rsplit(": ", 1)) for code in row.codes]
    named = [code for _, code in told if code != UNNAMED]
    if row.expected is None:
        return all(code == UNNAMED for law, code in told if law == agreement.LAW)
    return row.expected in (named[:1] if first else named)


def time_ratio(rows: Sequence[Row]) -> float | None:
    """Median over the pairs of our time on the right rule, over check_grads' at order 2; None without both."""
    mine, theirs = (
        {(r.pair, r.dtype): r.seconds for r in rows if r.checker == name and r.which == RIGHT}
        for name in (OURS, REFERENCE)
    )
    ratios = [mine[key] / theirs[key] for key in mine.keys() & theirs.keys()]
    return statistics.median(ratios) if ratios else None


def lost(rows: Iterable[Row], other: Iterable[Row]) -> list[tuple[str, str]]:
    """Pairs and dtypes that `other` killed and `rows` did not, of those that both hold; our checker's only."""
    mine, theirs = (
        {(r.pair, r.dtype): r.verdict for r in several if r.checker == OURS and r.which == WRONG}
        for several in (rows, other)
    )
    return sorted(key for key in mine.keys() & theirs.keys() if theirs[key] == REJECTED != mine[key])
