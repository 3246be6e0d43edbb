"""One process of `benchmarks.devices`: updates divided in several ways, in turn; process 0 prints their seconds."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxcnn.checkpoints import save_checkpoint
from jaxcnn.cli.joined import joined, place_of
from jaxcnn.datasets import Dataset, Provenance
from jaxcnn.training import TrainConfig, Training
from jaxcnn.zoo import named


def main(told: str, address: str, number: str) -> None:
    settings = json.loads(told)
    processes, cases = settings["processes"], [tuple(case) for case in settings["cases"]]
    jax.config.update("jax_num_cpu_devices", max(devices for _, devices in cases) // processes)
    place = place_of(address if processes > 1 else None, processes, int(number), 120.0)
    with joined(place, {}) as first:
        data = pictures(settings["updates"] * max(batch for batch, _ in cases))
        calls = {case: Updates(settings["network"], data, *case, settings["updates"]) for case in cases}
        seconds: dict[Any, list[float]] = {case: [] for case in cases}
        for _ in range(settings["rounds"]):
            for case, call in calls.items():
                seconds[case].append(call() / settings["updates"])
        kept = calls[cases[0]].state
        found = {
            "updates": [seconds[case] for case in cases],
            "checkpoints": checkpoints(kept) if settings["checkpoints"] else [],
            "parameters": sum(leaf.size for leaf in jax.tree.leaves(kept.params)),
        }
    if first:
        print(json.dumps(found), flush=True)


def pictures(count: int) -> Dataset:
    """Pixels by chance: no time depends on what they are."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (count, 28, 28, 1), np.uint8), random.integers(0, 10, count, np.int32)
    return Dataset(images, labels, tuple("0123456789"), Provenance("chance", "train", "folder", "unchecked"))


class Updates:
    """Some updates of a network as a call, which goes on where the last one stopped and returns its seconds.

    Attributes:
        state: of the training after the last call.
    """

    def __init__(self, network: str, data: Dataset, batch: int, devices: int, updates: int) -> None:
        chosen, random = named(network), np.random.default_rng(0)
        shapes = chosen.without_softmax().parameter_shapes((1, *data.images.shape[1:]))
        start = {
            layer: {name: random.normal(0, 0.1, shape) for name, shape in its.items()} for layer, its in shapes.items()
        }  # by NumPy, which compiles nothing
        training = Training(chosen, TrainConfig(batch_size=batch, devices=devices), data, start=start)
        self._run, self._updates = training.run, updates
        self.state = training.run.programs.place(training.fresh())
        self()  # compiles

    def __call__(self) -> float:
        order = jax.block_until_ready(self._run.programs.order(self.state))
        began = time.perf_counter()
        self.state = self._run.programs.advance(self.state, self._run.train, order, self._updates)
        np.asarray(self.state.losses)
        return time.perf_counter() - began


def checkpoints(state: Any) -> list[float]:
    """Seconds of three checkpoints after a first one."""
    with tempfile.TemporaryDirectory() as folder:
        return [timed(lambda k=k: save_checkpoint(Path(folder), k, state, {})) for k in range(4)][1:]


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(*sys.argv[1:])
