"""How a lab goes on, on the terminal: a bar with loss, accuracy and speed; elsewhere a line for every epoch."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from jaxcnn.labs.progress import Progress
from jaxcnn.training import EpochRecord
from jaxcnn.training import Progress as Seen


class Display(Progress):
    """Shows the part of a lab that is being worked on, and passes on where its state is kept."""

    def __init__(self, to: Console, folder: Path | None = None) -> None:
        columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("left"))
        self._bars = Bars(*columns, TimeRemainingColumn(), console=to, transient=True, disable=not to.is_terminal)
        self._to, self._task, self.folder = to, TaskID(0), folder

    def __enter__(self) -> "Display":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def stage(self, title: str, total: int = 0) -> None:
        """Begin another bar in place of the last."""
        for task in self._bars.task_ids:
            self._bars.remove_task(task)
        self._task = self._bars.add_task(title, total=total or None)

    def seen(self, title: str, done: int, seen: Seen) -> None:
        """Move the bar."""
        told = (
            f"{title}, epoch {seen.epoch}  loss {seen.running.loss:.4f}  "
            f"accuracy {100 * seen.running.accuracy:.2f} %  {seen.rate:,.0f} samples/s"
        )
        self._bars.update(self._task, completed=done, description=told)

    def epoch(self, title: str, record: EpochRecord) -> None:
        """Print a line, where there is no bar."""
        if not self._to.is_terminal:
            scores = "  ".join(f"{name} {100 * score.accuracy:.2f} %" for name, score in record.scores.items())
            self._line(
                f"{title}, epoch {record.number}  loss {record.running.loss:.4f}  {scores}  {record.seconds:.1f} s"
            )

    def note(self, text: str) -> None:
        """Print a line."""
        self._line(f"note: {text}")

    def _line(self, text: str) -> None:
        self._to.print(text, markup=False, highlight=False, soft_wrap=True)
