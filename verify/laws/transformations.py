"""Laws: the derivative is the same inside vmap (every choice of batched arguments), scan and remat.

`x.shape[0]`, `sum(axis=0)` or a hand-written batching rule inside the backward pass are right until somebody maps the
function over one more axis; a value kept in a closure is right until somebody loops over it or computes it again. Each
transformation is a cell of the report's table; all of them run in float64 in one compiled program.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax
import numpy as np

from verify import _precision, compare, tolerance, transformed
from verify.compiled import Compiled
from verify.laws import eager
from verify.problem import Arrays
from verify.reproduce import transformed_lines
from verify.subject import RuleSubject, first_line
from verify.trial import Trial

VMAP = "vmap = loop"
OTHERS = {"grad of vmap": "vmap", "scan": "scan", "remat": "remat"}  # law: how a sentence calls the transformation
_WIDTH = 3  # rows that are mapped over: differs from batch sizes 1 and 2


@dataclasses.dataclass(frozen=True)
class _Cell:
    """One transformation: how to pull back through it, and which leaves differ from row to row."""

    law: str
    name: str
    batched: tuple[bool, ...]
    pull: Callable[[Arrays, Arrays, Arrays], Arrays]


def check(trial: Trial) -> None:
    """Pull back through every transformation, and row by row with the programs that other laws have compiled."""
    if not trial.subject.traceable or trial.answers64 is None:
        return
    if any(kind == "failures" and f.law in (eager.REPEATABLE, eager.REENTRANT) for kind, f in trial.findings):
        trial.notes.append("transformations were left out: the rule keeps state from call to call")
        return
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary]
    if not rows:
        return
    rows = (rows[3:] + rows[:3])[:_WIDTH] or rows
    rows = (rows * _WIDTH)[:_WIDTH]
    floats = tuple(np.asarray(x, np.float64)[rows] for x in trial.floats)
    cotangents = tuple(np.asarray(w, np.float64)[rows] for w in trial.cotangents)
    others = _different_rows(trial, rows[0])
    cells, found = _run(trial, rows[0], _cells(trial), floats, others, cotangents)
    subsets = tuple(dict.fromkeys(cell.batched for cell in cells))
    looped = dict(zip(subsets, _looped(trial, subsets, rows, others), strict=True))
    for law in dict.fromkeys(cell.law for cell in cells):
        chosen = [(cell, g) for cell, g in zip(cells, found, strict=True) if cell.law == law]
        _compare(trial, law, rows, chosen, looped)


def _cells(trial: Trial) -> list[_Cell]:
    problem = trial.problem
    owners = (*problem.float_owners, *problem.other_owners)
    names = dict(zip((*problem.float_owners, *problem.other_owners), _argument_names(trial), strict=True))

    cells = []
    for subset in transformed.subsets(owners):
        batched = dict(zip(owners, subset, strict=True))
        told = ", ".join(names[owner] for owner in dict.fromkeys(owners) if batched[owner])
        pull = transformed.mapped(trial.subject.cotangents, subset, len(trial.floats))
        cells.append(_Cell(VMAP, f"vmap over {told}", subset, pull))
    if isinstance(trial.subject, RuleSubject):
        everything = (True,) * len(owners)
        cells += [_Cell(law, law, everything, pull(problem.call)) for law, pull in transformed.PULLS.items()]
    return cells


def _argument_names(trial: Trial) -> list[str]:
    """The user's name of the argument that every leaf belongs to."""
    problem = trial.problem
    first: dict[int, str] = {}
    for path, owner in zip(problem.paths, problem.owners, strict=True):
        first.setdefault(owner, path.split("[")[0] if path[:4] != "args" else path[: path.index("]") + 1])
    return [first[owner] for owner in (*problem.float_owners, *problem.other_owners)]


def _run(
    trial: Trial, row: int, cells: list[_Cell], xs: Arrays, ns: Arrays, ws: Arrays
) -> tuple[list[_Cell], list[Arrays]]:
    """Every cell in one program; cells that cannot even be traced are told apart and left out of it."""

    def run(chosen: list[_Cell]) -> list[Arrays]:
        program = Compiled(lambda x, n, w: [cell.pull(x, n, w) for cell in chosen], trial.entries, quick=True)
        return jax.tree.map(np.asarray, program(xs, ns, ws))

    with _precision.double_precision():
        try:
            return cells, run(cells)
        except Exception:  # which of them it was is found out below
            running = [cell for cell in cells if not _refused(trial, row, cell, xs, ns, ws)]
        return (running, run(running)) if running else ([], [])


