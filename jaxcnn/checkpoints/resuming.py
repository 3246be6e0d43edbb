"""Where a run begins: afresh, or from the newest checkpoint of the same run."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jaxcnn.checkpoints.errors import CheckpointError
from jaxcnn.checkpoints.leaves import from_arrays, to_arrays
from jaxcnn.checkpoints.store import has_checkpoints, load_checkpoint
from jaxcnn.processes import from_first


@dataclass(frozen=True, eq=False)
class Start:
    """Where a run begins.

    Attributes:
        state: what it goes on from.
        done: epochs that are complete.
        history: what has been recorded of them, as it was saved.
        notes: sentences for the user, such as which checkpoint was passed over.
    """

    state: Any
    done: int
    history: list[Any]
    notes: tuple[str, ...]


def about(config: dict[str, Any], history: list[Any]) -> dict[str, Any]:
    """Return what a checkpoint must say of its run, for `begin` to go on from it."""
    return {"config": config, "history": history}


def shared(start: Start | None, fresh: Any) -> Start:
    """Return the start that process 0 gives, in every process, bit for bit.

    Args:
        start: of process 0; the others need none.
        fresh: a state of the same structure, shapes and dtypes.
    """
    told = None if start is None else {"done": start.done, "history": start.history, "notes": start.notes}
    told = json.loads(from_first(json.dumps(told).encode()))
    state = fresh if start is None else start.state
    content = from_first(b"".join(values.tobytes() for values in to_arrays(state).values()))
    arrays, begin = {}, 0
    for name, like in to_arrays(fresh).items():
        arrays[name] = np.frombuffer(content, like.dtype, like.size, begin).reshape(like.shape)
        begin += like.nbytes
    return Start(from_arrays(arrays, fresh), told["done"], told["history"], tuple(told["notes"]))


def begin(folder: Path, fresh: Any, config: dict[str, Any], *, resume: bool, neutral: Collection[str] = ()) -> Start:
    """Return where a run begins.

    Args:
        folder: of the run's checkpoints; need not exist.
        fresh: the state of a run that has done nothing.
        config: everything that decides what the run computes, as JSON can hold it.
        resume: go on from the newest checkpoint that can be used; without any, begin afresh.
        neutral: names that an older version kept in the configuration and that do not decide what the run computes.

    Raises:
        CheckpointError: if there are checkpoints and `resume` is false, none of them can be used, or the run was
            another one; says what differs.
    """
    if not resume:
        if has_checkpoints(folder):
            raise CheckpointError(f"{folder} holds checkpoints of an earlier run: resume it, or choose another folder.")
        return Start(fresh, 0, [], ())
    found = load_checkpoint(folder, fresh)
    if found is None:
        return Start(fresh, 0, [], (f"{folder} holds no checkpoint: the run begins afresh",))
    was, config = found.about["config"], json.loads(json.dumps(config))  # so that tuples are lists in both
    decisive = (was.keys() | config.keys()) - set(neutral)
    if different := sorted(key for key in decisive if was.get(key) != config.get(key)):
        told = ", ".join(f"{key} was {was.get(key)!r} and is {config.get(key)!r}" for key in different)
        raise CheckpointError(
            f"checkpoint {found.number} in {folder} is of another run: {told}; "
            "give what it was begun with, or choose another folder."
        )
    return Start(found.state, found.number, found.about["history"], found.refused)
