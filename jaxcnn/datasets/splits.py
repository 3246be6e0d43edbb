"""Smaller data sets from larger ones: by class, and held out. The seed decides everything."""

import numpy as np

from jaxcnn.datasets.dataset import Dataset


def per_class(dataset: Dataset, count: int, *, seed: int = 0) -> Dataset:
    """Return `count` examples of every class, drawn without replacement, in random order.

    Raises:
        ValueError: if `count` is not positive, or a class has fewer.
    """
    if count < 1:
        raise ValueError(f"`count` must be at least 1; got {count}.")
    have = np.bincount(dataset.labels, minlength=len(dataset.classes))
    if (have < count).any():
        least = int(np.argmin(have))
        raise ValueError(
            f"`count` must be at most {have[least]}, the examples of class {dataset.classes[least]!r}; got {count}."
        )
    random = np.random.default_rng(seed)
    rows = [random.permutation(np.flatnonzero(dataset.labels == label))[:count] for label in range(len(have))]
    return dataset.take(random.permutation(np.concatenate(rows)), f"{count} per class, seed {seed}")


def hold_out(
    dataset: Dataset, amount: int | float, *, seed: int | None = 0, by_class: bool = False
) -> tuple[Dataset, Dataset]:
    """Return the examples that are kept and those held out, for example for validation; both in their old order.

    Args:
        dataset: what to divide.
        amount: how many to hold out, as a number of examples (int) or a share between 0 and 1 (float).
        seed: decides which; None holds out the last ones, for data whose neighbours are alike.
        by_class: hold out the same share, rounded down, of every class.

    Raises:
        ValueError: if nothing would be kept or held out, or for `by_class` without a share and a seed.
    """
    if by_class and (seed is None or not isinstance(amount, float)):
        raise ValueError(f"`by_class` needs a share (float) and a seed; got `amount` {amount!r}, `seed` {seed!r}.")
    total = len(dataset)
    count = amount
    if isinstance(amount, float):
        count = int(amount * total) if 0 < amount < 1 else 0
    if not 0 < count < total:
        raise ValueError(f"`amount` must leave and hold out at least one of {total} examples; got {amount!r}.")
    held = np.zeros(total, bool)
    if seed is None:
        held[total - count :] = True
    elif by_class:
        random = np.random.default_rng(seed)
        for label in range(len(dataset.classes)):
            rows = random.permutation(np.flatnonzero(dataset.labels == label))
            held[rows[: int(amount * len(rows))]] = True
    else:
        held[np.random.default_rng(seed).permutation(total)[:count]] = True
    if not held.any():
        raise ValueError(f"`amount` must hold out at least one example of some class; got {amount!r}.")
    how = f"{amount} held out, " + ("the last ones" if seed is None else f"seed {seed}") + ", by class" * by_class
    return dataset.take(np.flatnonzero(~held), f"kept of {how}"), dataset.take(np.flatnonzero(held), how)
