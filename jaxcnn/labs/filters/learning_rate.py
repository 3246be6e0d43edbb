"""What Adam does at the assignment's learning rate: the same network at another one, and units that went silent."""

import numpy as np

from jaxcnn.analysis import activations
from jaxcnn.datasets import scaled
from jaxcnn.labs.filters.training import Run
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.labs.training import Trained
from jaxcnn.plots.lines import lines
from jaxcnn.zoo import FILTERS

IMAGES = 1_000  # of the test images, on which a unit must answer once not to be called silent
RELU = "relu_3"  # behind the dense layer of 64


def learning_rate(run: Run) -> Section:
    """Compare networks by seed and learning rate."""
    networks = {_named(seed, run.config.learning_rate): one for seed, one in run.networks.items()}
    if run.compared is not None:
        networks[_named(run.config.seed, run.config.compared_rate)] = run.compared
    inputs = scaled(run.data.test.images[:IMAGES], run.config.training(0).low, run.config.training(0).high)
    silent = {name: _silent(one, inputs) for name, one in networks.items()}
    accuracy = {name: _accuracy(one) for name, one in networks.items()}
    rows = tuple(
        (name, _score(one, "train"), _score(one, "test"), min(accuracy[name]), max(accuracy[name]), silent[name])
        for name, one in networks.items()
    )
    columns = ("network", "training (%)", "test (%)", "lowest (%)", "highest (%)", "silent units of 64")
    caption = (
        "Accuracy after the last epoch, the lowest and the highest test accuracy after any epoch, and the units of the "
        f"dense layer that answer 0 to each of {len(inputs):,} test images."
    )
    chart = Chart(
        "Accuracy on the test images against the epoch, for every network.",
        "learning-rates",
        lines(accuracy, x="epoch", y="test accuracy (%)"),
    )
    numbers = {
        name: {
            "test accuracy per epoch": [value / 100 for value in accuracy[name]],
            "train accuracy": _score(one, "train") / 100,
            "silent units": silent[name],
        }
        for name, one in networks.items()
    }
    told = (Paragraph(_told(run, silent)), Table(caption, columns, rows), chart)
    return Section("What the learning rate does", told, numbers)


def _told(run: Run, silent: dict[str, int]) -> str:
    """Return the comparison in words."""
    told = (
        "Adam divides each gradient by its own running size, so that in each update every parameter moves by about the "
        f"learning rate, {run.config.learning_rate:g}, however small its gradient has become: near a minimum the "
        "parameters go on jumping about it, and a relu that a jump has put below zero for every image has no gradient "
        "that would bring it back. "
    )
    if run.compared is None:
        return told + "`--set compared_rate=0.001` trains the first seed at another rate as well."
    there, here = _score(run.compared, "test"), _score(run.first, "test")
    less = "smaller" if run.config.compared_rate < run.config.learning_rate else "larger"  # type: ignore[operator]
    seed = run.config.seed
    before, after = (silent[_named(seed, rate)] for rate in (run.config.learning_rate, run.config.compared_rate))
    return told + (
        f"With the {less} rate {run.config.compared_rate:g}, and everything else as before, the test accuracy is "
        f"**{there:.2f} %** instead of {here:.2f} %, and {after} units are silent instead of {before}."
    )


def _named(seed: int, rate: float | None) -> str:
    return f"seed {seed}, rate {rate:g}"


def _silent(trained: Trained, inputs: np.ndarray) -> int:
    """Return how many units of the dense layer answer 0 to every image."""
    answers = activations(FILTERS, trained.params, inputs, [RELU])[RELU]
    return int(np.sum(answers.max(axis=0) == 0))


def _accuracy(trained: Trained) -> list[float]:
    return [100 * record.scores["test"].accuracy for record in trained.history]


def _score(trained: Trained, split: str) -> float:
    return 100 * trained.history[-1].scores[split].accuracy
