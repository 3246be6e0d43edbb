"""What the lab `house-numbers` trains: one network, until its validation loss no longer falls."""

from dataclasses import dataclass

import numpy as np

from jaxcnn.analysis import Confusion
from jaxcnn.labs.house_numbers.images import HouseNumbers
from jaxcnn.labs.house_numbers.settings import Config
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.training import Trained, trained
from jaxcnn.labs.verification import check
from jaxcnn.models import Evaluation, Model, evaluate
from jaxcnn.training import Training
from jaxcnn.zoo import HOUSE_NUMBERS


@dataclass(frozen=True, eq=False)
class Run:
    """What was trained.

    Attributes:
        config: the settings.
        data: the three sets of images.
        network: at the epoch with the lowest validation loss.
        evaluation: of it, on the test images.
    """

    config: Config
    data: HouseNumbers
    network: Trained
    evaluation: Evaluation

    @property
    def confusion(self) -> Confusion:
        """Which classes of the test images were taken for which."""
        return Confusion(np.array(self.evaluation.confusion), self.data.test.classes)


def train(config: Config, data: HouseNumbers, progress: Progress = SILENT) -> Run:
    """Train the network by rules that have been verified before, and count what it recognises of the test images."""
    shape = data.train.images.shape[1:]
    check(HOUSE_NUMBERS, input_shape=shape, quick=config.quick)
    training = Training(HOUSE_NUMBERS, config.training(), data.train, {"validation": data.validation})
    network = trained("house-numbers", training, progress)
    settings = training.config
    model = Model(HOUSE_NUMBERS, network.params, shape, data.train.classes, settings.low, settings.high)
    return Run(config, data, network, evaluate(model, data.test))
