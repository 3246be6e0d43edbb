"""Law: what a rule returns for bfloat16 and float16 arguments is the same derivative, as well as these dtypes hold it.

Rules take other paths for 16-bit arguments (a fast one, a cast, an epsilon that vanishes) which an example in float32
never enters. Only what is plainly another number counts here: off by more than an eighth of the cotangent's largest
entry where plain autodiff in the same dtype is not. For rounding, give `check_rule` an example in the dtype itself.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify import _precision, compare, comparison
from verify.items import Item
from verify.laws.agreement import LAW as AGREEMENT
from verify.subject import RuleError, RuleSubject
from verify.trial import Trial

LAW = "half precision"
_DTYPES = (jnp.bfloat16, np.float16)
_GROSS = 1 / 8  # of the largest entry: 32 roundings of bfloat16, as many as a short program piles up
_ITEMS = 6


def check(trial: Trial) -> None:
    """Compare ordinary points in both 16-bit dtypes, for the arguments that hold in the example's own."""
    given = {np.asarray(x).dtype for x in trial.items[0].floats}
    if trial.autodiff is None or not isinstance(trial.subject, RuleSubject) or len(given) > 1:
        return
    wrong = {finding.argument for kind, finding in trial.findings if kind == "failures" and finding.law == AGREEMENT}
    for dtype in map(np.dtype, _DTYPES):
        if dtype not in given and _follows(trial, dtype):
            wrong |= _check_in(trial, dtype, wrong)


def _follows(trial: Trial, dtype: Any) -> bool:
    """Whether the primal takes arguments of this dtype and answers in it."""
    floats = tuple(np.asarray(x).astype(dtype) for x in trial.items[0].floats)
    try:
        outputs = trial.problem.outputs(floats, trial.items[0].others)
    except Exception:  # however the primal refuses a dtype: `structure` notes it
        return False
    return all(out.dtype == dtype for out in outputs)


def _check_in(trial: Trial, dtype: Any, known: set[str | None]) -> set[str | None]:
    items = [_cast(item, dtype) for item in trial.items if item.ordinary and "cotangent" not in item.label][:_ITEMS]
    here = trial.problem.at(items[0].floats, items[0].others)
    narrow = dataclasses.replace(
        trial, subject=RuleSubject(here, quick=True), items=items, findings=[], notes=[], silenced=None
    )
    try:
        seen = comparison.with_witness(narrow, narrow.answers.cotangents, dtype)
    except RuleError as error:
        trial.notes.append(f"{dtype} was left out: {error}")
        return set()
    rows = np.flatnonzero(narrow.valid & narrow.primal_accurate)
    wrong: set[str | None] = set()
    for leaf, path in enumerate(trial.problem.float_paths):
        if path in known or leaf in trial.surrogates or not rows.size:
            continue
        for i in rows:
            size = float(np.abs(narrow.witness[leaf][i]).max(initial=0.0))
            allowed = np.maximum(seen.allowed[leaf][i], _GROSS * size)
            entry = compare.worst(seen.actual[leaf][i], narrow.witness[leaf][i], allowed)
            if not entry.holds and not _peer_fails(narrow, leaf, int(i), entry):
                trial.failed(LAW, path, items[i], **entry.fields())
                wrong.add(path)
                break
        else:
            trial.passed(LAW, path)
    return wrong


def _cast(item: Item, dtype: Any) -> Item:
    floats, cotangents = (tuple(np.asarray(a).astype(dtype) for a in part) for part in (item.floats, item.cotangents))
    return dataclasses.replace(item, floats=floats, cotangents=cotangents)


def _peer_fails(narrow: Trial, leaf: int, i: int, entry: compare.Entry) -> bool:
    """Whether plain autodiff in the same dtype is as far off: then it is the primal that 16 bits do not suit."""
    peer = float(_precision.to_float64(narrow.peer_errors)[leaf][i].max(initial=0.0))
    return not peer < entry.error / 4
