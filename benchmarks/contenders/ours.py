"""jaxcnn: the engine as `jaxcnn train` runs it, and as a sweep where there are several networks."""

from __future__ import annotations

import os
from collections.abc import Callable

import jax

from benchmarks.contenders.cases import RATES, Case
from jaxcnn.datasets import Dataset, Provenance
from jaxcnn.training import Member, Sweep, TrainConfig, Training

jax.config.update("jax_num_cpu_devices", len(os.sched_getaffinity(0)))


def make(case: Case) -> Callable[[int], None]:
    images, labels = case.data()
    data = Dataset(images, labels, tuple("0123456789"), Provenance("random", "train", "folder", "unchecked"))
    config = TrainConfig(optimizer=case.optimizer, learning_rate=RATES[case.optimizer], batch_size=case.batch)
    networks = case.members
    if len(networks) > 1:
        engine: Sweep | Training = Sweep({name: Member(network) for name, network in networks.items()}, config, data)
    else:
        engine = Training(networks[case.networks[0]], config, data)
    programs, steps = engine.run.programs, engine.run.step.batches.steps
    state = programs.place(engine.fresh())
    order = programs.order(state)

    def run(count: int) -> None:
        nonlocal state, order
        while count:
            some = min(count, steps - int(state.step))
            state = programs.advance(state, engine.run.train, order, some)
            count -= some
            if int(state.step) == 0:
                order = programs.order(state)
        jax.block_until_ready(state)

    return run
