"""What is recorded of a run: one record per epoch, that JSON can hold."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Score:
    """How well a network does on some examples.

    Attributes:
        loss: the mean cross-entropy.
        accuracy: the share whose largest logit is at their label.
    """

    loss: float
    accuracy: float


@dataclass(frozen=True)
class EpochRecord:
    """One pass over the training data.

    Attributes:
        number: from 1.
        running: over the batches of the epoch, each before its update.
        scores: after the epoch, of every split that is evaluated.
        seconds: wall time of the updates; the first epoch's includes compilation.
    """

    number: int
    running: Score
    scores: Mapping[str, Score]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON holds it."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(record: Mapping[str, Any]) -> "EpochRecord":
        """Return the record that `to_json` was made of."""
        scores = {name: Score(**score) for name, score in record["scores"].items()}
        return EpochRecord(record["number"], Score(**record["running"]), scores, record["seconds"])


def best(history: Sequence[EpochRecord], split: str = "validation") -> int:
    """Return the number of the epoch with the lowest loss on a split, the first of equal ones; 0 before any."""
    return min(history, key=lambda record: record.scores[split].loss).number if history else 0
