"""The images, the network, its training and what it takes for what."""

from collections.abc import Sequence

import numpy as np

from jaxcnn._types import Shape
from jaxcnn.analysis import layer_table
from jaxcnn.labs.blocks import network_table
from jaxcnn.labs.data import data_numbers, data_table
from jaxcnn.labs.house_numbers.training import Run
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.labs.verification import verified
from jaxcnn.plots.confusion import confusion as confusion_matrix
from jaxcnn.plots.panels import panels
from jaxcnn.plots.samples import samples
from jaxcnn.training.history import best
from jaxcnn.zoo import HOUSE_NUMBERS

_RELATED = (
    " The digits of one house number are crops of one photograph, so images that are drawn at random for validation "
    "may have relatives among the training images."
)


def data(run: Run) -> Section:
    """Say what the data are, and show some of them."""
    train, validation, test = run.data.train, run.data.validation, run.data.test
    chosen = np.random.default_rng(run.config.seed).choice(len(train), min(10, len(train)), replace=False)
    part = {"part": "**This is only a part of the published data set**, so its scores are not those of the whole. "}
    borrowed = run.config.borrowed
    told = Paragraph(
        part.get(train.provenance.content, "")
        + (
            f"**The first {borrowed:,} test images are among those for training and validation**, so the scores are "
            "not those of the published split. "
            if borrowed
            else ""
        )
        + f"{len(train):,} images to learn from; {len(validation):,} that were drawn at random from the training "
        f"images (seed {run.config.seed}) decide when to stop; {len(test):,} are scored at the end, once. Pixels are "
        "scaled from 0 … 255 to 0 … 1." + (_RELATED if train.provenance.name == "svhn" else "")
    )
    named = {"training": train, "validation": validation, "test": test}
    blocks = (
        told,
        data_table(*named.items()),
        Chart(
            "Training images drawn at random, with their labels.",
            "images",
            samples(train.images[chosen], [train.classes[train.labels[row]] for row in chosen]),
        ),
    )
    return Section("The images", blocks, data_numbers(**named))


def network(run: Run) -> Section:
    """Describe the network, and why three poolings fit into it."""
    rows = layer_table(HOUSE_NUMBERS, run.data.train.images.shape[1:])
    pools = [row for row in rows if row.name.startswith("max_pool")]
    edges = [pool.unused for pool in pools]
    sizes = " → ".join(str(side) for side in (pools[0].inputs[0], *(pool.outputs[0] for pool in pools)))
    told = Paragraph(
        "The convolutions are padded so that they keep the size (one row or column of zeros on every side), and the "
        f"windows of the poolings do not overlap (stride 3) and are not padded: {sizes}. So three poolings of 3 × 3 "
        "fit into 32 × 32, and after the last of them each of the 49 maps is one number. "
        f"{unused_told(edges)}Without padding of the convolutions (32 → 30 → 10 → 8 → 2) "
        "the third convolution of 3 × 3 would not fit; with poolings of stride 2 the last maps would be larger and "
        "the logistic regression with them."
    )
    caption = "The network: three convolutions, and multinomial logistic regression on 49 features."
    return Section(
        "The network", (told, network_table(rows, caption)), {"parameters": sum(row.parameters for row in rows)}
    )


def unused_told(edges: Sequence[Shape]) -> str:
    """Return in a sentence how many of the last rows and columns each pooling leaves out; nothing where none does."""
    told = []
    for number, (down, right) in enumerate(edges, 1):
        parts = [f"{count} of the {what}" for count, what in ((down, "rows"), (right, "columns")) if count]
        if parts:
            told.append(f"{' and '.join(parts)} at pooling {number}")
    return f"At the lower and the right edge some pixels are in no window: {', '.join(told)}. " if told else ""


def derivatives_verified(run: Run) -> Section:
    """Say which hand rules were used, and what `verify` found."""
    return verified(HOUSE_NUMBERS, input_shape=run.data.train.images.shape[1:], quick=run.config.quick)


def learning_curves(run: Run) -> Section:
    """Show the curves, and where the training stopped."""
    history, config = run.network.history, run.config
    stop = best(history)
    ended = (
        f"the validation loss had not fallen since epoch {stop}"
        if len(history) < config.epochs
        else "that was the last epoch"
    )
    told = Paragraph(
        f"Adam with learning rate {config.learning_rate:g}, batches of {config.batch_size}, `{config.init}` kernels. "
        f"Training ended after epoch {len(history)}: {ended} (patience {config.patience}). The parameters are those "
        f"after epoch {stop}, which had the lowest validation loss, "
        f"{history[stop - 1].scores['validation'].loss:.3f}. **On the test images the accuracy is "
        f"{100 * run.evaluation.accuracy:.2f} %**, the loss {run.evaluation.loss:.3f}."
    )
    curves = {
        "loss (nats)": {
            "training, over its batches": [record.running.loss for record in history],
            "validation": [record.scores["validation"].loss for record in history],
        },
        "error (share)": {
            "training, over its batches": [1 - record.running.accuracy for record in history],
            "validation": [1 - record.scores["validation"].accuracy for record in history],
        },
    }
    numbers = {
        "best epoch": stop,
        "epochs": [record.to_json() for record in history],
        "test accuracy": run.evaluation.accuracy,
        "test loss": run.evaluation.loss,
    }
    caption = f"Loss and share of errors after each epoch; epoch {stop} was kept."
    blocks = (told, Chart(caption, "learning-curves", panels(curves, x="epoch", y="", columns=2, share_y=False)))
    return Section("Training, stopped early", blocks, numbers)


def confusion(run: Run) -> Section:
    """Show which digits are taken for which."""
    found = run.confusion
    pairs = found.hardest_pairs(5)
    rows = tuple((f"{pair.first} and {pair.second}", pair.count, 100 * pair.share) for pair in pairs)
    each = tuple(
        (name, int(n), *("none" if np.isnan(share) else 100 * share for share in (recall, precision)))
        for name, n, recall, precision in zip(
            found.classes, found.counts.sum(axis=1), found.recall, found.precision, strict=True
        )
    )
    worst = found.hardest()
    told = Paragraph(
        f"Hardest to recognise: {', '.join(worst[:3])}; easiest: {worst[-1]}. "
        + (f"Confused most often: {pairs[0].first} and {pairs[0].second}, {pairs[0].count} times." if pairs else "")
    )
    blocks = (
        told,
        Chart(
            "Test images of each class, by what they were taken for.",
            "confusion",
            confusion_matrix(found.counts, found.classes),
        ),
        Table("The pairs that are confused most often, either way.", ("pair", "mistakes", "of both (%)"), rows),
        Table("Class by class.", ("class", "test images", "recognised (%)", "right where named (%)"), each),
    )
    numbers = {"confusion": found.counts, "hardest pairs": [list(row) for row in rows]}
    return Section("The confusion matrix", blocks, numbers)
