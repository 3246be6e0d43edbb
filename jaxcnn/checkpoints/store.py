"""Checkpoints in a folder: `NUMBER/`, written by Orbax, and `NUMBER.json`, the manifest that makes it count."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

from jaxcnn.checkpoints.errors import CheckpointError
from jaxcnn.checkpoints.full import require_room, told_if_unwritten
from jaxcnn.checkpoints.leaves import from_arrays, to_arrays
from jaxcnn.checkpoints.manifest import read_manifest, write_manifest


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a run goes on from.

    Attributes:
        number: of the checkpoint.
        state: what was saved, bit for bit.
        about: what was said of it.
        refused: a sentence for every newer checkpoint that was passed over.
    """

    number: int
    state: Any
    about: dict[str, Any]
    refused: tuple[str, ...]


def save_checkpoint(folder: Path, number: int, state: Any, about: dict[str, Any], *, keep: int = 2) -> None:
    """Save a state; killed at any moment, this leaves the checkpoints before it as they were.

    Args:
        folder: is made if it is missing.
        number: larger than that of every earlier one that shall be passed over.
        state: a pytree of arrays, numbers and random keys.
        about: what JSON can hold.
        keep: how many checkpoints to keep, this one included.

    Raises:
        ImportError: if Orbax is not installed.
        OSError: if it cannot be written, as on a full disk; those before it are as they were.
    """
    require_orbax()
    folder = folder.resolve()
    with told_if_unwritten(f"checkpoint {number} in {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        _remove(folder, number)
        _remove_unfinished(folder)
        arrays = to_arrays(state)
        require_room(folder, sum(values.nbytes for values in arrays.values()))
        with _checkpointer() as checkpointer:
            checkpointer.save(folder / str(number), arrays)
        write_manifest(folder / f"{number}.json", folder / str(number), about)
    for older in _numbers(folder)[keep:]:
        _remove(folder, older)


def load_checkpoint(folder: Path, like: Any) -> Checkpoint | None:
    """Return the newest checkpoint that is whole and unaltered, or None if there has never been one.

    Args:
        folder: of `save_checkpoint`; need not exist.
        like: a state of the same structure, shapes and dtypes.

    Raises:
        CheckpointError: if there are checkpoints and none can be used, or the state is of another run.
        ImportError: if Orbax is not installed.
    """
    folder = folder.resolve()
    refused: list[str] = []
    for number in _numbers(folder):
        try:
            about = read_manifest(folder / f"{number}.json", folder / str(number))
        except CheckpointError as error:
            refused.append(f"checkpoint {number} in {folder} is not used: {error}")
            continue
        try:
            state = from_arrays(_restored(folder / str(number)), like)
        except CheckpointError as error:
            raise CheckpointError(f"checkpoint {number} in {folder} cannot be used: {error}.") from error
        return Checkpoint(number, state, about, tuple(refused))
    if refused:
        raise CheckpointError(f"{'; '.join(refused)}: there is no other; remove {folder} to begin again.")
    return None


def has_checkpoints(folder: Path) -> bool:
    """Return whether there is a checkpoint, whole or not."""
    return bool(_numbers(folder))


def _numbers(folder: Path) -> list[int]:
    """Return the numbers of the finished checkpoints, newest first."""
    return sorted((int(file.stem) for file in folder.glob("*.json") if file.stem.isdecimal()), reverse=True)


def _remove(folder: Path, number: int) -> None:
    """Remove a checkpoint, first what makes it count."""
    (folder / f"{number}.json").unlink(missing_ok=True)
    if (folder / str(number)).is_dir():
        shutil.rmtree(folder / str(number))


def _remove_unfinished(folder: Path) -> None:
    """Remove what a run has left that was killed while it saved: folders without a manifest, and temporary files."""
    finished = set(map(str, _numbers(folder)))
    for entry in folder.iterdir():
        number = entry.name.split(".")[0]
        if entry.is_dir() and number.isdecimal() and entry.name not in finished:
            shutil.rmtree(entry)
        elif entry.name.startswith(".") and ".json." in entry.name:
            entry.unlink()


def _restored(path: Path) -> dict[str, Any]:
    with _checkpointer() as checkpointer:
        return checkpointer.restore(path)


def _checkpointer() -> Any:
    """Return Orbax's way to write and read, by this process alone: else it waits for all of a run's processes."""
    orbax = require_orbax()
    own = jax.process_index()
    alone = orbax.options.MultiprocessingOptions(
        primary_host=own, active_processes={own}, barrier_sync_key_prefix=f"process-{own}"
    )
    return orbax.StandardCheckpointer(multiprocessing_options=alone)


def require_orbax() -> Any:
    """Return Orbax, or raise an `ImportError` that names the extra."""
    try:
        import orbax.checkpoint
    except ImportError as error:
        raise ImportError(
            "Checkpoints are written by Orbax, which is not installed: pip install 'jaxcnn[checkpoints]'."
        ) from error
    return orbax.checkpoint
