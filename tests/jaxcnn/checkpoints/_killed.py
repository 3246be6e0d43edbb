"""A run with checkpoints, killed at so many random moments and resumed each time; prints one line of JSON.

Everything is imported once; each run is a fork of that, made before JAX has started, so that it begins at once.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import h5py  # noqa: F401 - so that no run need import it
import jax
import numpy as np
import orbax.checkpoint  # noqa: F401 - likewise

from jaxcnn import MLP
from jaxcnn.cli.compiled import keep_compiled
from jaxcnn.datasets import hold_out, load
from jaxcnn.training import TrainConfig, Training
from jaxcnn.training.driver import Keeping
from jaxcnn.training.driver import run as train_and_keep

EPOCHS = 8
CONFIG = TrainConfig(learning_rate=3e-3, batch_size=32, epochs=EPOCHS, patience=EPOCHS)
DATA, HELD = hold_out(load("digits", "test"), 0.2)


def run(folder, *, resume):
    """Train to the end, saving after every epoch; write the final parameters' sum and the history."""
    training, trained = Training(MLP, CONFIG, DATA, {"validation": HELD}), []
    keeping = Keeping(folder / "run", resume=resume, plot=False)
    outcome = train_and_keep(training, keeping, {}, DATA.classes, on_epoch=lambda record: trained.append(record.number))
    total = hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(outcome.params)))
    history = [{**record.to_json(), "seconds": None} for record in outcome.history]
    told = {"params": total.hexdigest(), "history": history, "done": EPOCHS - len(trained)}
    (folder / "end").write_text(json.dumps(told))


def forked(folder, *, resume, kill_at=None):
    """Run in a child; return whether it came to its end.

    Args:
        folder: of the run.
        resume: go on from its newest checkpoint.
        kill_at: (checkpoint, seconds): how long after that checkpoint has appeared, or after the start, to kill it.
    """
    folder.mkdir(exist_ok=True)
    child = os.fork()
    if child == 0:
        try:
            run(folder, resume=resume)
        finally:
            os._exit(0 if (folder / "end").exists() else 1)
    if kill_at is not None:
        number, seconds = kill_at
        while number and not (folder / "run" / "checkpoints" / f"{number}.json").exists():
            time.sleep(0.001)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def main(folder, kills):
    keep_compiled(str(folder / "compiled"))
    assert forked(folder / "warm", resume=False)  # compiles, and lets the others find what is compiled
    began = time.monotonic()
    assert forked(folder / "undisturbed", resume=False)
    epoch, chance = (time.monotonic() - began) / EPOCHS, random.Random(0)
    runs = []
    for number in range(kills):
        place = folder / str(number)
        ended = forked(place, resume=False, kill_at=(chance.randrange(EPOCHS - 1), chance.random() * epoch))
        if not ended:
            assert forked(place, resume=True)
        runs.append({"killed": not ended, **json.loads((place / "end").read_text())})
    print(json.dumps({"undisturbed": json.loads((folder / "undisturbed" / "end").read_text()), "runs": runs}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
