"""`mutation_score`: how many planted gradient faults does a check notice?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax

from verify import _precision
from verify.mutation import _text
from verify.mutation.equivalence import VERDICTS, Comparison
from verify.mutation.mutant import Mutant, candidates
from verify.mutation.program import Backward, Unfit
from verify.subject import first_line

Check = Callable[[Callable[..., Any]], Any]


@dataclasses.dataclass(frozen=True)
class Mutants:
    """The mutants of one backward pass, sorted by what float64 says of them.

    Attributes:
        different: those that a check should notice.
        equivalent: equal to the right pass up to rounding at every draw.
        conventions: different only where the derivative jumps, with a value that is right there as well.
        invalid: those that raise, or return other shapes or dtypes than the right pass.
        duplicates: how many were left out because another one returns the same values at every draw.
    """

    different: tuple[Mutant, ...]
    equivalent: tuple[Mutant, ...]
    conventions: tuple[Mutant, ...]
    invalid: tuple[Mutant, ...]
    duplicates: int


@dataclasses.dataclass(frozen=True)
class MutationScore:
    """What a check made of the mutants; `str` gives a table by operator and every survivor with its diff."""

    killed: tuple[Mutant, ...]
    survivors: tuple[Mutant, ...]
    equivalent: tuple[Mutant, ...] = ()
    conventions: tuple[Mutant, ...] = ()
    invalid: tuple[Mutant, ...] = ()
    duplicates: int = 0

    @property
    def total(self) -> int:
        """The mutants that count: killed and surviving ones."""
        return len(self.killed) + len(self.survivors)

    @property
    def score(self) -> float:
        """The share of them that the check noticed; 1 where there are none."""
        return len(self.killed) / self.total if self.total else 1.0

    def __str__(self) -> str:
        return _text.score_text(self)

    def to_json(self) -> str:
        """Return the score as a JSON object; mutants by operator, edit, location, diff and what noticed them."""
        return _text.score_json(self)


def mutation_score(backward: Callable[..., Any], check: Check, *args: Any, seed: int = 0) -> MutationScore:
    """Plant faults in `backward`, one at a time, and count those that `check` notices.

    Args:
        backward: a backward pass that JAX can trace, with any arguments (residuals, primals, cotangent).
        check: takes a backward pass; returns something false, or raises, to say that it is wrong. A report is false
            when a law failed; None, as a function of assertions returns, is no complaint. An exception that is not an
            `AssertionError` counts as noticing too, since a test that crashes is red; `Mutant.noticed` quotes it.
        *args: one example of the arguments of `backward`.
        seed: of the draws at which mutants are compared with the right pass.

    Raises:
        TypeError: `backward` or `check` is not callable, JAX cannot trace `backward`, or no argument holds a float.
        ValueError: `check` rejects `backward` itself.
    """
    if not callable(check):
        raise TypeError(f"`check` must be callable, check(backward) -> report or bool; got {type(check).__name__}.")
    found = mutants(backward, *args, seed=seed)
    return judge(backward, check, found)


def mutants(backward: Callable[..., Any], *args: Any, seed: int = 0) -> Mutants:
    """Make the mutants of `backward` that `mutation_score` shows to a check; for several checks of the same ones."""
    if not callable(backward):
        raise TypeError(f"`backward` must be callable; got {type(backward).__name__}.")
    try:
        traced = Backward(backward, args)
    except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
        raise TypeError(
            f"JAX cannot trace `backward` at this example ({type(error).__name__}): mutants are edits of its jaxpr, "
            "so it must work under jax.jit."
        ) from error
    comparison = Comparison(traced, args, seed)
    groups: dict[str, list[Mutant]] = {verdict: [] for verdict in (*VERDICTS, "invalid")}
    seen: set[bytes] = set()
    duplicates = 0
    for candidate in candidates(traced, args):
        try:
            with _precision.double_precision():
                verdict, digest = comparison.verdict(candidate.strict)
        except (Unfit, TypeError, ValueError, ZeroDivisionError) as error:  # how JAX refuses operands and parameters
            groups["invalid"].append(candidate.refused(error))
            continue
        if verdict == "different" and digest in seen:
            duplicates += 1
            continue
        seen.add(digest)
        groups[verdict].append(candidate.mutant())
    different, equivalent, convention, invalid = (tuple(group) for group in groups.values())
    return Mutants(different, equivalent, convention, invalid, duplicates)


def judge(backward: Callable[..., Any], check: Check, found: Mutants) -> MutationScore:
    """Show every mutant of `mutants(backward, ...)` to `check`.

    Raises:
        ValueError: `check` rejects `backward` itself.
    """
    complaint = complaint_of(check, backward)
    if complaint is not None:
        raise ValueError(f"`check` must accept the right backward pass before mutants can count; it said: {complaint}")
    judged = [dataclasses.replace(mutant, noticed=complaint_of(check, mutant.backward)) for mutant in found.different]
    return MutationScore(
        tuple(mutant for mutant in judged if mutant.noticed is not None),
        tuple(mutant for mutant in judged if mutant.noticed is None),
        found.equivalent,
        found.conventions,
        found.invalid,
        found.duplicates,
    )


def complaint_of(check: Check, backward: Callable[..., Any]) -> str | None:
    """What `check` has against a backward pass in one line; None if nothing."""
    try:
        answer = check(backward)
    except Exception as error:  # a check that crashes on a mutant has noticed it
        return first_line(error)
    if answer is None or answer:
        return None
    failures = getattr(answer, "failures", ())
    return ", ".join(dict.fromkeys(failure.law for failure in failures)) or "False"
