"""Learning curves as a picture (extra `plots`)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jaxcnn._files import written_whole
from jaxcnn.training.history import EpochRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curves(history: Sequence[EpochRecord], title: str = "") -> "Figure":
    """Return loss and accuracy against the epoch, one line per split; "training" is over the batches as they went by.

    Raises:
        ImportError: if matplotlib is missing; names the extra.
    """
    figure = figure_class()(figsize=(9, 3.6), layout="constrained")
    lines = {"training": [record.running for record in history]}
    for split in history[0].scores if history else ():
        lines[split] = [record.scores[split] for record in history]
    numbers = [record.number for record in history]
    for axes, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for name, scores in lines.items():
            axes.plot(numbers, [getattr(score, quantity) for score in scores], marker=".", label=name)
        axes.set_xlabel("epoch")
        axes.set_ylabel(quantity)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle(title)
    return figure


def save_curves(path: Path, history: Sequence[EpochRecord], title: str = "") -> None:
    """Write the picture as PNG, whole or not at all.

    Raises:
        ImportError: if matplotlib is missing; names the extra.
        OSError: if the file cannot be written.
    """
    with written_whole(path) as temporary:
        curves(history, title).savefig(temporary, format="png", dpi=120)


def figure_class() -> "type[Figure]":
    """Return matplotlib's figure, which draws without a screen.

    Raises:
        ImportError: if matplotlib is missing; names the extra.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "Learning curves are drawn by matplotlib, which is not installed: pip install 'jaxcnn[plots]'."
        ) from error
    return Figure
