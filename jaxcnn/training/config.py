"""Everything that decides how a network is trained, as plain data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import jax
import numpy as np

from jaxcnn._windows import positive
from jaxcnn.parameters import Initializer
from jaxcnn.training.augmentation import Augmentation
from jaxcnn.training.optimizers import OPTIMIZERS, SCHEDULES, Recipe

INITIALIZERS: Mapping[str, Initializer] = MappingProxyType(
    {
        "lecun_normal": jax.nn.initializers.lecun_normal(),
        "he_normal": jax.nn.initializers.he_normal(),
        "glorot_uniform": jax.nn.initializers.glorot_uniform(),
        "normal_0.1": jax.nn.initializers.normal(0.1),
    }
)

_SEEDS = 2**32  # JAX without 64-bit types takes larger ones for others


@dataclass(frozen=True)
class TrainConfig:
    """A training run without its network and data. Equal configurations, with equal data and devices, give equal runs.

    Attributes:
        optimizer: "sgd", "momentum", "rmsprop", "adam" or "adamw"; the first three also with "-by-hand" behind, see
            `jaxcnn.training.updates`.
        learning_rate: of the optimiser, before the schedule.
        batch_size: examples of one update; the last batch of an epoch has what is left.
        epochs: passes over the data.
        seed: of the first parameters, the order of the examples and augmentation.
        momentum: of "momentum".
        decay: of "rmsprop", rho.
        weight_decay: see `jaxcnn.training.optimizers.Recipe`.
        schedule: "constant", "cosine", "linear" or "one-cycle", over all epochs.
        init: of the kernels, "lecun_normal", "he_normal", "glorot_uniform" or "normal_0.1" (standard deviation 0.1).
        low: what the network takes for a pixel of 0.
        high: what it takes for a pixel of 255.
        augmentation: how training images are varied.
        dropout: the share of what dense layers read (but not of pixels) that is left out in training.
        label_smoothing: how much of each label is shared by all classes alike.
        average: 0.999 to evaluate and keep a running mean of the parameters, of which every update leaves 0.999; None
            for the parameters themselves.
        patience: epochs without a lower loss on the split "validation" after which to stop, and to return to the best
            parameters; None to go on to the last epoch.
        devices: that share each batch, and
        micro_batch: how many examples each works on at a time; None for what is fast, see `jaxcnn.training.division`.

    Raises:
        ValueError: if a number is out of its range or a name unknown.
    """

    optimizer: str = "adam"
    learning_rate: float = 1e-3
    batch_size: int = 64
    epochs: int = 5
    seed: int = 0
    momentum: float = 0.9
    decay: float = 0.9
    weight_decay: float = 0.0
    schedule: str = "constant"
    init: str = "lecun_normal"
    low: float = 0.0
    high: float = 1.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    dropout: float = 0.0
    label_smoothing: float = 0.0
    average: float | None = None
    patience: int | None = None
    devices: int | None = None
    micro_batch: int | None = None

    def __post_init__(self) -> None:
        """Check every number and name."""
        for name in ("batch_size", "epochs", "patience", "devices", "micro_batch"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, positive(name, getattr(self, name)))
        for name, low, high in (("learning_rate", 0, math.inf), ("momentum", 0, 1), ("decay", 0, 1)):
            if not low < getattr(self, name) < high:
                below = "" if high == math.inf else f" and below {high}"
                raise ValueError(f"`{name}` must be finite, above {low}{below}; got {getattr(self, name)!r}.")
        whole = isinstance(self.seed, int | np.integer) and not isinstance(self.seed, bool)
        if not whole or not 0 <= self.seed < _SEEDS:
            raise ValueError(f"`seed` must be a whole number from 0 to {_SEEDS - 1}; got {self.seed!r}.")
        object.__setattr__(self, "seed", int(self.seed))
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"`weight_decay` must be at least 0; got {self.weight_decay!r}.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"`dropout` must be at least 0 and below 1; got {self.dropout!r}.")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"`label_smoothing` must be at least 0 and below 1; got {self.label_smoothing!r}.")
        if self.average is not None and not 0 < self.average < 1:
            raise ValueError(f"`average` must be above 0 and below 1, or None; got {self.average!r}.")
        if not math.isfinite(self.high - self.low) or self.high == self.low:
            raise ValueError(f"`low` and `high` must be finite and different; got {self.low!r} and {self.high!r}.")
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES), ("init", INITIALIZERS)):
            if getattr(self, name) not in known:
                raise ValueError(f"`{name}` must be one of {', '.join(known)}; got {getattr(self, name)!r}.")

    def recipe(self, steps: int) -> Recipe:
        """Return what the optimiser is made of, for epochs of so many updates."""
        updates = steps * self.epochs
        return Recipe(self.optimizer, self.momentum, self.decay, self.weight_decay, self.schedule, updates)
