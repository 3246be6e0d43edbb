"""Over-fitting: few images against many, for as many updates, on the training and on the validation set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxcnn.labs.chance import standard_error
from jaxcnn.labs.mlp_vs_cnn.run import MEAN, SUM, Run, accuracies
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.plots.lines import lines
from jaxcnn.training import EpochRecord

LARGE = 2.0  # points from which on a gap is called over-fitting
NEAR = 0.01  # nats within which a loss is called near its lowest
BY_HEART = 99.0  # percent of the training images recognised, from which on they are called learned by heart

COLUMNS = (
    "images",
    "trained by",
    "training accuracy (%)",
    "validation accuracy (%)",
    "gap (points)",
    "best validation accuracy (%)",
    "at iteration",
    "validation loss, last less lowest (nats)",
)


@dataclass(frozen=True, eq=False)
class Curve:
    """Accuracy in percent on two sets after every epoch, and what is read from it.

    Attributes:
        training: on the training images.
        validation: on the validation images.
        losses: on the validation images.
        updates: of an epoch.
    """

    training: np.ndarray
    validation: np.ndarray
    losses: np.ndarray
    updates: int

    @classmethod
    def of(cls, history: Sequence[EpochRecord], updates: int) -> "Curve":
        """Read a history."""
        losses = np.array([record.scores["validation"].loss for record in history])
        return cls(accuracies(tuple(history), "training"), accuracies(tuple(history), "validation"), losses, updates)

    @property
    def iterations(self) -> np.ndarray:
        """After how many updates each value was taken."""
        return self.updates * np.arange(1, len(self.training) + 1)

    @property
    def gap(self) -> float:
        """How much better the training images are recognised in the end."""
        return float(self.training[-1] - self.validation[-1])

    @property
    def row(self) -> tuple[Any, ...]:
        """The last six entries of a row of the table."""
        top = int(np.argmax(self.validation))
        ends = (self.training[-1], self.validation[-1], self.gap, self.validation[top])
        return (*map(float, ends), int(self.iterations[top]), float(self.losses[-1] - self.losses.min()))

    def numbers(self) -> dict[str, Any]:
        """Return all of it."""
        return {
            "iteration": self.iterations,
            "training accuracy": self.training,
            "validation accuracy": self.validation,
        }


def perceptron_over_fitting(run: Run) -> Section:
    """Compare few and many images, for the perceptron as given."""
    updates = {name: one.sweep.run.step.batches.steps for name, one in run.given.items()}
    curves = {
        name: {by: Curve.of(one.histories[by], updates[name]) for by in (MEAN, SUM)} for name, one in run.given.items()
    }
    sizes = {name: len(getattr(run.splits, name)) for name in curves}
    charts = tuple(
        chart(
            f"perceptron-{name}",
            f"the perceptron, {sizes[name]:,} images",
            {f"by the {by}": c for by, c in own.items()},
        )
        for name, own in curves.items()
    )
    rows = tuple((sizes[name], f"the {by}", *curve.row) for name, own in curves.items() for by, curve in own.items())
    few, many = curves["few"][SUM], curves["many"][SUM]
    return Section(
        "Over-fitting of the perceptron",
        (
            _same_updates(run),
            *charts,
            Table("After the last update.", COLUMNS, rows),
            Paragraph(comment("By the sum of the gradients", sizes, few, many)),
            Paragraph(_slow(curves["many"][MEAN], many, len(run.splits.validation))),
        ),
        {name: {by: curve.numbers() for by, curve in own.items()} for name, own in curves.items()},
    )


def chart(name: str, of: str, curves: dict[str, Curve]) -> Chart:
    """Return accuracy on both sets against the iteration."""
    values: dict[str, list[float]] = {}
    for label, curve in curves.items():
        start = f"{label}, " if len(curves) > 1 else ""
        values |= {f"{start}training set": curve.training.tolist(), f"{start}validation set": curve.validation.tolist()}
    at = next(iter(curves.values())).iterations.tolist()
    drawn = lines(values, x="iteration (updates)", y="accuracy (%)", at=at)
    return Chart(f"Accuracy of {of}, against the iteration.", name, drawn)


def comment(how: str, sizes: dict[str, int], few: Curve, many: Curve) -> str:
    """Return in words what the curves show."""
    told = (
        f"{how}, the network ends with {few.training[-1]:.2f} % of its {sizes['few']:,} training images right and "
        f"{few.validation[-1]:.2f} % of the validation images: a gap of **{few.gap:.2f} points**. With "
        f"{sizes['many']:,} images it is {many.training[-1]:.2f} % and {many.validation[-1]:.2f} %, a gap of "
        f"**{many.gap:.2f} points**. "
    )
    lost = float(few.validation.max() - few.validation[-1])
    told += (
        f"{_worth(few, many)} The accuracy on the validation images with few was highest at iteration {few.row[4]:,} "
        f"and has lost {lost:.2f} points since; "
    )
    return told + _verdict(few, many)


def course(values: np.ndarray, images: int) -> str:
    """Return whether accuracy, in percent after every epoch on so many images, rises, falls or is level in the end.

    What counts is the change over the last quarter of the epochs, against the binomial standard error of the last one.
    """
    quarter = min(max(1, len(values) // 4), len(values) - 1)
    change, error = float(values[-1] - values[-1 - quarter]), 100 * standard_error(float(values[-1]) / 100, images)
    word = "rising" if change > error else "falling" if change < -error else "level"
    return f"{word} over the last quarter of the epochs (by {change:+.2f} points, with a standard error of {error:.2f})"


def _worth(few: Curve, many: Curve) -> str:
    more = float(many.validation[-1] - few.validation[-1])
    if more < 0:
        return f"With more images {-more:.2f} points less are right of what was never seen."
    return f"More images are worth {more:.2f} points on what was never seen."


def _verdict(few: Curve, many: Curve) -> str:
    """Return what the two gaps say, each by itself and against the other."""
    large = [name for name, curve in (("few", few), ("many", many)) if curve.gap >= LARGE]
    if not large:
        return f"neither gap reaches {LARGE:g} points: so many updates of this size show no over-fitting."
    if few.gap <= 2 * many.gap:
        return (
            f"the gap is at least {LARGE:g} points with {' and with '.join(large)} images, and with few it is not "
            "more than twice that with many: over-fitting is not a matter of the few images alone."
        )
    rise = few.row[5]
    if rise <= NEAR:
        return (
            f"the loss there is within {NEAR:g} nats of its lowest: the few images are fitted better than others, "
            "which has not raised the loss on these yet."
        )
    heart = "learned by heart" if few.training[-1] >= BY_HEART else "over-fitted"
    return f"the loss there has risen by {rise:.3f} nats from its lowest: the few images are {heart}."


def _same_updates(run: Run) -> Paragraph:
    times, epochs = len(run.splits.repeated) // len(run.splits.few), run.config.epochs
    return Paragraph(
        f"The same perceptron learns from the first {len(run.splits.few):,} images and from all "
        f"{len(run.splits.many):,}, for as many updates: in an epoch each of the few is seen {times} times. {epochs} "
        "epochs; after each, accuracy is counted on all images that are learned from and on the validation images."
    )


def _slow(mean: Curve, total: Curve, images: int) -> str:
    return (
        f"By the mean, whose steps are shorter, {mean.iterations[-1]:,} updates reach {mean.validation[-1]:.2f} % on "
        f"the validation images, {course(mean.validation, images)}; by the sum {total.validation[-1]:.2f} %."
    )
