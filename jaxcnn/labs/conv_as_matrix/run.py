"""Everything that the lab trains, and the matrices of the trained network."""

from dataclasses import dataclass
from functools import cached_property

import jax
import numpy as np

from jaxcnn._types import Array, Parameters
from jaxcnn.apply import apply
from jaxcnn.datasets import Dataset, scaled
from jaxcnn.labs.conv_as_matrix.settings import FREE, Config
from jaxcnn.labs.data import LabData
from jaxcnn.labs.progress import Progress
from jaxcnn.labs.training import Trained, trained
from jaxcnn.matrices import MatrixReading, network_as_matrices
from jaxcnn.training import Training
from jaxcnn.zoo import CONV_AS_MATRIX

_AT_ONCE = 500  # images that go through the convolution at once

_apply = jax.jit(apply, static_argnums=0)


@dataclass(frozen=True, eq=False)
class Run:
    """What was trained.

    Attributes:
        config: the settings.
        data: both splits.
        free: the network of free design.
        exact: the network that is read as matrices.
    """

    config: Config
    data: LabData
    free: Trained
    exact: Trained

    @property
    def tested(self) -> Dataset:
        """The test images that go through the matrices."""
        test, count = self.data.test, self.config.images
        return test if count is None else test.take(np.arange(min(count, len(test))), f"the first {count:,}")

    @cached_property
    def inputs(self) -> np.ndarray:
        """The same as the network takes them."""
        settings = self.exact.training.config
        return scaled(self.tested.images, settings.low, settings.high)

    @cached_property
    def matrices(self) -> MatrixReading:
        """The network as matrices, made of its extracted weights."""
        return network_as_matrices(CONV_AS_MATRIX, self.exact.params, (1, *self.inputs.shape[1:]))

    @cached_property
    def logits(self) -> np.ndarray:
        """The logits by convolution, (N, classes)."""
        return by_convolution(self.exact.params, self.inputs)


def by_convolution(params: Parameters, inputs: np.ndarray) -> np.ndarray:
    """Return the logits of images by the convolutional network itself."""
    parts = [inputs[begin : begin + _AT_ONCE] for begin in range(0, len(inputs), _AT_ONCE)]
    found: list[Array] = [_apply(CONV_AS_MATRIX, params, part) for part in parts]
    return np.concatenate([np.asarray(one) for one in found])


def free_training(config: Config, data: LabData) -> Training:
    """Return the training of the network of free design, ready to begin."""
    return Training(FREE, config.free(), data.train, {"test": data.test})


def run(config: Config, data: LabData, progress: Progress) -> Run:
    """Train both networks."""
    free = trained("network of free design", free_training(config, data), progress)
    training = Training(CONV_AS_MATRIX, config.exact(), data.train, {"test": data.test})
    return Run(config, data, free, trained("network to be read as matrices", training, progress))
