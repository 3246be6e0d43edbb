"""Learning curves as a picture (extra `plots`)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jaxcnn._files import written_whole
from jaxcnn.plots.panels import panels
from jaxcnn.plots.style import in_style
from jaxcnn.training.history import EpochRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 150


def curves(history: Sequence[EpochRecord]) -> "Figure":
    """Return loss and accuracy against the epoch, one line per split; "training" is over the batches as they went by.

    Raises:
        ImportError: if matplotlib is missing; names the extra.
    """
    scores = {"training": [record.running for record in history]}
    for split in history[0].scores if history else ():
        scores[split] = [record.scores[split] for record in history]
    loss = {name: [score.loss for score in own] for name, own in scores.items()}
    accuracy = {name: [100 * score.accuracy for score in own] for name, own in scores.items()}
    return panels({"loss (nats)": loss, "accuracy (%)": accuracy}, x="epoch", y="", columns=2, share_y=False)


def save_curves(path: Path, history: Sequence[EpochRecord]) -> None:
    """Write the picture as PNG, whole or not at all.

    Raises:
        ImportError: if matplotlib is missing; names the extra.
        OSError: if the file cannot be written.
    """
    with written_whole(path) as temporary, in_style():
        curves(history).savefig(temporary, format="png", dpi=_DPI)
