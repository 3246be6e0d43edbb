"""What every filter of the network makes of one image of each class."""

import numpy as np

from jaxcnn.analysis import activations
from jaxcnn.datasets import scaled
from jaxcnn.labs.house_numbers.training import Run
from jaxcnn.labs.report import Chart, Paragraph, Section
from jaxcnn.plots.maps import mosaics
from jaxcnn.zoo import HOUSE_NUMBERS

LAYERS = {"relu_0": "convolution 1", "relu_1": "convolution 2", "relu_2": "convolution 3"}
ROWS = 5  # images of one figure: as many as a page holds


def filter_outputs(run: Run) -> Section:
    """Show the outputs of all filters, grouped by layer, for a random test image of each class."""
    test, settings = run.data.test, run.network.training.config
    random = np.random.default_rng(run.config.seed)
    present = [label for label in range(len(test.classes)) if (test.labels == label).any()]
    chosen = np.array([random.choice(np.flatnonzero(test.labels == label)) for label in present])
    images = test.images[chosen]
    inputs = scaled(images, settings.low, settings.high)
    found = activations(HOUSE_NUMBERS, run.network.params, inputs, [*LAYERS, "dense_0"])
    taken_for = [test.classes[k] for k in found["dense_0"].argmax(axis=1)]
    right = [test.classes[test.labels[row]] for row in chosen]
    titles = [f"{name}, taken for {guess}" for name, guess in zip(right, taken_for, strict=True)]
    silent = {name: int((found[layer].max(axis=(0, 1, 2)) == 0).sum()) for layer, name in LAYERS.items()}
    counts = ", ".join(f"{found[layer].shape[-1]} of {name}" for layer, name in LAYERS.items())
    never = ", ".join(f"{count} of {name}" for name, count in silent.items())
    told = Paragraph(
        f"One random test image of each class (seed {run.config.seed}) and the outputs of all filters, after the relu: "
        f"{counts}. Each mosaic has a scale of its own, from dark (0) to bright (its largest output). Filters that "
        f"answer to none of these images: {never}."
    )
    charts = []
    for start in range(0, len(chosen), ROWS):
        part = slice(start, start + ROWS)
        shown = {f"{name}: {found[layer].shape[-1]} filters": found[layer][part] for layer, name in LAYERS.items()}
        classes = ", ".join(test.classes[label] for label in present[part])
        charts.append(
            Chart(
                f"Images of the classes {classes} and what each filter makes of them.",
                f"outputs-{start // ROWS + 1}",
                mosaics(images[part], titles[part], shown),
            )
        )
    return Section("The output of every filter", (told, *charts), {"images": chosen, "silent filters": silent})
