"""Seconds to train each lab network to its accuracy: on real data where they are given, else on the embedded digits.

The accuracy is what the assignment asks for where it names one, else what the lab reaches. "cold" counts everything
from the network as data to the epoch that reaches it, compilation and evaluation after every epoch included; the value
is the same training once more, with its programs compiled.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.contenders import ours
from benchmarks.on_gpu.options import Options, guarded
from benchmarks.on_gpu.throughput import fast
from benchmarks.record import Row
from jaxcnn import zoo
from jaxcnn.datasets import load
from jaxcnn.fast import choose_plain
from jaxcnn.labs.house_numbers.images import fitted, lent
from jaxcnn.training import TrainConfig, Training

SECTION = "to its accuracy"


@dataclass(frozen=True)
class Goal:
    """A network, its data, the accuracies to reach on the test images of them and of the embedded digits."""

    network: str
    data: str
    accuracy: float
    on_digits: float
    epochs: int = 20
    learning_rate: float = 0.001
    batch_size: int = 64
    init: str = "he_normal"
    borrowed: int = 0


GOALS = (
    Goal("filters", "mnist", 0.99, 0.95),
    Goal("backprop", "mnist", 0.98, 0.93),
    Goal("mlp", "mnist", 0.97, 0.93, batch_size=256, learning_rate=0.003, init="lecun_normal"),
    Goal("depth-5-relu", "mnist", 0.96, 0.90),
    Goal("house-numbers", "svhn", 0.80, 0.90, borrowed=8001),
    Goal("conv-as-matrix", "fashion_mnist", 0.90, 0.93),
    Goal("tutorial", "mnist", 0.98, 0.93, batch_size=256),
)


WAYS = (("plain", choose_plain, False), ("fast", fast, False), ("plain, bf16", choose_plain, True))


def rows(options: Options) -> Iterator[Row]:
    goals = [goal for goal in GOALS if not options.smoke or goal.network in ("mlp", "house-numbers")]
    for name, choose, half in WAYS:
        for goal in goals:
            what = f"{goal.network}: jaxcnn {name}"
            yield from guarded(SECTION, what, partial(_trained, what, goal, options, choose, half))


def _data(goal: Goal, options: Options) -> tuple[Any, Any]:
    name = goal.data if options.data_dir else "digits"
    train, test = (load(name, split, options.data_dir, download=False) for split in ("train", "test"))
    if goal.network == "house-numbers":
        train, test = fitted(train), fitted(test)
        if options.data_dir and goal.borrowed < len(test) and train.provenance.content != "published":
            train, test = lent(train, test, goal.borrowed)
    if options.smoke:
        train, test = (split.take(np.arange(64), "the first 64") for split in (train, test))
    return train, test


def _trained(what: str, goal: Goal, options: Options, choose: Any, half: bool) -> Row:
    train, test = _data(goal, options)
    least = goal.accuracy if options.data_dir else goal.on_digits
    config = TrainConfig(
        learning_rate=goal.learning_rate,
        batch_size=goal.batch_size,
        epochs=2 if options.smoke else goal.epochs if options.data_dir else 60,
        init=goal.init,
    )
    start = time.perf_counter()
    training = Training(zoo.named(goal.network), config, train, {"test": test}, choose=choose)
    if half:
        ours.halve(training)
    epochs, reached = _until(training, least)
    cold = time.perf_counter() - start
    start = time.perf_counter()
    again, accuracy = _until(training, least)
    seconds = time.perf_counter() - start
    told = f"{train.provenance.name}: {100 * accuracy:.2f} % after {again} epochs"
    if min(reached, accuracy) < least:
        told += f", {100 * least:g} % was not reached"
    more = {"cold, s": cold, "epochs": again, "accuracy": accuracy, "accuracy asked for": least, "epochs, cold": epochs}
    more["samples/s, evaluation included"] = again * len(train) / seconds
    return Row(SECTION, what, seconds, "s", note=told, more=more)


def _until(training: Training, least: float) -> tuple[int, float]:
    """Train until the test accuracy is reached or the epochs are over."""
    records = 0
    accuracy = 0.0
    for _, record in training.epochs():
        records, accuracy = record.number, record.scores["test"].accuracy
        if accuracy >= least:
            break
    return records, accuracy
