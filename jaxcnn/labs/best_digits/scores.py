"""How the test images are recognised: accuracy, what is taken for what, and the hardest images."""

import numpy as np

from jaxcnn.analysis import Confusion
from jaxcnn.labs.best_digits.training import Run
from jaxcnn.labs.report import Chart, Paragraph, Section, Table
from jaxcnn.plots.confusion import confusion as confusion_matrix
from jaxcnn.plots.samples import samples

_HARDEST = 24


def test_images(run: Run) -> Section:
    """Score the network on the test images, and show those that it is furthest from."""
    test, model = run.data.test, run.model
    log_p = model.log_probabilities(test.images)
    taken_for = np.argmax(log_p, axis=1)
    found = Confusion.of(test.labels, taken_for, test.classes)
    wrong = int(np.sum(taken_for != test.labels))
    right = np.exp(log_p[np.arange(len(test)), test.labels])
    hardest = np.argsort(right, kind="stable")[:_HARDEST]
    titles = [f"{test.classes[test.labels[k]]}: {_taken(test.classes, log_p[k])}" for k in hardest]
    pairs = tuple((f"{pair.first}, {pair.second}", pair.count, 100 * pair.share) for pair in found.hardest_pairs(8))
    loss = -float(np.mean(log_p[np.arange(len(test)), test.labels], dtype=np.float64))
    told = Paragraph(
        f"Of {len(test):,} test images, {len(test) - wrong:,} are recognised: **{100 * found.accuracy:.2f} %**, by one "
        f"network that sees each image once. The hardest digit is {found.hardest()[0]}."
    )
    blocks = (
        told,
        Chart("What is taken for what.", "confusion", confusion_matrix(found.counts, test.classes)),
        Table("The pairs that are confused most often.", ("digits", "mistakes", "share of both (%)"), pairs),
        Chart(
            f"The {len(hardest)} test images whose right class gets the least probability: what they are, what they "
            "are taken for, and how surely.",
            "hardest",
            samples(test.images[hardest], titles, columns=6),
        ),
    )
    numbers = {"accuracy": found.accuracy, "wrong": wrong, "images": len(test), "loss": loss, "confusion": found.counts}
    return Section("The test images", blocks, numbers)


def _taken(classes: tuple[str, ...], log_p: np.ndarray) -> str:
    best = int(np.argmax(log_p))
    return f"{classes[best]} ({100 * np.exp(log_p[best]):.0f} %)"
