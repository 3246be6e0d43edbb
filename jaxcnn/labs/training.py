"""How labs train: by the engine of `jaxcnn.training`, telling how it goes, and going on after an interruption."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxcnn._types import Parameters
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.training import EpochRecord, Sweep, Training
from jaxcnn.training import Progress as Seen

MINUTES = 0.5  # of work that an interruption may cost at most, beside the epoch that it falls into


@dataclass(frozen=True, eq=False)
class Trained:
    """One trained network.

    Attributes:
        training: what trained it: network, plan, configuration, data.
        params: to use, as NumPy arrays.
        history: one record per epoch.
        snapshots: the parameters before the first epoch and after each, along a first axis; None if not asked for.
    """

    training: Training
    params: Parameters
    history: tuple[EpochRecord, ...]
    snapshots: Parameters | None = None


@dataclass(frozen=True, eq=False)
class TrainedTogether:
    """Networks that were trained side by side.

    Attributes:
        sweep: what trained them.
        params: of each, by name, as NumPy arrays.
        histories: one record per epoch, of each.
    """

    sweep: Sweep
    params: Mapping[str, Parameters]
    histories: Mapping[str, tuple[EpochRecord, ...]]


def trained(title: str, training: Training, progress: Progress = SILENT, *, snapshots: bool = False) -> Trained:
    """Train a network to the end.

    Args:
        title: what to call this part of the lab; unique in it.
        training: the run.
        progress: who is told; its folder, if any, keeps the state of the run, which goes on from there.
        snapshots: whether to return the parameters after every epoch.

    Raises:
        TrainingError: if a loss or a parameter is no longer finite.
        CheckpointError: if what an earlier run has kept is damaged.
    """
    told = _told(title, training.config.epochs, len(training.run.train[1]), progress)
    fresh = training.fresh()
    kept = _snapshots(fresh.params, training.config.epochs) if snapshots else None
    store = _Store(progress, title, {"network": repr(training.network), **_identity(training), "snapshots": snapshots})
    (state, kept), records = store.begin((fresh, kept))
    history = [EpochRecord.from_json(record) for record in records]
    for latest, record in training.epochs(state, history, on_progress=told):
        state = latest
        history.append(record)
        if kept is not None:
            _note(kept, record.number, state.params)
        progress.epoch(title, record)
        over = training.is_over(history)
        store.after_epoch(record.number, (state, kept), [one.to_json() for one in history], last=over)
    until = len(history) + 1
    cut = None if kept is None else jax.tree.map(lambda values: values[:until], kept)
    return Trained(training, training.params(state), tuple(history), cut)


def trained_together(title: str, sweep: Sweep, progress: Progress = SILENT) -> TrainedTogether:
    """Train networks side by side to the end; arguments and errors as for `trained`."""
    told = _told(title, sweep.config.epochs, len(sweep.run.train[1]), progress)
    store = _Store(progress, title, {"members": repr(sweep.members), **_identity(sweep)})
    state, records = store.begin(sweep.fresh())
    epochs = [{name: EpochRecord.from_json(one) for name, one in each.items()} for each in records]
    for latest, each in sweep.epochs(state, on_progress=told):
        state = latest
        epochs.append(each)
        number = len(epochs)
        progress.epoch(title, next(iter(each.values())))
        found = [{name: one.to_json() for name, one in each.items()} for each in epochs]
        store.after_epoch(number, state, found, last=number == sweep.config.epochs)
    histories = {name: tuple(each[name] for each in epochs) for name in sweep.members}
    return TrainedTogether(sweep, sweep.params(state), histories)


class _Store:
    """The checkpoints of one part of a lab, in a folder named by everything that decides what it computes."""

    def __init__(self, progress: Progress, title: str, identity: dict[str, Any]) -> None:
        self._progress, self._title = progress, title
        self._identity = {"title": title, **identity}
        self._folder: Path | None = None
        if progress.folder is not None:
            from jaxcnn.checkpoints import Saver
            from jaxcnn.checkpoints.store import require_orbax

            require_orbax()  # before anything is trained
            digest = hashlib.sha256(json.dumps(self._identity, sort_keys=True).encode()).hexdigest()
            self._folder = progress.folder / digest[:16]
            self._saver = Saver(self._folder, epochs=None, minutes=MINUTES)

    def begin(self, fresh: Any) -> tuple[Any, list[Any]]:
        """Return where to go on from, and the records of the epochs that are complete."""
        if self._folder is None or not self._folder.is_dir():
            return fresh, []
        from jaxcnn.checkpoints import begin

        start = begin(self._folder, fresh, self._identity, resume=True)
        for note in start.notes:
            self._progress.note(note)
        if start.done:
            self._progress.resumed = True
            self._progress.note(f"{self._title} goes on after epoch {start.done}")
        return start.state, start.history

    def after_epoch(self, number: int, state: Any, records: Sequence[Any], *, last: bool) -> None:
        """Keep the state of the run, if that is due."""
        if self._folder is not None:
            from jaxcnn.checkpoints import about

            self._saver.after_epoch(number, state, about(self._identity, list(records)), last=last)


def _identity(run: Training | Sweep) -> dict[str, Any]:
    identity = {"config": dataclasses.asdict(run.config), "data": list(_digests(run))}
    start = run.start if isinstance(run, Training) else None
    if start is not None:
        leaves = [np.ascontiguousarray(values).tobytes() for values in jax.tree.leaves(start)]
        identity["start"] = hashlib.sha256(b"".join(leaves)).hexdigest()
    return identity


def _digests(run: Training | Sweep) -> Iterator[str]:
    """Give a sum of the training data, and of every split that is evaluated."""
    for pixels, labels in run.run.placed():
        total = hashlib.sha256(np.asarray(pixels).tobytes())
        total.update(np.asarray(labels).tobytes())
        yield total.hexdigest()


def _told(title: str, epochs: int, examples: int, progress: Progress) -> Any:
    progress.stage(title, epochs * examples)

    def seen(one: Seen) -> None:
        progress.seen(title, (one.epoch - 1) * examples + one.examples, one)

    return seen


def _snapshots(params: Any, epochs: int) -> Any:
    """Return room for the parameters before the first epoch and after each; the first are filled in."""
    room = jax.tree.map(lambda values: np.zeros((epochs + 1, *values.shape), values.dtype), params)
    _note(room, 0, params)
    return room


def _note(room: Any, number: int, params: Any) -> None:
    for into, values in zip(jax.tree.leaves(room), jax.tree.leaves(params), strict=True):
        into[number] = np.asarray(values)
