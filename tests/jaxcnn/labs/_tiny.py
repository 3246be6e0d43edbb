"""A lab that takes a second: it is the frame around it that is looked at."""

import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from jaxcnn import Dense, Flatten, Network, Tanh
from jaxcnn.labs.data import LabData, data_numbers, data_table
from jaxcnn.labs.lab import Lab
from jaxcnn.labs.progress import SILENT
from jaxcnn.labs.report import Chart, Equation, Paragraph, Section, Table
from jaxcnn.labs.settings import LabConfig
from jaxcnn.labs.training import trained
from jaxcnn.plots.lines import lines
from jaxcnn.training import TrainConfig, Training
from tests.jaxcnn.training._small import data

NETWORK = Network(Flatten(), Dense(6), Tanh(), Dense(3))


@dataclass(frozen=True)
class Config(LabConfig):
    epochs: int = 4
    rate: float = 0.05
    shuffled: bool = True
    most: int | None = None
    name: str = "tiny"

    def quickened(self):
        return replace(super().quickened(), epochs=2)


@dataclass(frozen=True, eq=False)
class Run:
    config: Config
    data: LabData
    trained: Any


def load(config):
    return LabData(data(50, config.seed), data(31, config.seed + 1))


@functools.cache  # so that many runs in one process are compiled once
def training(rate, epochs, seed):
    settings = TrainConfig(learning_rate=rate, batch_size=16, epochs=epochs, seed=seed, devices=1)
    return Training(NETWORK, settings, data(50, seed), {"test": data(31, seed + 1)})


def train(config, data, progress=SILENT):
    made = training(config.rate, config.epochs, config.seed)
    return Run(config, data, trained("tiny", made, progress, snapshots=True))


def introduction(run):
    told = Paragraph(
        "Some *prose* with `code <b>` & **bold**, [a link](https://example.org/?a=1&b=2), σ(W x + b).\n\n- one"
    )
    formula = Equation(r"\sigma(z) = \frac{1}{1 + e^{-z}}", "where *z* is a number.")
    return Section(
        "Introduction", (told, formula, data_table(("training", run.data.train))), data_numbers(t=run.data.train)
    )


def curves(run):
    losses = [record.scores["test"].loss for record in run.trained.history]
    figure = lines({"test": losses}, x="epoch", y="loss (nats)")
    table = Table("Loss <by epoch>.", ("epoch", "loss (nats)"), tuple(enumerate(losses, 1)))
    return Section("Curves", (Chart("The loss & its epochs.", "loss", figure), table), {"losses": np.array(losses)})


LAB = Lab("tiny", "A tiny lab & more", "Does <the frame> hold?", Config, train, (introduction, curves), load)
