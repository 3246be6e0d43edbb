"""Law: every cotangent has the tree, shape and dtype of its argument, in every float dtype that the primal accepts.

JAX refuses a wrong tree or shape itself (that error becomes the finding) but lets a wrong dtype through: a float32
cotangent for a bfloat16 weight doubles memory and poisons whatever comes upstream. Tracing suffices, nothing is run.
"""

from __future__ import annotations

import contextlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify import _precision
from verify.subject import RuleSubject, first_line
from verify.trial import Subject, Trial

LAW = "structure"
_PROMOTED = (
    "for {} arguments the cotangent is promoted to {} by an array of another dtype in the rule; "
    "an explicit dtype there would keep it"
)
_DTYPES = (jnp.bfloat16, np.float16, np.float32, np.float64)


def check(trial: Trial) -> None:
    """Compare dtypes in the user's dtype and in every other one whose outputs follow the inputs."""
    problem = trial.problem
    bad: set[str] = set()
    for path, x, g in zip(problem.float_paths, trial.floats, trial.answers.cotangents, strict=True):
        if g.dtype != x.dtype or g.shape != x.shape:
            bad.add(path)
            expected = f"{x.dtype}{list(x.shape[1:])}"
            trial.failed(LAW, path, trial.items[0], actual=f"{g.dtype}{list(g.shape[1:])}", expected=expected)
    if isinstance(trial.subject, RuleSubject):
        for dtype in _DTYPES:
            _other_dtype(trial, np.dtype(dtype), bad)
    for path in problem.float_paths:
        if path not in bad:
            trial.passed(LAW, path)


def _other_dtype(trial: Trial, dtype: Any, bad: set[str]) -> None:
    subject, item = trial.subject, trial.items[0]
    given = {np.asarray(x).dtype for x in item.floats}
    if dtype in given or len(given) > 1:
        return  # it has been looked at, or the example mixes dtypes on purpose
    wide = _precision.double_precision() if dtype == np.float64 else contextlib.nullcontext()
    with wide:
        floats = tuple(np.asarray(x).astype(dtype) for x in item.floats)
        try:
            outputs = subject.problem.outputs(floats, item.others)
        except Exception as error:
            trial.notes.append(f"{dtype} was left out: the primal does not accept it ({type(error).__name__})")
            return
        if any(out.dtype != dtype for out in outputs):
            return  # the primal fixes its own output dtype: nothing says what the cotangents' dtype should be
        cotangents = tuple(np.asarray(w).astype(dtype) for w in item.cotangents)
        try:
            answers = jax.eval_shape(subject.one, floats, item.others, cotangents)
        except Exception as error:  # whatever the rule raises for a dtype that its primal accepts
            trial.failed(LAW, f"{dtype} arguments", None, actual=first_line(error), expected="cotangents")
            return
        wrong = [g.dtype != x.dtype for x, g in zip(floats, answers.cotangents, strict=True)]
        promoted = any(wrong) and _promotes(subject, floats, item.others, cotangents)
    for path, x, g in zip(subject.problem.float_paths, floats, answers.cotangents, strict=True):
        if g.dtype != x.dtype and path not in bad:
            bad.add(path)
            if promoted:
                trial.left_open(LAW, path, _PROMOTED.format(dtype, g.dtype), None)
                continue
            expected = f"{x.dtype} (the argument's dtype)"
            trial.failed(LAW, path, None, actual=str(g.dtype), expected=expected, reproduce=_lines(trial, dtype))


def _promotes(subject: Subject, floats: Any, others: Any, cotangents: Any) -> bool:
    """Whether the rule mixes dtypes without a cast: an array of default dtype (`jnp.ones(shape)`) widens the result."""
    with jax.numpy_dtype_promotion("strict"):
        try:
            jax.eval_shape(subject.one, floats, others, cotangents)
        except jax.dtypes.TypePromotionError:
            return True
    return False


def _lines(trial: Trial, dtype: Any) -> tuple[str, ...]:
    shapes = ", ".join(f"jax.numpy.ones({tuple(np.shape(x))}, {dtype.name!r})" for x in trial.items[0].floats)
    return (
        "import jax",
        f"xs = [{shapes}]  # the float leaves; then jax.vjp(fun, ...)",
        "# compare dtypes of the cotangents",
    )
