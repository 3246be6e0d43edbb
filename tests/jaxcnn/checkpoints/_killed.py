"""A run with checkpoints, killed at random moments and resumed each time; prints one line of JSON.

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

import jax
import numpy as np
import optax
import orbax.checkpoint  # noqa: F401 - so that no run need import it

from jaxcnn import MLP, init_parameters, load_digits, loss_and_gradients_by_hand, scaled
from jaxcnn.checkpoints import Saver, about, begin
from jaxcnn.cli.compiled import keep_compiled

EPOCHS, BATCH, KILLS = 8, 32, 10
OPTIMIZER = optax.adam(3e-3)
DATA = load_digits("test")


@jax.jit
def step(state, images, labels):
    loss, gradients = loss_and_gradients_by_hand(MLP, state["params"], images, labels)
    updates, optimizer = OPTIMIZER.update(gradients, state["optimizer"], state["params"])
    return {**state, "params": optax.apply_updates(state["params"], updates), "optimizer": optimizer}, loss


def run(folder, *, resume):
    """Train to the end, saving after every epoch; write the final parameters' sum and the history."""
    images, labels = scaled(DATA[0]), DATA[1]
    params = init_parameters(MLP, jax.random.key(0), images.shape)
    fresh = {"params": params, "optimizer": OPTIMIZER.init(params), "key": jax.random.key(7)}
    start, saver = begin(folder / "saved", fresh, {"epochs": EPOCHS}, resume=resume), Saver(folder / "saved")
    state, history = start.state, start.history
    for number in range(start.done + 1, EPOCHS + 1):
        order = np.asarray(jax.random.permutation(jax.random.fold_in(state["key"], number), len(labels)))
        losses = []
        for batch in order[: len(order) // BATCH * BATCH].reshape(-1, BATCH):
            state, loss = step(state, images[batch], labels[batch])
            losses.append(float(loss))
        history.append(losses)
        saver.after_epoch(number, state, about({"epochs": EPOCHS}, history), last=number == EPOCHS)
    total = hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(state["params"])))
    (folder / "end").write_text(json.dumps({"params": total.hexdigest(), "history": history, "done": start.done}))


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
        while number and not (folder / "saved" / f"{number}.json").exists():
            time.sleep(0.001)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def main(folder):
    keep_compiled(str(folder / "compiled"))
    assert forked(folder / "warm", resume=False)  # compiles, and lets the others find what is compiled
    began = time.monotonic()
    assert forked(folder / "undisturbed", resume=False)
    epoch, chance = (time.monotonic() - began) / EPOCHS, random.Random(0)
    runs = []
    for number in range(KILLS):
        place = folder / str(number)
        ended = forked(place, resume=False, kill_at=(chance.randrange(EPOCHS - 1), chance.random() * epoch))
        if not ended:
            assert forked(place, resume=True)
        runs.append({"killed": not ended, **json.loads((place / "end").read_text())})
    print(json.dumps({"undisturbed": json.loads((folder / "undisturbed" / "end").read_text()), "runs": runs}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
