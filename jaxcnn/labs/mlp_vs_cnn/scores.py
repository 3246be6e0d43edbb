"""How well the perceptrons do: options, the hardest digits, and what the hidden units look for."""

from collections.abc import Mapping

import numpy as np

from jaxcnn._types import Parameters
from jaxcnn.analysis import Confusion, templates
from jaxcnn.labs.mlp_vs_cnn.run import SUM, Run, best
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.plots.confusion import confusion
from jaxcnn.plots.templates import templates as mosaic_of_templates
from jaxcnn.training import EpochRecord
from jaxcnn.zoo import MLP

COLUMNS = ("trained", "what is changed", "training accuracy (%)", "validation accuracy (%)", "test accuracy (%)")


def perceptron_scores(run: Run) -> Section:
    """Compare the perceptron as given with its options."""
    found, settings = run.perceptrons(), run.config.perceptron()
    told = {f"as given, {SUM}": f"gradient descent by the sum of a batch, rate {settings.learning_rate:g}"}
    told |= {
        name: f"gradient descent by the mean of a batch, rate {settings.learning_rate:g}"
        for name in found
        if name not in told
    }
    told |= {option.name: option.told for option in run.options}
    chosen = best(found)
    score = found[chosen][1].scores["test"].accuracy
    return Section(
        "The perceptron on the test images",
        (
            Paragraph(
                f"Chosen by the validation images, the best perceptron is “{chosen}”. On the test images, which took "
                f"no part in that, its accuracy is **{100 * score:.2f} %**."
            ),
            table(found, told),
        ),
        numbers(found, chosen),
    )


def table(found: Mapping[str, tuple[Parameters, EpochRecord]], told: Mapping[str, str]) -> Table:
    """Return accuracies after the last epoch, one row each."""
    rows = [
        (name, told[name], *(100 * last.scores[split].accuracy for split in ("training", "validation", "test")))
        for name, (_, last) in found.items()
    ]
    return Table("After the last epoch; the training images without augmentation.", COLUMNS, tuple(rows))


def numbers(found: Mapping[str, tuple[Parameters, EpochRecord]], chosen: str) -> dict[str, object]:
    """Return the same as numbers."""
    scores = {
        name: {split: score.accuracy for split, score in last.scores.items()} | {"epochs": last.number}
        for name, (_, last) in found.items()
    }
    return {"accuracy": scores, "chosen": chosen, "test accuracy": found[chosen][1].scores["test"].accuracy}


def hardest_digits(run: Run) -> Section:
    """Show which digits the best perceptron takes for which."""
    found = run.perceptrons()
    chosen, test = best(found), run.splits.test
    table = counted(run, found[chosen][0])
    hardest, recall = table.hardest(), dict(zip(table.classes, 100 * table.recall, strict=True))
    pairs = table.hardest_pairs(5)
    return Section(
        "The hardest digits",
        (
            Paragraph(
                f"Of the {len(test):,} test images “{chosen}” has {100 * table.accuracy:.2f} % right. Hardest are "
                f"**{hardest[0]}** ({recall[hardest[0]]:.1f} % recognised), **{hardest[1]}** "
                f"({recall[hardest[1]]:.1f} %) and **{hardest[2]}** ({recall[hardest[2]]:.1f} %); easiest is "
                f"{hardest[-1]} ({recall[hardest[-1]]:.1f} %)."
            ),
            Chart(
                "Confusion matrix of the best perceptron on the test images.",
                "confusion",
                confusion(table.counts, table.classes),
            ),
            Table(
                "The pairs that are confused most often, either way.",
                ("taken for each other", "mistakes", "of all images of the two (%)"),
                tuple((f"{pair.first} and {pair.second}", pair.count, 100 * pair.share) for pair in pairs),
            ),
        ),
        {"confusion": table.counts, "recall": {name: float(share) / 100 for name, share in recall.items()}},
    )


def counted(run: Run, params: Parameters) -> Confusion:
    """Return the confusion matrix of a perceptron on the test images."""
    test = run.splits.test
    taken_for = run.model(MLP, params).log_probabilities(test.images).argmax(axis=1)
    return Confusion.of(test.labels, taken_for, test.classes)


def templates_of_units(run: Run) -> Section:
    """Show the rows of W1 as images."""
    found, shape = run.perceptrons(), run.splits.many.images.shape[1:]
    shown = {"as given": f"as given, {SUM}", "best": best(found)}
    images = {title: templates(found[name][0], shape)[..., 0] for title, name in shown.items()}
    rough = {title: _roughness(rows) for title, rows in images.items()}
    charts = tuple(
        Chart(
            f"The 64 rows of W₁ of the perceptron “{shown[title]}”, row by row from number 0, on one scale.",
            f"templates-{title.replace(' ', '-')}",
            mosaic_of_templates(rows),
        )
        for title, rows in images.items()
    )
    return Section(
        "The rows of W₁ as templates",
        (
            Paragraph(
                "A hidden unit answers with σ(w · x + b), largest for images that are bright where w is positive and "
                "dark where it is negative: its row of W₁, laid out as pixels, is the template it compares an image "
                "with. Weights of pixels that are never bright, such as the corners, keep the values they began "
                "with, unless something (weight decay) shrinks them."
            ),
            Paragraph(
                "How much neighbouring weights differ, beside how large they are (the mean square of the differences "
                "by twice the mean square of the weights: 1 for noise, 0 for what is smooth): "
                f"{rough['as given']:.2f} as given and {rough['best']:.2f} for the best."
            ),
            *charts,
        ),
        {"roughness": rough},
    )


def _roughness(images: np.ndarray) -> float:
    """Return the mean square of the differences between neighbours, by twice the mean square: 1 for white noise."""
    steps = np.concatenate([np.diff(images, axis=axis).reshape(-1) for axis in (1, 2)])
    return float(np.mean(steps**2) / (2 * np.mean(images**2)))
