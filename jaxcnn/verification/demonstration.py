"""Training both networks by hand for a few epochs, so that a person sees the accuracy rise."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import optax

from jaxcnn._types import Parameters
from jaxcnn.datasets import scaled
from jaxcnn.flax_reading import FlaxReading
from jaxcnn.python_loop import Epoch, accuracy, train_by_hand
from jaxcnn.rules import RULES, Rules
from jaxcnn.verification.networks import NETWORKS, Digits

EPOCHS = 8
_BATCH, _RATE = 32, 0.003


@dataclass(frozen=True)
class Progress:
    """One epoch of one network.

    Attributes:
        network: its name.
        epoch: from 1.
        loss: mean training loss of the epoch.
        accuracy: share of the held-out digits that are classified rightly.
        seconds: wall time of the epoch.
    """

    network: str
    epoch: int
    loss: float
    accuracy: float
    seconds: float


def train(
    digits: Digits, rules: Rules = RULES, *, seed: int = 0, on_epoch: Callable[[Progress], None] | None = None
) -> tuple[Progress, ...]:
    """Train every network with Adam on hand gradients and return its history, one record per epoch."""
    images, tests = scaled(digits.images), scaled(digits.test_images)
    history: list[Progress] = []
    for name, network in NETWORKS.items():

        def record(epoch: Epoch, params: Parameters, name: str = name) -> None:
            score = accuracy(NETWORKS[name], params, tests, digits.test_labels)
            history.append(Progress(name, epoch.number, epoch.loss, score, epoch.seconds))
            if on_epoch is not None:
                on_epoch(history[-1])

        start, shuffle = jax.random.split(jax.random.key(seed))
        train_by_hand(
            network,
            FlaxReading(network).init(start, images.shape),
            images,
            digits.labels,
            optimizer=optax.adam(_RATE),
            epochs=EPOCHS,
            batch_size=_BATCH,
            key=shuffle,
            on_epoch=record,
            rules=rules,
        )
    return tuple(history)
