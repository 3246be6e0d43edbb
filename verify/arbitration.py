"""Who is wrong where rule and witness differ: the numbers decide, kinks and conventions are honoured.

Rules are often written *because* autodiff of the primal is NaN or inaccurate, so a disagreement alone proves nothing.
Difference quotients along the entry in question say which of the two they confirm. At a kink any generalised gradient
is right (`kinks`). Where the numbers are unsettled, the finding is inconclusive: never a silent pass, never a guess.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify import _precision, kinks, richardson, tolerance
from verify.comparison import Comparison, Query, ask, worst
from verify.items import LARGE
from verify.report import Diagnosis
from verify.trial import Trial

_ITEMS = 6  # disagreeing items per argument that are looked into at once, until one proves the rule wrong
_FAR = 1e4  # inputs beyond this may overflow in a correct rule: then autodiff in the same dtype is the yardstick

_AUTODIFF_OFF = "the numbers confirm the rule where autodiff of its primal is inaccurate or NaN."
_CONVENTION = "at {} the primal has a kink; the rule returns one of its generalised gradients."
_AS_JAX = "at {} the rule follows JAX's own rules inside the primal."
_TOO_COARSE = "rule and autodiff differ by less than the numbers resolve there ({:.2g})"
_EXTREME = (
    "at values up to {:.1e} the rule is not finite where autodiff in the same dtype is not either, "
    "or the dtype cannot hold the result"
)
_LARGE_COTANGENT = "the rule is not finite for a cotangent of that size: something overflows on the way"
_SINGULAR = "no digit of autodiff of a matrix decomposition is known there: the matrix is singular, or its factors tie"
_NOISE = "an exponential of rounding noise leaves its range: one rounding of such inputs is larger than 1"
_EXPONENTIALS = frozenset("exp exp2 expm1 pow sinh cosh".split())
_UNDERFLOW = "the primal underflows on the way, in float64 too: no witness is right there"
_CONSERVED = "a combination of the one-sided gradients that conserves the cotangent"


def wrong_leaves(trial: Trial, law: str, comparison: Comparison, skip: set[int]) -> set[int]:
    """Look into every disagreement, record what each means under `law`, and return the leaves that are wrong.

    Args:
        trial: holds the witnesses and takes the findings.
        law: the name the findings are recorded under.
        comparison: of rule and witness, in one precision.
        skip: leaves that are known to be wrong already.
    """
    court = _Court(trial, law, comparison)
    pending = {leaf: court.disagreeing(leaf) for leaf in range(len(comparison.ratios)) if leaf not in skip}
    wrong: set[int] = set()
    while any(pending.values()):
        queries = [q for leaf, rows in pending.items() for i in rows[:_ITEMS] for q in worst(comparison, leaf, i)]
        for query, estimate in zip(queries, ask(trial, queries), strict=True):
            if query.leaf not in wrong and court.rejects(query, estimate):
                wrong.add(query.leaf)
        pending = {leaf: rows[_ITEMS:] for leaf, rows in pending.items() if leaf not in wrong}
    return wrong


class _Court:
    """Judges the disagreements of one comparison; judgements at kinks are kept, one per item and leaf."""

    def __init__(self, trial: Trial, law: str, comparison: Comparison) -> None:
        self._trial, self._law, self._comparison = trial, law, comparison
        self._judgements: dict[tuple[int, int], kinks.Judgement] = {}

    def disagreeing(self, leaf: int) -> list[int]:
        """Items that disagree; at other shapes than the example's a few, those that no convention explained first."""
        ratios, trial = self._comparison.ratios[leaf], self._trial
        rows = [i for i in range(len(ratios)) if ratios[i].max(initial=0.0) > 1]
        if not trial.brief:
            return rows
        return sorted(rows, key=lambda i: trial.items[i].label in trial.conventions)[:_ITEMS]

    def rejects(self, query: Query, estimate: richardson.Estimate) -> bool:
        """Record what one disagreement means; True when the rule is wrong."""
        actual, expected = self._entry(self._comparison.actual, query), self._entry(self._trial.witness, query)
        if not np.isfinite(actual) and (reason := self._excused(query)):
            return self._open(query, reason)
        if actual == 0 and self._underflows_by_noise(query):
            return self._open(query, _NOISE)
        if estimate.kind == "smooth":
            return self._by_numbers(query, estimate, actual, expected)
        if np.isnan(actual) and np.isfinite(expected) and self._worth_finite(query, expected):
            return self._reject(query, expected, None)  # whatever the slopes: plain autodiff manages there
        if not np.isfinite(actual) and not np.isfinite(expected):
            # at a kink with finite slopes to both sides, a generalised gradient exists, and NaN is none
            if estimate.kind == "kink" and self._trial.items[query.item].reach <= _FAR and not self._overflows(query):
                return self._reject(query, f"finite, between {estimate.low:.9g} and {estimate.high:.9g}", None)
            return self._open(query, f"rule and autodiff are not finite, and {estimate.reason}")
        return not self._follows_jax(query, actual) and self._off_the_kink(query, estimate, actual)

    def _excused(self, query: Query) -> str | None:
        """Why a rule need not be finite there, if it need not."""
        trial = self._trial
        if trial.items[query.item].label == LARGE:
            return _LARGE_COTANGENT
        if trial.decomposes and (not np.isfinite(self._entry(trial.witness, query)) or self._ill_conditioned(query)):
            return _SINGULAR
        if self._noisy(query) and trial.first_infinity(query.item) in _EXPONENTIALS:
            return _NOISE
        return None

    def _underflows_by_noise(self, query: Query) -> bool:
        """Whether a zero is an exponential of rounding noise, which float64 does not have there."""
        return self._noisy(query) and self._right_in_float64(query) and self._trial.rule_has(*_EXPONENTIALS)

    def _noisy(self, query: Query) -> bool:
        """Whether one rounding of an input is larger than 1 there."""
        return self._trial.items[query.item].reach > 1 / _precision.unit_roundoff(self._trial.dtype)

    def _right_in_float64(self, query: Query) -> bool:
        """Whether the same rule agrees with the witness in float64, where the example has a narrower dtype."""
        trial = self._trial
        if trial.answers64 is None or trial.dtype == np.float64:
            return False
        wide = self._entry(trial.answers64.cotangents, query)
        return bool(abs(wide - self._entry(trial.witness, query)) <= self._native_allowance(query))

    def _ill_conditioned(self, query: Query) -> bool:
        """Whether roundings of a decomposition may move the outputs by all that they are.

        λ sqrt(L) u |d x| >= |w y|, with the largest entries of each (`verify.tolerance`): the condition number is too
        large for any digit to be known.
        """
        trial, i = self._trial, query.item
        moved = max(_largest(d[i]) * _largest(x[i]) for d, x in zip(trial.witness, trial.floats, strict=True))
        size = max(
            _largest(w[i]) * _largest(y[i]) for w, y in zip(trial.cotangents, trial.witness_outputs, strict=True)
        )
        roundings = tolerance.LAMBDA * np.sqrt(trial.length) * self._comparison.unit
        return 0 < size < roundings * moved

    def _by_numbers(self, query: Query, estimate: richardson.Estimate, actual: float, expected: float) -> bool:
        trial = self._trial
        allowed = self._entry(self._comparison.allowed, query)
        rounding = tolerance.LAMBDA * np.sqrt(trial.length) * self._comparison.unit * abs(estimate.value)
        reach = 8 * estimate.error + allowed + rounding
        witness_confirmed = abs(expected - estimate.value) <= reach
        finer = self._comparison.unit < _precision.unit_roundoff(trial.dtype)
        if finer and witness_confirmed and abs(actual - expected) <= self._native_allowance(query):
            return False  # a constant of eight digits, say: in the user's dtype nobody could tell
        if abs(actual - estimate.value) <= reach:
            if not witness_confirmed:
                return self._accept(query, "autodiff-inaccurate", _AUTODIFF_OFF)
            return self._open(query, _TOO_COARSE.format(reach))
        if not np.isfinite(actual) and not self._worth_finite(query, estimate.value):
            return self._open(query, _EXTREME.format(self._trial.items[query.item].reach))
        # smooth along one entry is not differentiable: a tie of three arguments shows along none of them
        if self._accepted_at_a_kink(query) or (self._kinked(query) and self._follows_jax(query, actual)):
            return False
        expected = expected if witness_confirmed else estimate.value
        return self._reject(query, expected, abs(actual - expected))

    def _off_the_kink(self, query: Query, estimate: richardson.Estimate, actual: float) -> bool:
        judgement = self._at_kink(query)
        if judgement.acceptable:
            return self._accept(query, "convention", _CONVENTION)
        finite = np.isfinite(actual) or self._trial.items[query.item].reach <= _FAR
        if judgement.acceptable is None or not finite or estimate.kind == "unsettled":
            return self._open(query, estimate.reason or "no neighbouring point is differentiable")
        low, high = float(judgement.low[query.index]), float(judgement.high[query.index])
        if low <= actual <= high:
            return self._reject(query, _CONSERVED, None)
        between = f"between {low:.9g} and {high:.9g}" if low < high else low
        return self._reject(query, between, float(np.fmax(low - actual, actual - high)))

    def _accepted_at_a_kink(self, query: Query) -> bool:
        """Whether gradients nearby differ at this entry, and the rule's is a generalised one."""
        judgement = self._at_kink(query)
        if not (judgement.acceptable and judgement.kinked[query.index]):
            return False
        self._accept(query, "convention", _CONVENTION)
        return True

    def _kinked(self, query: Query) -> bool:
        return bool(self._at_kink(query).kinked[query.index])

    def _follows_jax(self, query: Query, actual: float) -> bool:
        """Whether JAX's own rules inside the primal (relu'(0) = 0, say) give the rule's value at a special point."""
        trial = self._trial
        assert trial.autodiff is not None
        if trial.items[query.item].ordinary:
            return False
        xs, ns, ws = (trial.one_row(part, query.item) for part in (trial.floats, trial.others, trial.cotangents))
        inner = trial.autodiff.inner_gradients(xs, ns, ws)[query.leaf][(0, *query.index)]
        if not abs(float(inner) - actual) <= self._entry(self._comparison.allowed, query):
            return False
        self._accept(query, "convention", _AS_JAX)
        return True

    def _at_kink(self, query: Query) -> kinks.Judgement:
        """The judgement of the query's item and leaf: one for all its entries, since it sees the whole cotangent."""
        trial, comparison, i, leaf = self._trial, self._comparison, query.item, query.leaf
        assert trial.autodiff is not None
        if (leaf, i) not in self._judgements:
            self._judgements[leaf, i] = kinks.judge(
                trial.autodiff,
                (trial.row(trial.floats, i), trial.row(trial.others, i), trial.row(trial.cotangents, i)),
                leaf,
                trial.row(comparison.actual, i),
                trial.row(comparison.allowed, i),
                [q.index for q in worst(comparison, leaf, i)],
                np.random.default_rng(i),
            )
        return self._judgements[leaf, i]

    def _native_allowance(self, query: Query) -> float:
        """Half the tolerance of the user's dtype there."""
        expected, spread = self._entry(self._trial.witness, query), self._entry(self._trial.spread, query)
        allowed = tolerance.bound(self._trial.dtype, np.asarray(expected), np.asarray(spread), self._trial.length)
        return float(allowed) / 2

    def _worth_finite(self, query: Query, value: float) -> bool:
        """Whether to ask for finiteness: the dtype holds the value, and inputs are moderate or autodiff manages."""
        trial = self._trial
        if not abs(value) <= _precision.largest(trial.dtype):
            return False
        if not trial.brief and not trial.primal_accurate[query.item]:
            return False  # the primal itself is out of its range there
        if self._overflows(query):
            return False  # the chain rule itself says 0 times infinity there
        return trial.items[query.item].reach <= _FAR or bool(
            np.isfinite(trial.peer_errors[query.leaf][query.item]).all()
        )

    def _overflows(self, query: Query) -> bool:
        """Whether the primal is finite there only by way of an overflow, in the precision in which the rule is not."""
        trial = self._trial
        wide = None if trial.answers64 is None else trial.answers64.cotangents[query.leaf][query.item]
        double = wide is not None and not np.isfinite(np.asarray(wide, np.float64)).all()
        return bool(trial.rests_on_overflow(double)[query.item])

    def _entry(self, arrays: Any, query: Query) -> float:
        return float(arrays[query.leaf][(query.item, *query.index)])

    def _path(self, query: Query) -> str:
        return self._trial.problem.float_paths[query.leaf]

    def _accept(self, query: Query, code: str, sentence: str) -> bool:
        label = self._trial.items[query.item].label
        if code == "convention":
            self._trial.conventions.add(label)
        self._trial.passed(self._law, self._path(query), diagnosis=Diagnosis(code, sentence.format(label)))
        return False

    def _open(self, query: Query, reason: str) -> bool:
        expected = self._entry(self._trial.witness, query)
        error = abs(self._entry(self._comparison.actual, query) - expected)
        fields = self._fields(query, expected, error)
        self._trial.left_open(self._law, self._path(query), reason, self._trial.items[query.item], **fields)
        return False

    def _reject(self, query: Query, expected: Any, error: float | None) -> bool:
        if self._trial.underflows[query.item]:
            return self._open(query, _UNDERFLOW)
        fields = self._fields(query, expected, error)
        self._trial.failed(self._law, self._path(query), self._trial.items[query.item], **fields)
        return True

    def _fields(self, query: Query, expected: Any, error: float | None) -> dict[str, Any]:
        return {
            "index": query.index,
            "actual": self._entry(self._comparison.actual, query),
            "expected": expected,
            "error": error,
            "tolerance": self._entry(self._comparison.allowed, query),
        }


def _largest(array: Any) -> float:
    return float(np.max(np.abs(array), initial=0.0))
