"""What the trained network makes of its images: activation maps and the bottleneck, epoch by epoch."""

from typing import Any

from jaxcnn.analysis import activations, embed, nearest_agree
from jaxcnn.datasets import scaled
from jaxcnn.labs.backprop.training import LAST, Run
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.plots.maps import maps_over_time
from jaxcnn.plots.points import points
from jaxcnn.zoo import LENET

BOTTLENECK = "relu_2"  # 49 numbers of each image
MAPS = {"relu_0": (0, 1), "relu_1": (0, 1)}  # two representative slices of each convolution


def activation_maps(run: Run) -> Section:
    """Show what some slices of each convolution make of one image, after every epoch."""
    image = run.data.test.images[:1]
    label = run.data.test.classes[run.data.test.labels[0]]
    epochs = len(run.shown.history)
    found = [activations(LENET, run.snapshot(epoch), scaled(image), tuple(MAPS)) for epoch in range(epochs + 1)]
    maps = {
        f"convolution {number}\nslice {channel}": [one[name][0, :, :, channel] for one in found]
        for number, (name, own) in enumerate(MAPS.items(), start=1)
        for channel in own
    }
    times = ["before", *(f"epoch {epoch}" for epoch in range(1, epochs + 1))]
    told = Paragraph(
        f"A fixed image of the test set, a {label}, before training and after each of the {epochs} epochs with {LAST}: "
        "two slices of each convolution, after its relu."
    )
    caption = "Activation maps. Each slice has one scale, from dark to bright, whose ends are written beside it."
    numbers = {
        name: [[float(one[name][0, :, :, channel].max()) for channel in own] for one in found]
        for name, own in MAPS.items()
    }
    chart = Chart(caption, "activation-maps", maps_over_time(maps, times))
    return Section("Activation maps", (told, chart), {"largest activation of each slice, by epoch": numbers})


def bottleneck(run: Run) -> Section:
    """Show the features of the test images in the plane, after the first and the last epoch."""
    test, epochs = run.data.test, len(run.shown.history)
    shown: dict[str, Any] = {}
    rows: list[tuple[Any, ...]] = []
    for epoch in dict.fromkeys((1, epochs)):
        features = activations(LENET, run.snapshot(epoch), scaled(test.images), [BOTTLENECK])[BOTTLENECK]
        made = embed(features, seed=run.config.seed)
        title = f"after epoch {epoch}"
        shown[title] = made.points
        agree = (100 * nearest_agree(values, test.labels) for values in (features, made.points))
        rows.append((title, *agree, made.perplexity, made.divergence))
    told = Paragraph(
        f"The {features.shape[1]} numbers that each of the {len(test)} test images becomes before the last layer, "
        f"brought into the plane by t-SNE (scikit-learn, seed {run.config.seed}). It keeps neighbours together; "
        "distances and directions mean nothing. Where classes are apart, an image's nearest neighbour is of its own "
        "class."
    )
    columns = (
        *("", "nearest feature of the same class (%)", "nearest point of the same class (%)"),
        *("perplexity", "divergence (nats)"),
    )
    blocks = (
        told,
        Chart("t-SNE of the bottleneck; each point is its class.", "t-sne", points(shown, test.labels, test.classes)),
        Table("How well the classes are apart.", columns, tuple(rows)),
    )
    return Section("The bottleneck", blocks, {row[0]: list(row[1:]) for row in rows})
