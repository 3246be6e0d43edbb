"""The images and how they are varied, the network, the training, and the file that is kept."""

import dataclasses
from typing import TYPE_CHECKING

import jax
import numpy as np

from jaxcnn.analysis import layer_table
from jaxcnn.labs.best_digits.training import Run
from jaxcnn.labs.blocks import network_table
from jaxcnn.labs.data import data_numbers, data_table
from jaxcnn.labs.report import Attachment, Block, Chart, Paragraph, Section, Table
from jaxcnn.labs.verification import verified
from jaxcnn.models import save_model
from jaxcnn.plots.lines import lines
from jaxcnn.plots.samples import samples
from jaxcnn.training.preparation import Preparation
from jaxcnn.zoo import BEST_DIGITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN, _TIMES = 5, 8  # digits, and how often each is shown

_MEANING = {
    "shift": "pixels, in each direction",
    "rotate": "degrees, either way",
    "zoom": "so much larger or smaller",
    "slant": "columns per row, either way",
    "stretch": "so much wider or narrower",
    "elastic": "pixels that points are moved by, smoothly (standard deviation)",
    "stroke": "pixels by which strokes become wider or narrower",
    "coarse": "share that is scanned with fewer pixels",
    "gamma": "greys to powers from 1 / 1.5 to 1.5",
    "fade": "that paper is brighter than black, ink darker than white, at most",
    "noise": "of white (standard deviation)",
    "invert": "share that becomes black on white",
}


def data(run: Run) -> Section:
    """Say what the data are, and show how they are varied."""
    test, variations = run.data.test, dataclasses.asdict(run.config.variations)
    told = Paragraph(
        f"{len(run.kept):,} images to learn from, {len(run.held):,} held out of them to decide by, and "
        f"{len(test):,} to be scored on in the end."
        + (" While it learns, the network sees every image another way each time." if run.config.varied else "")
    )
    rows = tuple((name, value, _MEANING[name]) for name, value in variations.items() if value)
    blocks: list[Block] = [told, data_table(("training", run.kept), ("validation", run.held), ("test", test))]
    if run.config.varied:
        blocks += [
            Table("How far images are varied, each drawn at random.", ("variation", "most", "unit"), rows),
            Chart("Digits as they are (left), and how the network saw some of them.", "variations", _varied(run)),
        ]
    found = data_numbers(training=run.kept, validation=run.held, test=test)
    return Section("The images", tuple(blocks), {**found, "variations": variations})


def _varied(run: Run) -> "Figure":
    """Draw some digits as they are, and as training varies them."""
    images = run.kept.images[: _SHOWN * 20]
    chosen = np.unique(run.kept.labels[: len(images)], return_index=True)[1][:_SHOWN]
    keys = jax.random.split(jax.random.key(run.config.seed), _SHOWN * (_TIMES - 1))
    prepared = jax.jit(Preparation(0.0, 255.0, run.config.variations))
    varied = prepared(np.repeat(images[chosen], _TIMES - 1, axis=0), keys)
    shown = np.concatenate([images[chosen][:, None], np.reshape(varied, (len(chosen), _TIMES - 1, 28, 28, 1))], axis=1)
    return samples(
        np.rint(shown.reshape(-1, 28, 28, 1)).astype(np.uint8),
        [label if not k else "" for label in run.kept.labels[chosen].astype(str) for k in range(_TIMES)],
        columns=_TIMES,
    )


def network(run: Run) -> Section:
    """Describe the network."""
    rows = layer_table(BEST_DIGITS, run.data.train.images.shape[1:])
    told = Paragraph(
        "Three convolutions, each with relu and pooling behind it, and a hidden layer: what half an hour on two cores "
        "can train well. There is nothing in it that Keras has no layer for."
    )
    return Section("The network", (told, network_table(rows)), {"parameters": sum(row.parameters for row in rows)})


def derivatives_verified(run: Run) -> Section:
    """Say which hand rules were used, and what `verify` found."""
    shape, config = run.data.train.images.shape[1:], run.config
    return verified(BEST_DIGITS, input_shape=shape, quick=config.quick, smoothing=config.label_smoothing)


def learning_curves(run: Run) -> Section:
    """Show how accuracy and loss went."""
    settings, last = run.trained.training.config, run.ended.history if run.ended else ()
    history = (*run.trained.history, *last)
    seen = [100 * record.running.accuracy for record in history]
    held = [100 * record.scores["validation"].accuracy for record in history]
    seconds = [record.seconds for record in history]
    varied, how = run.config.varied, ", varied" if run.config.varied else ""
    told = Paragraph(
        f"AdamW with a learning rate that rises to {settings.learning_rate:g} and falls to nothing, weight decay "
        f"{settings.weight_decay:g}, batches of {settings.batch_size}, {len(history)} epochs in "
        f"{sum(seconds):.0f} s, labels smoothed by {settings.label_smoothing:g}. What is evaluated and kept "
        f"is the running mean of the weights, of which each update leaves {settings.average:g}. After the last "
        f"epoch **{held[-1]:.2f} %** of the validation images are recognised; of the training images{how} it was "
        f"{seen[-1]:.2f} % over the batches of that epoch, by the weights as they then were."
        + (
            f" The last {len(last)} epochs {'vary images less, and ' if varied else ''}have scans of other writers "
            "among the training images."
            if last
            else ""
        )
    )
    curves = lines({f"training images{how}": seen, "validation images, as they are": held}, x="epoch", y="correct (%)")
    numbers = {
        "training accuracy per epoch": [value / 100 for value in seen],
        "validation accuracy per epoch": [value / 100 for value in held],
        "validation loss per epoch": [record.scores["validation"].loss for record in history],
        "seconds per epoch": seconds,
        "last epochs": len(last),
    }
    return Section("Training", (told, Chart("Accuracy against the epoch.", "learning-curves", curves)), numbers)


def model_file(run: Run) -> Section:
    """Give the model away, and say how it is used."""
    told = Paragraph(
        "`jaxcnn predict model.h5 PHOTOGRAPH...` finds the digit in each picture, brings it to MNIST's form and says "
        "which it is. `keras.models.load_model('model.h5', compile=False)` loads the same file in Keras 3; it takes "
        "images (N, 28, 28, 1) from 0 to 1, white on black, and gives the probabilities of the ten digits."
    )
    model = run.model
    kept = Attachment("The trained network.", "model.h5", lambda path: save_model(path, model))
    return Section("The model", (told, kept))
