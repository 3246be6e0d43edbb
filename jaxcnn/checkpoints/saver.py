"""When to save: after every so many epochs, or when so many minutes have passed, whichever comes first."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jaxcnn._windows import positive
from jaxcnn.checkpoints.store import save_checkpoint


class Saver:
    """Saves the state of a run now and then, and always after its last epoch.

    Attributes:
        folder: of the checkpoints.
        epochs: after how many epochs to save; None for whenever `minutes` say so.
        minutes: after how many minutes, at the end of an epoch, to save; None for whenever `epochs` say so.
        clock: seconds that only grow.

    Raises:
        ValueError: if `epochs` is no positive whole number, or `minutes` no positive number.
    """

    def __init__(
        self,
        folder: Path,
        *,
        epochs: int | None = 1,
        minutes: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if minutes is not None and not 0 < minutes < math.inf:
            raise ValueError(f"`minutes` must be a positive number; got {minutes!r}.")
        self.folder, self.minutes, self.clock = folder, minutes, clock
        self.epochs = None if epochs is None else positive("epochs", epochs)
        self._last = clock()

    def after_epoch(self, number: int, state: Any, about: dict[str, Any], *, last: bool) -> bool:
        """Save the state after epoch `number` if it is due, and return whether it was."""
        due = last
        due |= self.epochs is not None and number % self.epochs == 0
        due |= self.minutes is not None and self.clock() - self._last >= 60 * self.minutes
        if due:
            save_checkpoint(self.folder, number, state, about)
            self._last = self.clock()
        return due
