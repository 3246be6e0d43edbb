"""Three optimisers and several batch sizes compared, and the updates by hand with Optax's."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from jaxcnn.labs.backprop.training import OPTIMIZERS, Run
from jaxcnn.labs.chance import standard_error
from jaxcnn.labs.report import Chart, Equation, Paragraph, Section, Table
from jaxcnn.plots.panels import panels
from jaxcnn.training import EpochRecord
from jaxcnn.training.updates import EPSILON

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning_curves(run: Run) -> Section:
    """Show training and test error of the three optimisers."""
    size, config = run.config.batch_size, run.config
    histories = {name: run.by_hand[name, size].history for name in OPTIMIZERS}
    errors = {
        f"{split} images": {name: [100 * (1 - r.scores[key].accuracy) for r in own] for name, own in histories.items()}
        for split, key in (("training", "train"), ("test", "test"))
    }
    losses = {
        f"{split} images": {name: [r.scores[key].loss for r in own] for name, own in histories.items()}
        for split, key in (("training", "train"), ("test", "test"))
    }
    rows = tuple(
        (name, *(own[-1].scores[key].loss for key in ("train", "test")), *_percent(own[-1]), own[-1].running.loss)
        for name, own in histories.items()
    )
    last = {name: own[-1].scores["test"].accuracy for name, own in histories.items()}
    told = (
        f"All three start from the same random parameters (`{config.init}`, seed {config.seed}) with learning rate "
        f"{config.learning_rate:g}, batches of {size}, shuffled anew in every epoch: {config.epochs} epochs of "
        f"{-(-len(run.data.train) // size)} updates. {leading(last, len(run.data.test))} At the same rate the three "
        f"take steps of different size: SGD η|g|; momentum up to 1 / (1 − μ) = {1 / (1 - config.momentum):.3g} times "
        f"that; RMSProp about η where |g| is well above √ε = {math.sqrt(EPSILON):g}, and less below; its first step is "
        f"up to η / √(1 − ρ) = {1 / math.sqrt(1 - config.decay):.3g} η."
    )
    columns = ("optimiser", "training loss", "test loss", "training error (%)", "test error (%)", "last epoch's loss")
    numbers = {name: [record.to_json() for record in own] for name, own in histories.items()}
    blocks = (
        Paragraph(told),
        Chart("Share of the images taken for another class, after each epoch.", "errors", _drawn(errors, "error (%)")),
        Chart("Cross-entropy after each epoch.", "losses", _drawn(losses, "loss (nats)")),
        Table(f"After {config.epochs} epochs, with the updates by hand.", columns, rows),
    )
    return Section("Three optimisers", blocks, numbers)


def batch_sizes(run: Run) -> Section:
    """Compare batch sizes."""
    sizes = sorted({size for _, size in run.by_hand})
    curves = {
        name: {
            f"batches of {size}": [100 * (1 - r.scores["test"].accuracy) for r in run.by_hand[name, size].history]
            for size in sizes
            if (name, size) in run.by_hand
        }
        for name in OPTIMIZERS
        if all((name, size) in run.by_hand for size in sizes)
    }
    rows = []
    for (name, size), one in sorted(run.by_hand.items(), key=lambda item: (OPTIMIZERS.index(item[0][0]), item[0][1])):
        updates = one.training.run.step.batches.steps * run.config.epochs
        rows.append((name, size, updates, *_percent(one.history[-1]), sum(r.seconds for r in one.history)))
    columns = ("optimiser", "batch size", "updates in all", "training error (%)", "test error (%)", "seconds")
    accuracies = {  # from the fewest updates to the most
        name: [run.by_hand[name, size].history[-1].scores["test"].accuracy for size in reversed(sizes)]
        for name in curves
    }
    told = Paragraph(
        f"With the same number of epochs, smaller batches mean more updates. {by_updates(accuracies)}"
        "The mean gradient of a larger batch is less noisy, but no larger. Seconds include compilation."
    )
    chart = Chart("Test error after each epoch, for each batch size.", "batch-sizes", _drawn(curves, "test error (%)"))
    table = Table(f"After {run.config.epochs} epochs.", columns, tuple(rows))
    return Section("Batch sizes", (told, chart, table), {f"{row[0]}, {row[1]}": list(row[2:]) for row in rows})


def leading(accuracies: Mapping[str, float], images: int) -> str:
    """Return in a sentence which optimisers are ahead on so many images, with all that tie within a standard error."""
    most = max(accuracies.values())
    error = standard_error(most, images)
    tied = [name for name, accuracy in accuracies.items() if accuracy >= most - error]
    end = f"{' and '.join(tied)} tie within it" if len(tied) > 1 else f"{tied[0]} is ahead by more than that"
    return (
        f"The highest accuracy on the {images:,} test images is **{100 * most:.1f} %**, with a binomial standard error "
        f"of {100 * error:.1f} points: {end}."
    )


def by_updates(accuracies: Mapping[str, Sequence[float]]) -> str:
    """Return in a sentence how the test error goes with the number of updates.

    Args:
        accuracies: on the test images, of every optimiser, from the fewest updates to the most.
    """
    courses: dict[str, list[str]] = {}
    for name, own in accuracies.items():
        if len(own) > 1:
            courses.setdefault(_course(np.diff(own)), []).append(name)
    if not courses:
        return ""
    told = "; ".join(f"that of {' and '.join(names)} {course}" for course, names in courses.items())
    return f"From the fewest updates to the most, the test error goes like this: {told}. "


def _course(steps: np.ndarray) -> str:
    """Return what the error does where accuracy changes by `steps`."""
    if not steps.any():
        return "is always the same"
    if (steps > 0).all():
        return "falls with every step"
    if (steps >= 0).all():
        return "falls or stays"
    return "rises or stays" if (steps <= 0).all() else "goes up and down"


def updates_by_hand(run: Run) -> Section:
    """Compare the updates by hand with Optax's, epoch by epoch."""
    rows = []
    for name, theirs in run.by_optax.items():
        ours = run.by_hand[name, run.config.batch_size]
        loss = max(
            abs(a.scores[split].loss - b.scores[split].loss) / abs(b.scores[split].loss)
            for a, b in zip(ours.history, theirs.history, strict=True)
            for split in ("train", "test")
        )
        first, last = (_apart(ours.snapshots, theirs.snapshots, epoch) for epoch in (1, run.config.epochs))
        errors = max(
            abs(a.scores["test"].accuracy - b.scores["test"].accuracy)
            for a, b in zip(ours.history, theirs.history, strict=True)
        )
        rows.append((name, first, last, loss, 100 * errors))
    told = Paragraph(
        "The three updates are written by hand (`jaxcnn.training.updates`), and the same networks were trained "
        "again with `optax.sgd(η)`, `optax.sgd(η, momentum=μ)` and `optax.rmsprop(η, decay=ρ)`. The conventions "
        "match: momentum is not damped and multiplied by the rate at the end; ε = 10⁻⁸ stands inside the root; v "
        "begins at 0 and is not corrected for it. One update of the two differs by rounding only (2⁻²⁴ = 6.0 · "
        "10⁻⁸, relatively); what many updates make of that is in the table."
    )
    columns = (
        *("optimiser", "parameters after 1 epoch", f"parameters after {run.config.epochs}"),
        *("losses of all epochs", "test errors of all epochs (percentage points)"),
    )
    caption = (
        "Largest difference between training by hand and by Optax; of parameters relative to the largest of their "
        "kind, of losses relative to the loss."
    )
    blocks = (
        told,
        Equation(r"\theta \leftarrow \theta - \eta\, g", "SGD."),
        Equation(r"m \leftarrow \mu\, m + g,\quad \theta \leftarrow \theta - \eta\, m", "momentum, m = 0 at first."),
        Equation(
            r"v \leftarrow \rho\, v + (1 - \rho)\, g^2,\quad "
            r"\theta \leftarrow \theta - \eta\, \frac{g}{\sqrt{v + \epsilon}}",
            "RMSProp, v = 0 at first.",
        ),
        Table(caption, columns, tuple(rows)),
    )
    return Section("Updates by hand and by Optax", blocks, {row[0]: list(row[1:]) for row in rows})


def _percent(record: EpochRecord) -> list[float]:
    return [100 * (1 - record.scores[split].accuracy) for split in ("train", "test")]


def _drawn(values: Mapping[str, Mapping[str, list[float]]], y: str) -> "Figure":
    return panels(values, x="epoch", y=y)


def _apart(ours: Any, theirs: Any, epoch: int) -> float:
    pairs = zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True)
    return max(float(np.abs(a[epoch] - b[epoch]).max() / np.abs(b[epoch]).max()) for a, b in pairs)
