"""One process of `benchmarks.devices`: trains for some epochs; process 0 prints the seconds of an update."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import jax


def main(network: str, batch: str, devices: str, processes: str, epochs: str, address: str, number: str) -> None:
    from jaxcnn.cli.joined import joined, place_of

    jax.config.update("jax_num_cpu_devices", int(devices) // int(processes))
    several = int(processes) > 1
    place = place_of(address if several else None, int(processes), int(number), 120.0)
    with joined(place, {}) as first:
        told = json.dumps(seconds(network, int(batch), int(devices), int(epochs)))
    if first:
        print(told, flush=True)


def seconds(network: str, batch: int, devices: int, epochs: int) -> dict[str, list[float]]:
    """Seconds of an update in each epoch after the first, which compiles; of three checkpoints; and parameters."""
    from jaxcnn.checkpoints import save_checkpoint
    from jaxcnn.datasets import load
    from jaxcnn.processes import is_first
    from jaxcnn.training import TrainConfig, Training
    from jaxcnn.zoo import named

    data = load("digits", "train")
    training = Training(named(network), TrainConfig(epochs=epochs + 1, batch_size=batch, devices=devices), data)
    updates, took, saved = training.run.step.batches.steps, [], []
    for state, record in training.epochs():
        took.append(record.seconds / updates)
        kept = state
    if is_first():
        with tempfile.TemporaryDirectory() as folder:
            for attempt in range(3):
                began = time.perf_counter()
                save_checkpoint(Path(folder), attempt, kept, {})
                saved.append(time.perf_counter() - began)
    size = sum(leaf.size for leaf in jax.tree.leaves(kept.params))
    return {"update": took[1:], "checkpoint": saved, "size": [float(size)]}


if __name__ == "__main__":
    main(*sys.argv[1:])
