"""A run whose results are kept in a folder: checkpoints, history, learning curves and the model."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxcnn._files import written_whole
from jaxcnn._types import Parameters
from jaxcnn.checkpoints import Saver, about, begin, shared
from jaxcnn.checkpoints.store import require_orbax
from jaxcnn.models import Model, save_model
from jaxcnn.models.keras_file import require_h5py
from jaxcnn.plots.style import require_matplotlib
from jaxcnn.processes import is_first
from jaxcnn.training.curves import save_curves
from jaxcnn.training.engine import Training
from jaxcnn.training.history import EpochRecord
from jaxcnn.training.run import OnProgress

HISTORY, CURVES, MODEL, CHECKPOINTS = "history.json", "curves.png", "model.h5", "checkpoints"
DIVISION = ("devices", "micro_batch")


@dataclass(frozen=True)
class Keeping:
    """What is kept of a run, and where.

    Attributes:
        folder: made if it is missing.
        resume: go on from the newest checkpoint there.
        every: after how many epochs to save a checkpoint; None for whenever `minutes` say so.
        minutes: after how many minutes; None for whenever `every` says so.
        plot: whether to draw learning curves, which needs matplotlib.
    """

    folder: Path
    resume: bool = False
    every: int | None = 1
    minutes: float | None = None
    plot: bool = True


@dataclass(frozen=True)
class Outcome:
    """What has come of a run.

    Attributes:
        params: the parameters to use, as NumPy arrays.
        history: one record per epoch, those before resuming included.
        notes: sentences for the user, such as which checkpoint was passed over.
    """

    params: Parameters
    history: tuple[EpochRecord, ...]
    notes: tuple[str, ...]


def run(
    training: Training,
    keeping: Keeping,
    told: dict[str, Any],
    classes: tuple[str, ...],
    *,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Train to the end and keep the results. Of several processes, process 0 alone reads and writes files.

    Args:
        training: the run.
        keeping: what to keep, and where.
        told: of the network and the data, whatever must be the same for a run to be resumed, as JSON can hold it.
        classes: their names.
        on_epoch: called with the record of every epoch that was trained now.
        on_progress: called several times a second.

    Raises:
        TrainingError: if a loss or a parameter is no longer finite.
        CheckpointError: if there are checkpoints and `resume` is false, or they are of another run.
        ImportError: if a package is missing that this needs, before anything is trained; names the extra.
        OSError: if a file cannot be written.
    """
    folder, config, keeps = keeping.folder, training.config, is_first()
    settings, fresh = dataclasses.asdict(config), training.fresh()
    # How a batch is divided changes the order of sums, but not what is computed: a run may go on divided otherwise.
    identity = {**told, **{name: value for name, value in settings.items() if name not in DIVISION}}
    start = None
    if keeps:
        _require(keeping)
        folder.mkdir(parents=True, exist_ok=True)
        start = begin(folder / CHECKPOINTS, fresh, identity, resume=keeping.resume, neutral=DIVISION)
    start = shared(start, fresh)
    saver = Saver(folder / CHECKPOINTS, epochs=keeping.every, minutes=keeping.minutes)
    state, history = start.state, [EpochRecord.from_json(record) for record in start.history]
    for latest, record in training.epochs(state, history, on_progress=on_progress):
        state = latest
        history.append(record)
        if keeps:
            records = [one.to_json() for one in history]
            saver.after_epoch(record.number, state, about(identity, records), last=training.is_over(history))
            _write_history(folder, {**told, **settings}, history)
        if on_epoch is not None:
            on_epoch(record)
    params = training.params(state)
    if keeps:
        _write_history(folder, {**told, **settings}, history)  # if it was killed between the last checkpoint and this
        model = Model(training.network, params, training.image_shape, classes, config.low, config.high)
        save_model(folder / MODEL, model)
        if keeping.plot:
            save_curves(folder / CURVES, history)
    return Outcome(params, tuple(history), start.notes)


def _require(keeping: Keeping) -> None:
    require_orbax()
    require_h5py()
    if keeping.plot:
        require_matplotlib()


def _write_history(folder: Path, told: dict[str, Any], history: list[EpochRecord]) -> None:
    records = [record.to_json() for record in history]
    text = json.dumps({**told, "history": records}, indent=2, allow_nan=False)
    with written_whole(folder / HISTORY) as temporary:
        temporary.write_text(text + "\n", "utf-8")
