"""jaxcnn: the engine as `jaxcnn train` runs it, and as a sweep where there are several networks."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.contenders.cases import RATES, Case
from jaxcnn.datasets import Dataset, Provenance
from jaxcnn.fast import Choose, choose_form
from jaxcnn.training import Member, Sweep, TrainConfig, Training
from jaxcnn.training.learner import OneLearner
from jaxcnn.training.programs import Programs

jax.config.update("jax_num_cpu_devices", len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class HalfLearner(OneLearner):
    """One network whose forward and backward pass are in bfloat16, its parameters and their updates in float32."""

    def gradients(self, params: Any, inputs: Any, labels: Any, weights: Any, keys: Any = None) -> Any:
        half = [jax.tree.map(lambda x: x.astype(jnp.bfloat16), one) for one in (params, inputs, weights)]
        found = super().gradients(half[0], half[1], labels, half[2], keys)
        return jax.tree.map(lambda x: x.astype(jnp.float32) if x.dtype == jnp.bfloat16 else x, found)


def halve(engine: Training) -> None:
    """Let an engine that has not begun compute in bfloat16."""
    learner = engine.run.step.learner
    assert isinstance(learner, OneLearner)
    engine.run.step = replace(engine.run.step, learner=HalfLearner(**vars(learner)))
    engine.run.programs = Programs(engine.run.step)


def make(case: Case, *, choose: Choose = choose_form, half: bool = False) -> Callable[[int], None]:
    images, labels = case.data()
    data = Dataset(images, labels, tuple("0123456789"), Provenance("random", "train", "folder", "unchecked"))
    config = TrainConfig(optimizer=case.optimizer, learning_rate=RATES[case.optimizer], batch_size=case.batch)
    networks = case.members
    if len(networks) > 1:
        engine: Sweep | Training = Sweep({name: Member(network) for name, network in networks.items()}, config, data)
    else:
        engine = Training(networks[case.networks[0]], config, data, choose=choose)
        if half:
            halve(engine)
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
