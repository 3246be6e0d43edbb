"""What a lab's training is given beside its settings and data: someone to tell, and a folder for its state."""

from pathlib import Path

from jaxcnn.training import EpochRecord
from jaxcnn.training import Progress as Seen


class Progress:
    """Tells nobody and keeps nothing; what shows a lab's progress overrides the methods.

    Attributes:
        folder: where the state of the training is kept, so that it can go on after an interruption; None for nowhere.
        resumed: whether some of the training was done before an interruption; what keeps the state says so.
    """

    folder: Path | None = None
    resumed: bool = False

    def stage(self, title: str, total: int = 0) -> None:
        """Another part of the work begins: `total` examples to be seen in all epochs, 0 where nobody can say."""

    def seen(self, title: str, done: int, seen: Seen) -> None:
        """Part `title` has seen `done` examples in all; called several times a second."""

    def epoch(self, title: str, record: EpochRecord) -> None:
        """An epoch of part `title` is over."""

    def note(self, text: str) -> None:
        """Something that the user should know, such as that an interrupted run goes on."""


SILENT = Progress()
