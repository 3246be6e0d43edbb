"""A light trial: is a rule right at these arguments? One small program per shape, then only runs.

A full `check_rule` compiles for a second, and a search asks hundreds of times. So rule and rule-free primal are run in
float64 in one program. Where they agree within one rounding they pass. Where they do not, difference quotients that the
same program gives say who is wrong; where those leave any doubt (kinks, infinities) the law of agreement is called.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from verify import _precision, compare, laws, richardson, tolerance
from verify.batched import Batched
from verify.items import Item, cotangent, stack
from verify.problem import Arrays, Problem
from verify.report import Finding
from verify.subject import RuleError, RuleSubject
from verify.trial import Trial
from verify.witness import AutodiffWitness, like

_LARGE = 1024.0  # a cotangent times this meets a clip; a power of two, so whole numbers stay exact


class LightTrial:
    """One rule at one shape: its program, its witness and its cotangents."""

    def __init__(self, base: Problem, outputs: Any, seed: int) -> None:
        """`outputs` are shapes and dtypes; cotangents are drawn by `seed`: whole ones, large ones, short decimals."""
        self._subject, self._witness = RuleSubject(base), AutodiffWitness(base)
        self._rng = np.random.default_rng(seed)
        normal = cotangent(self._rng, outputs)
        whole = tuple(_whole(w) for w in normal)
        self._cotangents = (whole, tuple(w * np.asarray(_LARGE, w.dtype) for w in whole), normal)
        self._program = Batched(self._rule_and_witness, sum(np.size(x) for x in base.floats), double=True)

    def quick(self, base: Problem) -> bool | None:
        """Whether the rule is wrong at the arguments of `base`, as far as one program tells; None where it does not."""
        items = self._items(base)
        try:
            _, found, expected = self._run(items)
        except Exception:  # rule or autodiff raises, or the rule takes one dtype only: the court finds out which
            return None
        if not all(np.isfinite(e).all() for e in expected):
            return None
        allowed = [tolerance.bound(np.float64, e, np.zeros(e.shape), 1) for e in expected]
        pairs = zip(found, expected, allowed, strict=True)
        worst = [compare.worst(g, e, a) for g, e, a in pairs]
        if all(entry.holds for entry in worst):
            return False
        leaf = max(range(len(worst)), key=lambda i: worst[i].ratio)
        return True if self._confirmed(items[worst[leaf].index[0]], leaf, worst[leaf]) else None

    def _run(self, items: list[Item]) -> tuple[Arrays, Arrays, Arrays]:
        others = stack([i.others for i in items]) if items[0].others else ()
        floats, weights = stack([i.floats for i in items]), stack([i.cotangents for i in items])
        return self._program(_precision.to_float64(floats), others, _precision.to_float64(weights))

    def _confirmed(self, item: Item, leaf: int, entry: compare.Entry) -> bool:
        """Whether the difference quotients along one entry settle on autodiff's value and not on the rule's."""
        xs, index = _precision.to_float64(item.floats), entry.index[1:]
        step = float(richardson.step_scale(xs[leaf][index]))
        moves = [0.0, *(step * richardson.STEPS), *(-step * richardson.STEPS)]
        rows = [tuple(_moved(x, index, t) if i == leaf else x for i, x in enumerate(xs)) for t in moves]
        outputs, _, _ = self._run([Item(item.label, row, item.others, item.cotangents) for row in rows])
        along, size = np.zeros(len(moves) - 1), 0.0
        for w, y in zip(_precision.to_float64(item.cotangents), outputs, strict=True):
            along += np.sum((w * (y[1:] - y[0])).reshape(len(along), -1), axis=1)
            size += float(np.sum(np.abs(w * y[0])))
        right, left = np.split(along, 2) / richardson.STEPS * np.asarray([[1.0], [-1.0]])
        estimate = richardson.settle((right + left) / 2, right, left, size + abs(right[-1]))
        value, error = estimate.value / step, estimate.error / step
        reach = 8 * error + float(tolerance.bound(np.float64, np.asarray(value), np.zeros(()), 1))
        confirmed = abs(entry.expected - value) <= reach < abs(entry.actual - value)
        return estimate.kind == "smooth" and bool(confirmed)

    def court(self, base: Problem) -> list[Finding]:
        """The failures that the law of agreement finds at the arguments of `base`."""
        autodiff = self._witness if self._witness.differentiable else None
        none = (None,) * len(base.floats)
        trial = Trial(self._subject, self._items(base), autodiff, self._witness, self._rng, brief=True, domains=none)
        # Points at the edge of the range may overflow, and comparisons treat what is not finite explicitly.
        with np.errstate(all="ignore"):
            try:
                if trial.answers64 is None:
                    _ = trial.answers
                trial.silence_infinite_outputs()
                if trial.valid.any():
                    for law in laws.EVERYWHERE:
                        law(trial)
            except RuleError as error:
                trial.failed("structure", None, trial.items[0], actual=str(error), expected="the rule runs")
        return [finding for kind, finding in trial.findings if kind == "failures"]

    def _items(self, base: Problem) -> list[Item]:
        return [Item("the example", base.floats, base.others, ws) for ws in self._cotangents]

    def _rule_and_witness(self, xs: Arrays, ns: Arrays, ws: Arrays) -> tuple[Arrays, Arrays, Arrays]:
        outputs, pullback = jax.vjp(lambda *x: self._witness.call(x, ns), *xs)
        return outputs, self._subject.cotangents(xs, ns, ws), pullback(like(ws, outputs))


def _whole(weights: np.ndarray) -> np.ndarray:
    """Small whole numbers other than zero: with whole inputs they keep a polynomial rule exact."""
    rounded = np.round(2 * weights.astype(np.float64))
    return np.where(rounded == 0, 1, rounded).astype(weights.dtype)


def _moved(x: np.ndarray, index: tuple[int, ...], by: float) -> np.ndarray:
    there = np.array(x)
    there[index] += by
    return there
