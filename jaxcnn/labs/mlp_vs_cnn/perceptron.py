"""The data, the perceptron in formulas, and what was verified of the rules."""

import numpy as np

from jaxcnn.labs.data import data_numbers, data_table
from jaxcnn.labs.mlp_vs_cnn.run import Run
from jaxcnn.labs.report import Chart, Equation, Paragraph, Section
from jaxcnn.labs.verification import verified
from jaxcnn.plots.samples import samples
from jaxcnn.zoo import MLP, TUTORIAL


def data(run: Run) -> Section:
    """Say how the images are divided, and show some."""
    parts = run.splits
    chosen = np.random.default_rng(run.config.seed).choice(len(parts.many), 20, replace=False)
    titles = [parts.many.classes[parts.many.labels[row]] for row in chosen]
    named = {
        "training": parts.many,
        "small training set": parts.few,
        "validation": parts.validation,
        "test": parts.test,
    }
    return Section(
        "The images",
        (
            Paragraph(
                f"{len(parts.many):,} images to learn from, {len(parts.validation):,} to choose by (the last of the "
                f"training file), {len(parts.test):,} to be scored on and for nothing else. To see over-fitting, the "
                f"same networks learn from the first {len(parts.few):,} images alone. Pixels are scaled from 0 … 255 "
                "to 0 … 1."
            ),
            data_table(*named.items()),
            Chart(
                "Training images, drawn at random, with their labels.",
                "images",
                samples(parts.many.images[chosen], titles),
            ),
        ),
        data_numbers(**named),
    )


def perceptron(run: Run) -> Section:
    """Give the network in formulas."""
    settings, classes = run.config.perceptron(), len(run.splits.many.classes)
    pixels = int(np.prod(run.splits.many.images.shape[1:]))
    count = pixels * 64 + 64 + 64 * classes + classes
    return Section(
        "The perceptron",
        (
            Equation(
                r"a_1 = W_1 x + b_1 \qquad f_1 = \sigma(a_1) \qquad a_2 = W_2 f_1 + b_2 \qquad "
                r"\hat{y}_k = e^{a_{2,k}} / \sum_j e^{a_{2,j}} \qquad L = -\sum_k y_k \log \hat{y}_k",
                f"x are the {pixels} pixels of an image, W₁ is 64 × {pixels}, W₂ is {classes} × 64, σ(t) = 1 / (1 + "
                "e⁻ᵗ) entry by entry, y the label with a 1 at its class.",
            ),
            Paragraph(
                f"{count:,} numbers are learned. Weights are drawn from N(0, 0.1²), biases begin at 0. Gradient "
                f"descent in batches of {settings.batch_size} with learning rate η = {settings.learning_rate:g}. The "
                "assignment leaves open whether the gradient of a batch is the *sum* over its images, which is what "
                "a loop gives that adds up gradient after gradient, or their *mean*, as libraries have it; the first "
                f"takes steps that are {settings.batch_size} times as long. Both are trained below."
            ),
        ),
        {"parameters": count},
    )


def derivatives_verified(run: Run) -> Section:
    """Say which hand rules were used, and what `verify` found."""
    shape = run.splits.many.images.shape[1:]
    return verified(MLP, TUTORIAL, input_shape=shape, quick=run.config.quick, dropout=run.config.options)
