"""Law: sharded = unsharded, for a rule whose arguments lie on several devices or that uses `shard_map`.

The rule runs with the example's shardings, and with cotangents that lie as its outputs do. Every copy that devices hold
of one entry must be the same, whatever is read must be what the unsharded run returns, and a cotangent must lie as its
argument does wherever that of plain autodiff lies so: a rule may not gather what its argument keeps apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from verify import _precision, compare, placement, stripping, tolerance
from verify.compiled import Compiled
from verify.laws import eager
from verify.problem import Arrays
from verify.report import Diagnosis
from verify.reproduce import sharded_lines
from verify.subject import Answers, RuleSubject, first_line
from verify.trial import Trial
from verify.unsummed import of_copies, of_values
from verify.witness import AutodiffWitness, like

LAW = "sharded = unsharded"
GATHERED = "sharding"
_CELL = "sharded"
_ITEMS = 2
# what a program may fix the place of its results with; elsewhere the compiler decides, and autodiff's is no better
_PINS = ("sharding_constraint", "shard_map", "custom_partitioning", "reshard")


def check(trial: Trial) -> None:
    """Compare copies, values and shardings of outputs and cotangents at the example and at a random point."""
    if not trial.subject.traceable or jax.device_count() == 1 or not (trial.problem.shardings or _maps(trial)):
        return
    if any(kind == "failures" and f.law in (eager.REPEATABLE, eager.REENTRANT) for kind, f in trial.findings):
        return  # what differs from call to call differs here too
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary]
    if not rows:
        return
    rows = list(dict.fromkeys((rows[0], rows[-1])))[:_ITEMS]
    runs = _Runs(trial)
    try:
        outputs = [runs.primal(i) for i in rows]
    except Exception as error:  # the primal's way of refusing these shardings: no fault of its rule
        trial.notes.append(f"sharded was left out: the primal does not run so ({first_line(error)})")
        trial.cell(_CELL, "left out")
        return
    try:
        answers = [runs.rule(i, ys) for i, ys in zip(rows, outputs, strict=True)]
    except Exception as error:
        trial.failed(LAW, None, trial.items[rows[0]], actual=first_line(error), expected="it runs as its primal does")
        trial.cell(_CELL, "failed")
        return
    entries = [_output(trial, rows, answers, k) for k in range(len(outputs[0]))]
    entries += [_cotangent(trial, rows, answers, runs, leaf) for leaf in range(len(trial.floats))]
    worst = max(entries)
    trial.cell(_CELL, "held" if worst.holds else "failed", worst.ratio)


class _Runs:
    """Programs whose arguments lie as the example's, each compiled when it is first asked for."""

    def __init__(self, trial: Trial) -> None:
        self._trial, bare = trial, trial.problem.unplaced()
        arrays = len(trial.floats) + len(trial.others)
        self.shardings = trial.problem.shardings or (None,) * arrays
        one = RuleSubject(bare).one if isinstance(trial.subject, RuleSubject) else trial.subject.one
        self._primal = Compiled(bare.call, trial.entries, quick=False)
        self._rule = Compiled(one, trial.entries, quick=False)
        self._peer = Compiled(_pullback(AutodiffWitness(bare).call), trial.entries, quick=False)

    def primal(self, i: int) -> Arrays:
        """The outputs, not differentiated."""
        return self._primal(*self._placed(i))

    def rule(self, i: int, outputs: Arrays) -> Answers:
        """What the rule returns for cotangents that lie as the outputs do."""
        return Answers(*self._rule(*self._placed(i), self._cotangents(i, outputs)))

    def peer(self, i: int, outputs: Arrays) -> Arrays:
        """The cotangents by plain autodiff of the rule-free primal."""
        return self._peer(*self._placed(i), self._cotangents(i, outputs))

    def _placed(self, i: int) -> tuple[Arrays, Arrays]:
        item, cut = self._trial.items[i], len(self._trial.floats)
        return placement.put(item.floats, self.shardings[:cut]), placement.put(item.others, self.shardings[cut:])

    def _cotangents(self, i: int, outputs: Arrays) -> Arrays:
        places = [y.sharding if len(y.sharding.device_set) > 1 else None for y in outputs]
        return placement.put(self._trial.items[i].cotangents, places)


