"""The tables of the page of benchmarks, in Markdown, each from what a committed run recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import scores
from benchmarks.checkers import OURS
from benchmarks.scores import Row

RESULTS = Path(__file__).parent / "results"
BF16 = ", bf16"


def read(name: str) -> dict[str, Any]:
    """What the file `name` of the results holds."""
    saved: dict[str, Any] = json.loads((RESULTS / name).read_text("utf-8"))
    return saved


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its first column is flushed left, the others right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def source(saved: Mapping[str, Any]) -> str:
    """Say by which command, when, where and with which versions it was measured."""
    machine, versions = saved["machine"], ", ".join(f"{k} {v}" for k, v in saved["versions"].items())
    place = f"{machine['processor']}, {machine['cores']} cores, {machine['memory, GiB']} GiB, {machine['system']}"
    told = [f"`{saved['command']}`", saved["date"], f"commit {saved['commit']}", place]
    extra = [saved[key] for key in ("device", "note") if key in saved]
    return "; ".join([*told, *extra, versions]) + "."


def power(saved: Mapping[str, Any]) -> str:
    """What each checker made of the corpus, for each dtype."""
    parts = []
    rows = [Row.load(row) for row in saved["answers"]]
    for dtype in dict.fromkeys(row.dtype for row in rows):
        here = [row for row in rows if row.dtype == dtype]
        names = dict.fromkeys(row.checker for row in here)
        scored = {name: scores.score([row for row in here if row.checker == name]) for name in names}
        table = markdown(
            ("checker", "told apart", "wrong rejected", "right accepted", "hidden told apart", "median s", "p90 s"),
            (
                (
                    name,
                    f"{s.netted}/{s.pairs}",
                    f"{s.killed}/{s.pairs}",
                    f"{s.accepted}/{s.pairs}",
                    f"{s.hidden_netted}/{s.hidden}",
                    f"{s.median:.2f}",
                    f"{s.p90:.2f}",
                )
                for name, s in scored.items()
            ),
        )
        ours = scored[OURS]
        said = (
            f"{dtype}, {ours.pairs} pairs: the fault is named in {ours.diagnosed_any} of {ours.killed}; the median "
            f"time is {scores.time_ratio(here):.2f} times that of `check_grads(order=2)`."
        )
        parts.append(f"{said}\n\n{table}")
    return "\n\n".join(parts)


def mutation(saved: Mapping[str, Any]) -> str:
    """How many mutants of each rule each checker noticed; of `check_grads` only where it accepts the right rule."""
    orders = ("check_grads 1", "check_grads 2")
    rules = list(dict.fromkeys(row["rule"] for row in saved["configurations"]))
    groups = {rule: [row for row in saved["configurations"] if row["rule"] == rule] for rule in rules}
    cells = []
    for name, rows in {**groups, "all": saved["configurations"]}.items():
        counts = [str(sum(row[key] for row in rows)) for key in ("mutants", "check_rule")]
        cells.append((name, str(len(rows)), *counts, *(_of_fair(rows, order) for order in orders)))
    return markdown(("rule", "configurations", "mutants", "check_rule", *orders), cells)


def _of_fair(rows: Sequence[Mapping[str, Any]], checker: str) -> str:
    fair = [row for row in rows if row[checker] is not None]
    rejected = len(rows) - len(fair)
    counts = f"{sum(row[checker] for row in fair)}/{sum(row['mutants'] for row in fair)}"
    return counts + (f" ({rejected} rejected right)" if rejected else "")


def recorded(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of `benchmarks.record`: median, smallest and largest of n rounds, and what is to be said."""
    return markdown(
        ("what", "median", "smallest to largest", "n", "note"),
        ((r["what"], f"{r['value']:.4g} {r['unit']}", spread(r), str(r["n"]), _note(r)) for r in rows),
    )


def spread(row: Mapping[str, Any]) -> str:
    """The smallest and the largest round, "" where there was one."""
    if row["low"] is None:
        return ""
    form = ",.0f" if row["low"] >= 1e4 else ".4g"
    return f"{row['low']:{form}} to {row['high']:{form}}"


def _note(row: Mapping[str, Any]) -> str:
    shown = {"relative error": "relative error {:.1g}", "cold, s": "{:.1f} s cold"}
    more = [form.format(row["more"][key]) for key, form in shown.items() if key in row["more"]]
    return ", ".join([row["note"], *more])


def throughput(runs: Sequence[Mapping[str, Any]]) -> str:
    """Samples a second of ours beside the best peer at the same precision in the same run, the newest of each case."""
    cells = []
    for case, (number, rows) in _newest(runs).items():
        for row in rows:
            best = _best_peer(row, rows) if _is_ours(row) else None
            beside = "" if best is None else f"{row['value'] / best['value']:.2f} ({_name(best)})"
            slower = best is not None and row["value"] < best["value"]
            what, beside = (f"**{text}**" if slower else text for text in (f"{case}: {_name(row)}", beside))
            cells.append((what, f"{row['value']:,.0f}", spread(row), str(row["n"]), beside, str(number)))
    return markdown(("what", "samples/s", "smallest to largest", "n", "beside the best peer", "run"), cells)


def gains(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """How many times as fast as the best peer our fastest form is, by case and precision."""
    found: dict[str, float] = {}
    for case, (_, rows) in _newest(runs).items():
        for row in filter(_is_ours, rows):
            if (best := _best_peer(row, rows)) is not None:
                key = case + (BF16 if BF16 in row["what"] else "")
                found[key] = max(found.get(key, 0.0), row["value"] / best["value"])
    return found


def _newest(runs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, list[Mapping[str, Any]]]]:
    """For each case the number and the rows of the last run that measured ours."""
    newest: dict[str, tuple[int, list[Mapping[str, Any]]]] = {}
    for number, run in enumerate(runs, 1):
        rows = [r for r in run["rows"] if r["section"] == "training" and r["value"] is not None]
        for case in dict.fromkeys(r["what"].split(": ")[0] for r in rows):
            of_case = [r for r in rows if r["what"].startswith(case + ": ")]
            if any(map(_is_ours, of_case)):
                newest[case] = number, of_case
    return newest


def _best_peer(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    peers = [r for r in rows if not _is_ours(r) and (BF16 in r["what"]) == (BF16 in row["what"])]
    return max(peers, key=lambda r: float(r["value"]), default=None)


def _is_ours(row: Mapping[str, Any]) -> bool:
    return _name(row).startswith("jaxcnn")


def _name(row: Mapping[str, Any]) -> str:
    return str(row["what"].split(": ", 1)[1])
