"""Everything that the lab trains."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jaxcnn._types import Parameters
from jaxcnn.datasets import Dataset
from jaxcnn.labs.data import LabData
from jaxcnn.labs.mlp_vs_cnn.options import Option
from jaxcnn.labs.mlp_vs_cnn.settings import Config, Splits, splits
from jaxcnn.labs.progress import Progress
from jaxcnn.labs.training import Trained, TrainedTogether, trained, trained_together
from jaxcnn.models import Model
from jaxcnn.network import Network
from jaxcnn.training import EpochRecord, Member, Sweep, TrainConfig, Training
from jaxcnn.zoo import MLP, TUTORIAL

MEAN, SUM = "mean", "sum"  # of the gradients of a batch


@dataclass(frozen=True, eq=False)
class Run:
    """What was trained.

    Attributes:
        config: the settings.
        splits: the data.
        given: the perceptron as the assignment gives it, by the mean and by the sum of a batch's gradients; on "few"
            and on "many" images.
        options: the perceptron with options.
        network: the convolutional network, on "few" and "many" images.
        network_options: the same with options.
    """

    config: Config
    splits: Splits
    given: Mapping[str, TrainedTogether]
    options: Mapping[Option, Trained]
    network: Mapping[str, Trained]
    network_options: Mapping[Option, Trained]

    def perceptrons(self) -> dict[str, tuple[Parameters, EpochRecord]]:
        """Return parameters and last record of every perceptron that was trained on all images, by name."""
        given = self.given["many"]
        found = {f"as given, {name}": (given.params[name], given.histories[name][-1]) for name in (MEAN, SUM)}
        return found | {option.name: (one.params, one.history[-1]) for option, one in self.options.items()}

    def networks(self) -> dict[str, tuple[Parameters, EpochRecord]]:
        """Return the same of the convolutional networks."""
        found = {"as given": self.network["many"]}
        found |= {option.name: one for option, one in self.network_options.items()}
        return {name: (one.params, one.history[-1]) for name, one in found.items()}

    def model(self, network: Network, params: Parameters) -> Model:
        """Return parameters with what is needed to use them."""
        return Model(network, params, self.splits.many.images.shape[1:], self.splits.many.classes)


def best(found: Mapping[str, tuple[Parameters, EpochRecord]]) -> str:
    """Return the name of what has the highest accuracy on the validation images; test images take no part in it."""
    return max(found, key=lambda name: found[name][1].scores["validation"].accuracy)


def perceptrons_trained(
    config: Config, data: Splits, progress: Progress
) -> tuple[dict[str, TrainedTogether], dict[Option, Trained]]:
    """Return the perceptrons as given, and with options. No autodiff."""
    settings = config.perceptron()
    members = {MEAN: Member(MLP), SUM: Member(MLP, learning_rate=settings.learning_rate * settings.batch_size)}
    given = {}
    for name, learned, scored in (("few", data.repeated, data.few), ("many", data.many, data.many)):
        sweep = Sweep(members, settings, learned, _evaluated(data, scored))
        given[name] = trained_together(f"perceptron, {len(scored):,} images", sweep, progress)
    options = {
        option: trained(f"perceptron, {option.name}", _training(MLP, one, data.many, data), progress)
        for option, one in config.perceptron_options().items()
    }
    return given, options


def networks_trained(
    config: Config, data: Splits, progress: Progress
) -> tuple[dict[str, Trained], dict[Option, Trained]]:
    """Return the convolutional networks as given, and with options."""
    given = {}
    for name, learned, scored in (("few", data.repeated, data.few), ("many", data.many, data.many)):
        training = _training(TUTORIAL, config.network(), learned, data, scored)
        given[name] = trained(f"convolutional network, {len(scored):,} images", training, progress)
    options = {
        option: trained(f"convolutional network, {option.name}", _training(TUTORIAL, one, data.many, data), progress)
        for option, one in config.network_options().items()
    }
    return given, options


def run(config: Config, data: LabData, progress: Progress) -> Run:
    """Train everything."""
    parts = splits(config, data)
    given, options = perceptrons_trained(config, parts, progress)
    network, network_options = networks_trained(config, parts, progress)
    return Run(config, parts, given, options, network, network_options)


def _training(
    network: Network, settings: TrainConfig, learned: Dataset, data: Splits, scored: Dataset | None = None
) -> Training:
    return Training(network, settings, learned, _evaluated(data, learned if scored is None else scored))


def _evaluated(data: Splits, scored: Dataset) -> dict[str, Dataset]:
    return {"training": scored, "validation": data.validation, "test": data.test}


def accuracies(history: tuple[EpochRecord, ...], split: str) -> np.ndarray:
    """Return the accuracy on a split after every epoch, in percent."""
    return np.array([100 * record.scores[split].accuracy for record in history])
