"""What the lab shows of its data, its network and its training."""

import numpy as np

from jaxcnn.analysis import layer_table
from jaxcnn.labs.blocks import network_table
from jaxcnn.labs.data import data_numbers, data_table
from jaxcnn.labs.filters.training import Run
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.labs.verification import verified
from jaxcnn.plots.filters import filters as filter_grid
from jaxcnn.plots.lines import lines
from jaxcnn.plots.samples import samples
from jaxcnn.zoo import FILTERS


def network(run: Run) -> Section:
    """Describe the network."""
    rows = layer_table(FILTERS, run.data.train.images.shape[1:])
    told = Paragraph(
        "Three convolutions, the first two each with relu and max pooling, then two dense layers. The softmax that the "
        "assignment writes last is part of the loss."
    )
    return Section("The network", (told, network_table(rows)), {"parameters": sum(row.parameters for row in rows)})


def data(run: Run) -> Section:
    """Say what the data are, and show some of them."""
    train, test = run.data.train, run.data.test
    chosen = np.random.default_rng(run.config.seed).choice(len(train), 25, replace=False)
    titles = [train.classes[train.labels[row]] for row in chosen]
    return Section(
        "The images",
        (
            Paragraph(
                f"{len(train):,} images to learn from and {len(test):,} to be scored on, "
                "their pixels scaled from 0 … 255 to −1 … 1."
            ),
            data_table(("training", train), ("test", test)),
            Chart(
                f"25 training images, drawn at random (seed {run.config.seed}), with their labels.",
                "images",
                samples(train.images[chosen], titles),
            ),
        ),
        data_numbers(train=train, test=test),
    )


def learning_curves(run: Run) -> Section:
    """Show accuracy against the epoch, and the last one of every seed."""
    history, settings = run.first.history, run.first.training.config
    accuracy = {split: [100 * record.scores[split].accuracy for record in history] for split in ("train", "test")}
    last = {seed: one.history[-1].scores for seed, one in run.networks.items()}
    rows = tuple(
        (str(seed), *(100 * scores[s].accuracy for s in ("train", "test")), scores["test"].loss)
        for seed, scores in last.items()
    )
    test = np.array([row[2] for row in rows])
    told = Paragraph(
        f"Adam with learning rate {settings.learning_rate:g}, batches of {settings.batch_size}, {settings.epochs} "
        "epochs, cross-entropy. After the last epoch the accuracy on the test images is "
        f"**{test[0]:.2f} %**. {_over_seeds(test)}"
    )
    numbers = {
        "accuracy per epoch": {split: [value / 100 for value in values] for split, values in accuracy.items()},
        "loss per epoch": {split: [record.scores[split].loss for record in history] for split in ("train", "test")},
        "seconds per epoch": [record.seconds for record in history],
        "test accuracy by seed": {str(seed): scores["test"].accuracy for seed, scores in last.items()},
    }
    return Section(
        "Training",
        (
            told,
            Chart(
                "Accuracy against the epoch, over all training images and all test images after each.",
                "learning-curves",
                lines(
                    {"training images": accuracy["train"], "test images": accuracy["test"]}, x="epoch", y="accuracy (%)"
                ),
            ),
            Table(
                "After the last epoch, by seed.",
                ("seed", "training accuracy (%)", "test accuracy (%)", "test loss (nats)"),
                rows,
            ),
        ),
        numbers,
    )


def derivatives_verified(run: Run) -> Section:
    """Say which hand rules were used, and what `verify` found."""
    return verified(FILTERS, input_shape=run.data.train.images.shape[1:], quick=run.config.quick)


def first_layer(run: Run) -> Section:
    """Show all filters of the first layer."""
    return Section(
        "The filters of the first layer",
        (
            Paragraph(
                "Each of the 32 filters of 3 × 3 taps has its mean subtracted, and a colour scale of its own that is "
                "symmetric about zero: where the image is bright, red taps add to the output and blue ones subtract."
            ),
            Chart("All filters of the first layer, by number, means subtracted.", "filters", filter_grid(run.kernels)),
        ),
        {"filters": run.kernels},
    )


def _over_seeds(accuracy: np.ndarray) -> str:
    if len(accuracy) == 1:
        return "It is that of one seed; `--set seeds=3` trains with two more."
    return (
        f"Over {len(accuracy)} seeds it is {accuracy.mean():.2f} % on average, from {accuracy.min():.2f} to "
        f"{accuracy.max():.2f} %, with a standard deviation of {accuracy.std(ddof=1):.2f}."
    )