def _refused(trial: Trial, row: int, cell: _Cell, xs: Arrays, ns: Arrays, ws: Arrays) -> bool:
    """A rule that cannot be transformed fails where its primal can be; a limit of that one, or of JAX, is noted."""
    try:
        jax.eval_shape(cell.pull, xs, ns, ws)
    except Exception as error:
        told, item = first_line(error), trial.items[row]
        word = OTHERS.get(cell.law, "vmap")
        if transformed.is_refused_by_jax(error):
            trial.notes.append(f"{word} is not applicable: JAX has no batching rule for custom_partitioning")
            trial.cell(cell.name, "left out")
            return True
        try:
            jax.eval_shape(transformed.primal_under(word, trial.problem.call), xs, ns)
        except Exception:
            trial.notes.append(f"{word} was left out: the primal does not run under it ({told})")
            trial.cell(cell.name, "left out")
            return True
        if not _said(trial, cell.law):
            trial.failed(cell.law, None, item, actual=told, expected=f"it runs under {word} as its primal does")
        trial.cell(cell.name, "failed")
        return True
    return False


def _said(trial: Trial, law: str) -> bool:
    """Whether the law, or that of vmap for what runs under vmap, has failed already."""
    laws = {law, VMAP} if law == "grad of vmap" else {law}
    return any(kind == "failures" and finding.law in laws for kind, finding in trial.findings)


def _compare(
    trial: Trial, law: str, rows: list[int], cells: list[tuple[_Cell, Arrays]], looped: dict[tuple[bool, ...], Arrays]
) -> None:
    """One finding per law and argument, one line of the table per cell."""
    entries: list[list[compare.Entry]] = []
    for cell, found in cells:
        expected = tuple(g[: len(f)] for g, f in zip(looped[cell.batched], found, strict=True))
        pairs = zip(found, expected, allowed(trial, rows, expected), strict=True)
        entries.append([compare.worst(f, e, a, nan_equal=True) for f, e, a in pairs])
        worst = max(entries[-1])
        trial.cell(cell.name, "held" if worst.holds else "failed", worst.ratio)
    if law == "grad of vmap" and _said(trial, law) and not all(one.holds for some in entries for one in some):
        return  # what is wrong under vmap is wrong in derivatives of vmap: the table shows it
    for leaf, path in enumerate(trial.problem.float_paths):
        wrong = [(cell, one[leaf]) for (cell, _), one in zip(cells, entries, strict=True) if not one[leaf].holds]
        if not wrong:
            trial.passed(law, path, **max(one[leaf] for one in entries).margin())
            continue
        cell, entry = wrong[0]
        chosen = [trial.items[row] for row in rows]
        shown = transformed_lines(trial.problem, chosen, cell.law, cell.batched, path, entry.index)
        trial.failed(law, path, trial.items[rows[0]], reproduce=shown, **entry.fields())


def _different_rows(trial: Trial, row: int) -> Arrays:
    """Indices and masks for every row that is mapped over: the example's, all alike (all true), the example's."""
    stacks = []
    for kind, n in zip(trial.problem.other_kinds, trial.row(trial.others, row), strict=True):
        alike = n
        if kind == "array" and n.size:
            alike = np.ones_like(n) if n.dtype == bool else np.full_like(n, n.reshape(-1)[0])
        stacks.append(np.stack([n, alike, n]))
    return tuple(stacks)


def _looped(trial: Trial, chosen: tuple[tuple[bool, ...], ...], rows: list[int], others: Arrays) -> list[Arrays]:
    """The same, one row at a time, by the program that the other laws have compiled already."""
    items, cut = [], len(trial.floats)
    for subset in chosen:
        for k, row in enumerate(rows):
            picked = [trial.items[row if batched else rows[0]] for batched in subset[:cut]]
            floats = tuple(item.floats[leaf] for leaf, item in enumerate(picked))
            ns = tuple(n[k if batched else 0] for n, batched in zip(others, subset[cut:], strict=True))
            items.append(dataclasses.replace(trial.items[row], floats=floats, others=ns))
    if not items:
        return []
    found = trial.subject.answers(items, double=True).cotangents
    return [tuple(g[k * _WIDTH : (k + 1) * _WIDTH] for g in found) for k in range(len(chosen))]


def allowed(trial: Trial, rows: list[int], expected: Arrays) -> list[np.ndarray]:
    """What rounding allows at the scale of each leaf, by entry: a batched contraction may sum in another order."""
    dtype = trial.internal_precision or np.dtype(np.float64)
    finer = _precision.unit_roundoff(dtype) / _precision.unit_roundoff(trial.dtype)
    allowed = []
    for leaf, g in enumerate(expected):
        scale = _precision.unit_roundoff(dtype) * float(np.abs(g).max(initial=0.0))
        spread = scale + (finer * trial.spread[leaf][rows].max(axis=0) if trial.autodiff is not None else 0.0)
        allowed.append(tolerance.bound(dtype, g, np.broadcast_to(spread, g.shape), trial.length))
    return allowed
