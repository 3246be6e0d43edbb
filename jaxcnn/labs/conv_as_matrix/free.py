"""The network of free design: what it is, its first gradient updates, and how well it does."""

import numpy as np

from jaxcnn.analysis import Confusion, layer_table
from jaxcnn.labs.blocks import network_table
from jaxcnn.labs.conv_as_matrix.run import Run, free_training
from jaxcnn.labs.conv_as_matrix.settings import FREE
from jaxcnn.labs.data import data_numbers, data_table
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.labs.updates import first_updates
from jaxcnn.models import Model
from jaxcnn.parameters import work
from jaxcnn.plots.confusion import confusion
from jaxcnn.plots.lines import lines
from jaxcnn.plots.samples import samples

SHOWN, DRAWN = 5, 100  # updates


def data(run: Run) -> Section:
    """Say what the data are, and show some."""
    train, test = run.data.train, run.data.test
    chosen = np.random.default_rng(run.config.seed).choice(len(train), 20, replace=False)
    titles = [train.classes[train.labels[row]] for row in chosen]
    return Section(
        "The images",
        (
            Paragraph(
                f"{len(train):,} images to learn from and {len(test):,} to be scored on, of {len(train.classes)} "
                "classes. Pixels are scaled from 0 … 255 to 0 … 1."
            ),
            data_table(("training", train), ("test", test)),
            Chart(
                "Training images, drawn at random, with their classes.", "images", samples(train.images[chosen], titles)
            ),
        ),
        data_numbers(train=train, test=test),
    )


def free_design(run: Run) -> Section:
    """Describe the network of free design."""
    settings, shape = run.config.free(), run.data.train.images.shape[1:]
    takes = work(FREE, (1, *shape))
    return Section(
        "A network of free design",
        (
            Paragraph(
                "Two convolutions of 3 × 3 with 32 and 64 maps, each with relu and pooling, and a dense layer "
                f"of 256: {takes.parameters:,} numbers to learn, {takes.multiplications:,} multiplications for an "
                f"image. Adam in batches of {settings.batch_size}, from rate {settings.learning_rate:g} to 0 along a "
                f"cosine over {settings.epochs} epochs. Each time an image is learned from, it is shifted by up to "
                f"{run.config.shift:g} pixels either way, and {100 * settings.dropout:g} % of what the dense layers "
                "read is left out (dropout)."
            ),
            network_table(layer_table(FREE, shape)),
        ),
        {"parameters": takes.parameters, "multiplications": takes.multiplications},
    )


def first_gradient_updates(run: Run) -> Section:
    """Show the first gradient updates with their losses."""
    training = free_training(run.config, run.data)
    rows, losses = [], []
    for update in first_updates(training, DRAWN):
        losses.append(update.loss)
        if update.number <= SHOWN:
            after = training.scores(update.params)["test"]
            rows.append((update.number, update.loss, 100 * update.accuracy, after.loss, 100 * after.accuracy))
    return Section(
        "The first gradient updates",
        (
            Paragraph(
                f"The first {SHOWN} updates of the training: the loss and the accuracy on the batch before the "
                f"update, with dropout and shifts, and on all {len(run.data.test):,} test images after it, without. A "
                f"network that knows nothing has a loss of log {len(run.data.train.classes)} = "
                f"{np.log(len(run.data.train.classes)):.3f} nats."
            ),
            Table(
                f"The first {len(rows)} gradient updates.",
                (
                    "update",
                    "batch loss before (nats)",
                    "batch accuracy before (%)",
                    "test loss after (nats)",
                    "test accuracy after (%)",
                ),
                tuple(rows),
            ),
            Chart(
                f"The loss of each batch before its update, for the first {len(losses)} updates.",
                "first-updates",
                lines({"loss of the batch": losses}, x="update", y="loss (nats)"),
            ),
        ),
        {"batch loss": losses, "test loss after": [row[3] for row in rows]},
    )


def free_network_scores(run: Run) -> Section:
    """Show accuracy against the epoch, and what is taken for what."""
    history, test = run.free.history, run.data.test
    values = {
        "training images, as they are varied": [100 * record.running.accuracy for record in history],
        "test images": [100 * record.scores["test"].accuracy for record in history],
    }
    model = Model(FREE, run.free.params, test.images.shape[1:], test.classes)
    table = Confusion.of(test.labels, model.log_probabilities(test.images).argmax(axis=1), test.classes)
    hardest, recall = table.hardest(), dict(zip(table.classes, 100 * table.recall, strict=True))
    pairs = table.hardest_pairs(5)
    return Section(
        "How well it does",
        (
            Paragraph(
                f"After {len(history)} epochs its accuracy on the {len(test):,} test images is "
                f"**{100 * table.accuracy:.2f} %**. The hardest class is {hardest[0]}, of which it recognises "
                f"{recall[hardest[0]]:.1f} %, the easiest {hardest[-1]} ({recall[hardest[-1]]:.1f} %)."
            ),
            Chart(
                "Accuracy against the epoch: over the batches as they went by, and on the test images after each "
                "epoch.",
                "free-accuracy",
                lines(values, x="epoch", y="accuracy (%)"),
            ),
            Chart("Confusion matrix on the test images.", "confusion", confusion(table.counts, table.classes)),
            Table(
                "The pairs that are confused most often, either way.",
                ("taken for each other", "mistakes", "of all images of the two (%)"),
                tuple((f"{pair.first} and {pair.second}", pair.count, 100 * pair.share) for pair in pairs),
            ),
        ),
        {
            "test accuracy": table.accuracy,
            "test accuracy per epoch": [record.scores["test"].accuracy for record in history],
            "seconds per epoch": [record.seconds for record in history],
            "confusion": table.counts,
        },
    )
