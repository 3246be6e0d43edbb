"""How much gradient reaches each layer, after training and before it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jaxcnn.analysis import gradient_flows
from jaxcnn.labs.depth.training import Run, named
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.plots.panels import panels
from jaxcnn.zoo import ACTIVATIONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Flows = Mapping[str, Mapping[str, float]]


def trained_gradients(run: Run) -> Section:
    """Show the largest gradient of every layer of the trained networks."""
    flows = gradient_flows(run.networks.sweep, run.networks.params, run.batch)
    told = Paragraph(
        f"After {run.config.epochs} epochs, on one mini-batch of {len(run.batch)} training images: the largest "
        "magnitude in the gradient of each layer's kernel, layer 1 being the one that reads the pixels and the last "
        "one the one that gives the classes. A line that falls to the left is a gradient that vanishes on its way "
        "back; a 0, where float32 has nothing left or every unit of a relu layer is dead, is not drawn."
    )
    silent = [name for name, own in flows.items() if next(iter(own.values())) == 0]
    if silent:
        told = Paragraph(f"{told.text} No gradient at all reaches the first layer of: {'; '.join(silent)}.")
    return _section("Gradients after training", "gradients-trained", told, run, flows, tuple(ACTIVATIONS))


def untrained_gradients(run: Run) -> Section:
    """Show the largest gradient of every layer of the networks as they began."""
    sweep = run.networks.sweep
    flows = gradient_flows(sweep, sweep.params(sweep.fresh()), run.batch)
    told = Paragraph(
        "The same mini-batch, and the networks as they were before the first update: LeCun's activation and tanh, from "
        "the same random numbers."
    )
    return _section("Gradients before training", "gradients-untrained", told, run, flows, ("tanh", "lecun"))


def _section(title: str, name: str, told: Paragraph, run: Run, flows: Flows, activations: Sequence[str]) -> Section:
    depths = run.config.hidden
    rows: list[tuple[Any, ...]] = []
    for depth in depths:
        for activation in activations:
            own = list(flows[named(activation, depth)].values())
            rows.append((activation, depth, own[0], own[-1], own[0] / own[-1] if own[-1] else "none left"))
    columns = ("activation", "hidden layers", "first layer", "last layer", "first / last")
    blocks = (
        told,
        Chart(
            f"Largest gradient of each layer, {title.split(' ', 1)[1]}, one panel for each depth.",
            name,
            _drawn(flows, depths, activations),
        ),
        Table("What is left of the gradient on its way from the last layer to the first.", columns, tuple(rows)),
    )
    return Section(title, blocks, {name: dict(own) for name, own in flows.items() if name.split(",")[0] in activations})


def _drawn(flows: Flows, depths: Sequence[int], activations: Sequence[str]) -> "Figure":
    values = {
        f"{depth} hidden layers": {name: list(flows[named(name, depth)].values()) for name in activations}
        for depth in depths
    }
    return panels(values, x="layer", y="largest |∂E/∂W|", log=True, share_x=False)
