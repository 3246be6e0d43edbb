"""The laws, one file each: `check(trial)` records what it found. The order is that of cost and of telling power."""

from collections.abc import Callable

from verify.laws import (
    agreement,
    eager,
    entries,
    exact,
    forward_reverse,
    half_precision,
    linear,
    numbers,
    primal,
    second_order,
    sharding,
    structure,
    symbolic_zeros,
    transformations,
)
from verify.trial import Trial

Law = Callable[[Trial], None]


def name(law: Law) -> str:
    """What a note calls a law: the words of its module."""
    return law.__module__.rsplit(".", 1)[-1].replace("_", " ")


# checked at every shape: cheap once the trial's programs are compiled
EVERYWHERE: tuple[Law, ...] = (agreement.check, entries.check)

# checked at the example's own shape only
AT_THE_EXAMPLE: tuple[Law, ...] = (
    structure.check,
    primal.check,
    linear.check,
    exact.check,
    numbers.check,
    forward_reverse.check,
    half_precision.check,
    eager.check,
    transformations.check,
    symbolic_zeros.check,
    sharding.check,
    second_order.check,
)