def _pullback(call: Callable[..., Arrays]) -> Callable[..., Arrays]:
    def pull(xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        outputs, back = jax.vjp(lambda *x: call(x, ns), *xs)
        return back(like(ws, outputs))

    return pull


def _program(trial: Trial) -> Any:
    item = trial.items[0]
    return jax.make_jaxpr(trial.subject.one)(item.floats, item.others, item.cotangents)


def _maps(trial: Trial) -> bool:
    return any(True for _ in placement.meshes(_program(trial)))


def _output(trial: Trial, rows: list[int], answers: list[Answers], leaf: int) -> compare.Entry:
    """Outputs of the forward pass are only spoken of where they differ: `primal unchanged` has looked at them."""
    worst = compare.Entry()
    for i, found in zip(rows, answers, strict=True):
        expected = np.asarray(trial.answers.forward[leaf][i], np.float64)
        u = _precision.unit_roundoff(trial.dtype)
        spread = np.full(expected.shape, u * float(np.abs(expected).max(initial=0.0)))
        allowed = tolerance.bound(trial.dtype, expected, spread, _length(trial, found.forward))
        entry, _ = _compared(found.forward[leaf], expected, allowed)
        if not entry.holds:
            trial.failed(LAW, f"output {leaf}", trial.items[i], **entry.fields())
            return entry
        worst = max(worst, entry)
    return worst


def _cotangent(trial: Trial, rows: list[int], answers: list[Answers], runs: _Runs, leaf: int) -> compare.Entry:
    path, worst = trial.problem.float_paths[leaf], compare.Entry()
    for i, found in zip(rows, answers, strict=True):
        g, expected = found.cotangents[leaf], np.asarray(trial.answers.cotangents[leaf][i], np.float64)
        allowed = _allowed(trial, i, leaf, expected, _length(trial, found.cotangents))
        entry, alike = _compared(g, expected, allowed)
        if not entry.holds:
            right = expected if trial.autodiff is None else trial.witness[leaf][i]
            told = of_copies(path, g, right, allowed) if not alike else of_values(trial, i, leaf, found, right, allowed)
            fields = entry.fields() | _lines(trial, i, path, entry.index)
            trial.failed(LAW, path, trial.items[i], diagnosis=told, **fields)
            return entry
        worst = max(worst, entry)
    if _lies_well(trial, rows[0], answers[0], runs, leaf):
        trial.passed(LAW, path, **worst.margin())
        return worst
    return compare.Entry(ratio=np.inf)


def _compared(array: Any, expected: np.ndarray, allowed: np.ndarray) -> tuple[compare.Entry, bool]:
    """The worst entry, and whether all copies of every entry are alike; where they are not, that is what is shown."""
    worst = compare.Entry()
    for group in placement.copies(array):
        start, first = group[0]
        here = tuple(slice(k, k + n) for k, n in zip(start, first.shape, strict=True))
        for _, other in group[1:]:
            entry = compare.worst(other, first, allowed[here], nan_equal=True)
            worst = max(worst, compare.Entry(**{**vars(entry), "index": _global(start, entry.index)}))
    if not worst.holds:
        return worst, False
    return max(worst, compare.worst(np.asarray(array), expected, allowed, nan_equal=True)), True


def _global(start: Sequence[int], index: Sequence[int]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(start, index, strict=False))


def _length(trial: Trial, arrays: Arrays) -> int:
    """Roundings that may pile up: every device has its own, and then their results are summed."""
    return trial.length * max(len(array.sharding.device_set) for array in arrays)


def _allowed(trial: Trial, i: int, leaf: int, expected: np.ndarray, length: int) -> np.ndarray:
    """As for eager = jit: partial sums on several devices are another order of the same sum."""
    u = _precision.unit_roundoff(trial.dtype)
    spread = trial.spread[leaf][i] if trial.autodiff is not None else np.zeros(expected.shape)
    sizes = (trial.cotangent_scale[i], trial.largest_intermediate[i], np.abs(expected).max(initial=0.0))
    return tolerance.bound(trial.dtype, expected, spread + u * max(map(float, sizes)), length)


def _lies_well(trial: Trial, i: int, found: Answers, runs: _Runs, leaf: int) -> bool:
    """Whether a cotangent lies as its argument, or as the compiler likes; else that is recorded."""
    wanted, g, path = runs.shardings[leaf], found.cotangents[leaf], trial.problem.float_paths[leaf]
    if wanted is None or g.sharding.is_equivalent_to(wanted, g.ndim):
        return True
    if not any(eqn.primitive.name in _PINS for eqn in stripping.equations(_program(trial))):
        return True
    if trial.autodiff is None or not runs.peer(i, found.primal)[leaf].sharding.is_equivalent_to(wanted, g.ndim):
        return True
    told = (
        f"d_{path} is laid out as {_spec(g.sharding)}, its argument and plain autodiff's cotangent as {_spec(wanted)}."
    )
    trial.failed(
        LAW,
        path,
        trial.items[i],
        actual=_spec(g.sharding),
        expected=_spec(wanted),
        diagnosis=Diagnosis(GATHERED, told),
        **_lines(trial, i, path, ()),
    )
    return False


def _lines(trial: Trial, i: int, path: str, index: Sequence[int]) -> dict[str, Any]:
    """Where the arguments lie on one device, the lines of any finding show it too."""
    placed = bool(trial.problem.shardings)
    return {"reproduce": sharded_lines(trial.problem, trial.items[i], path, index)} if placed else {}


def _spec(sharding: Any) -> str:
    return str(getattr(sharding, "spec", sharding))
