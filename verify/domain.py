"""What the caller knows of an argument that the example does not show."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from verify.problem import Problem


@dataclasses.dataclass(frozen=True)
class Domain:
    """Where one positional argument may lie, and what may be varied.

    Args:
        low: smallest admissible value, or None.
        high: largest admissible value, or None.
        special: values at which the function does something unusual; they are tried besides those found.
        vary_shape: whether the check may change the argument's shape.
        vary_values: whether the check may change its values.

    Raises:
        ValueError: `low` is not below `high`, or `special` lies outside.
    """

    low: float | None = None
    high: float | None = None
    special: tuple[float, ...] = ()
    vary_shape: bool = True
    vary_values: bool = True

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"`low` must be below `high`; got low={self.low}, high={self.high}.")
        outside = [v for v in self.special if v != self.clip(np.asarray(v, np.float64))]
        if outside:
            raise ValueError(f"`special` must lie in [{self.low}, {self.high}]; got {outside[0]}.")

    @property
    def limited(self) -> bool:
        """Whether some values are out of bounds, or none but the example's are wanted."""
        return self.low is not None or self.high is not None or not self.vary_values

    def clip(self, values: Any) -> np.ndarray:
        """Move values into [low, high], keeping their dtype."""
        array = np.asarray(values)
        if self.low is None and self.high is None:
            return array
        return np.clip(array, self.low, self.high).astype(array.dtype)


class Domains(NamedTuple):
    """A domain or None for every float leaf of a problem, and for every array that is not differentiated."""

    floats: tuple[Domain | None, ...]
    others: tuple[Domain | None, ...]


def unlimited(problem: Problem) -> Domains:
    """No domain for any array."""
    return Domains((None,) * len(problem.floats), (None,) * len(problem.others))


def per_leaf(problem: Problem, domain: Any, count: int) -> Domains:
    """Spread a domain (or a sequence of one per positional argument) over the arrays of `problem`.

    The bounds of one domain for all arguments are those of the floats; of integers it says only whether they vary.

    Raises:
        TypeError: `domain` is neither a `Domain` nor a sequence of `Domain` and None.
        ValueError: the sequence has not one entry per argument, or the example lies outside.
    """
    of_others: Sequence[Domain | None]
    if domain is None or isinstance(domain, Domain):
        spread: Sequence[Domain | None] = (domain,) * count
        unbounded = domain and Domain(vary_shape=domain.vary_shape, vary_values=domain.vary_values)
        of_others = (unbounded,) * count
    elif isinstance(domain, Sequence) and all(d is None or isinstance(d, Domain) for d in domain):
        spread = of_others = domain
    else:
        raise TypeError(f"`domain` must be a verify.Domain or a sequence of them and None; got {domain!r}.")
    if len(spread) != count:
        raise ValueError(f"`domain` must have one entry per argument ({count}); got {len(spread)}.")
    for path, owner, x in zip(problem.float_paths, problem.float_owners, problem.floats, strict=True):
        inside = spread[owner]
        if inside is not None and not np.array_equal(inside.clip(x), x):
            raise ValueError(f"`{path}` of the example lies outside its domain [{inside.low}, {inside.high}].")
    return Domains(
        tuple(spread[owner] for owner in problem.float_owners),
        tuple(of_others[owner] for owner in problem.other_owners),
    )
