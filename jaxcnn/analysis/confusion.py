"""Which classes are taken for which: a confusion matrix, and what is read from it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pair:
    """Two classes that are taken for each other.

    Attributes:
        first: the class whose examples are taken for `second` more often than the other way round, or as often.
        second: the other.
        count: mistakes, either way.
        share: of all examples of the two.
    """

    first: str
    second: str
    count: int
    share: float


@dataclass(frozen=True, eq=False)
class Confusion:
    """How many examples of each class were taken for each class.

    Attributes:
        counts: (K, K), row i, column j: of class i, taken for class j.
        classes: their names.

    Raises:
        ValueError: if `counts` is not one row and column of whole numbers from 0 for every class, or all are 0.
    """

    counts: np.ndarray
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the table."""
        counts, size = np.asarray(self.counts), len(self.classes)
        if counts.shape != (size, size) or not np.issubdtype(counts.dtype, np.integer):
            raise ValueError(
                f"`counts` must be whole numbers, {(size, size)} for {size} classes; got {counts.dtype} {counts.shape}."
            )
        if counts.min() < 0 or not counts.any():
            raise ValueError(f"`counts` must be at least 0 and not all 0; got {counts.min()} .. {counts.max()}.")
        object.__setattr__(self, "counts", counts)

    @classmethod
    def of(cls, labels: np.ndarray, taken_for: np.ndarray, classes: tuple[str, ...]) -> "Confusion":
        """Count labels and predictions, both (N,) whole numbers that name classes.

        Raises:
            ValueError: if they are not as many, or one names no class.
        """
        labels, taken_for, size = np.asarray(labels), np.asarray(taken_for), len(classes)
        if labels.shape != taken_for.shape or labels.ndim != 1:
            raise ValueError(f"There must be one prediction for each label; got {taken_for.shape} for {labels.shape}.")
        for name, values in (("labels", labels), ("taken_for", taken_for)):
            if len(values) and not 0 <= values.min() <= values.max() < size:
                raise ValueError(f"`{name}` must be from 0 to {size - 1}; got {values.min()} .. {values.max()}.")
        counts = np.bincount(labels.astype(np.int64) * size + taken_for, minlength=size**2)
        return cls(counts.reshape(size, size), classes)

    @property
    def accuracy(self) -> float:
        """The share that is on the diagonal."""
        return float(np.trace(self.counts) / self.counts.sum())

    @property
    def recall(self) -> np.ndarray:
        """Of each class, the share of its examples that were recognised; NaN where it has none."""
        return _shares(np.diag(self.counts), self.counts.sum(axis=1))

    @property
    def precision(self) -> np.ndarray:
        """Of what was taken for each class, the share that belongs to it; NaN where nothing was."""
        return _shares(np.diag(self.counts), self.counts.sum(axis=0))

    def hardest(self) -> tuple[str, ...]:
        """Return the classes that have examples, least recognised first; equal ones in their order."""
        recall = self.recall
        order = np.argsort(recall, kind="stable")  # NaN comes last
        return tuple(self.classes[k] for k in order if not np.isnan(recall[k]))

    def hardest_pairs(self, most: int = 5) -> tuple[Pair, ...]:
        """Return the pairs that are confused most often, at most so many, and only such as are confused at all."""
        pairs = []
        for i in range(len(self.classes)):
            for j in range(i):
                a, b = (i, j) if self.counts[i, j] > self.counts[j, i] else (j, i)
                count = int(self.counts[a, b] + self.counts[b, a])
                if count:
                    total = int(self.counts[a].sum() + self.counts[b].sum())
                    pairs.append(Pair(self.classes[a], self.classes[b], count, count / total))
        return tuple(sorted(pairs, key=lambda pair: -pair.count)[:most])


def _shares(of: np.ndarray, among: np.ndarray) -> np.ndarray:
    return np.divide(of, among, out=np.full(len(of), np.nan), where=among > 0)
