"""Convolution and matrices compared: one image, then all test images against the bound that was known before."""

import time

import numpy as np

from jaxcnn.datasets import scaled
from jaxcnn.labs.conv_as_matrix.run import Run, by_convolution
from jaxcnn.labs.report import Chart, Equation, Paragraph, Section, Table
from jaxcnn.matrices.reading import FORMS
from jaxcnn.plots.distributions import distributions


def one_image(run: Run) -> Section:
    """Show the two predictive distributions of one image side by side."""
    test, config = run.data.test, run.config
    number = config.image
    if number is None:
        number = int(np.random.default_rng(config.seed).integers(len(run.tested)))
    image = test.take(np.array([number]), f"image {number}")
    settings = run.exact.training.config
    inputs = scaled(image.images, settings.low, settings.high)
    found = {
        "by convolution": by_convolution(run.exact.params, inputs)[0],
        "by matrices": run.matrices.forward(inputs)[0],
    }
    shown = {name: _softmax(logits) for name, logits in found.items()}
    ours, theirs = shown["by matrices"], shown["by convolution"]
    rows = tuple(
        (name, float(p), float(q), float(abs(p - q))) for name, p, q in zip(test.classes, theirs, ours, strict=True)
    )
    return Section(
        "One image",
        (
            Paragraph(
                f"Test image {number:,}, {test.classes[image.labels[0]]}. By convolution it is taken for "
                f"{test.classes[int(theirs.argmax())]}, by matrices for {test.classes[int(ours.argmax())]}; the "
                f"probabilities differ by {np.max(np.abs(ours - theirs)):.1e} at most."
            ),
            Chart(
                "The image, and its two predictive distributions side by side.",
                "distributions",
                distributions(image.images[0], shown, test.classes),
            ),
            Table("The two distributions.", ("class", "by convolution", "by matrices", "difference"), rows),
        ),
        {"image": number, "by convolution": theirs, "by matrices": ours},
    )


def all_images(run: Run) -> Section:
    """Send all test images through both forms, and compare with the bound."""
    reading, inputs, expected = run.matrices, run.inputs, run.logits
    bounds = {"proved": reading.bound(inputs), "probable": reading.bound(inputs, probable=True)}
    top = np.sort(expected, axis=1)
    margin = top[:, -1] - top[:, -2]
    sure = {name: margin > 2 * bound.max(axis=1) for name, bound in bounds.items()}
    rows, told, numbers = [], [], {}
    for form in FORMS:
        began = time.perf_counter()
        logits = reading.forward(inputs, form=form)
        seconds = time.perf_counter() - began
        off, same = np.abs(logits - expected), logits.argmax(axis=1) == expected.argmax(axis=1)
        apart = float(np.max(np.abs(_softmax(logits) - _softmax(expected))))
        for name, bound in bounds.items():
            within, changed = bool(np.all(off <= bound)), int(np.sum(~same & sure[name]))
            if not within or changed:
                raise ArithmeticError(
                    f"The {form} form must stay within its {name} bound: it is off by up to {off.max():.3g}, and "
                    f"{changed} sure predictions differ."
                )
        rows.append((form, float(off.max()), float(np.max(off / bounds["proved"])), apart, int(same.sum()), seconds))
        told.append(f"{int(same.sum()):,} of {len(same):,} predictions are the same in the {form} form")
        numbers[form] = {
            "largest difference": float(off.max()),
            "of the probabilities": apart,
            "same": int(same.sum()),
            "seconds": seconds,
        }
    accuracy = float(np.mean(expected.argmax(axis=1) == run.tested.labels))
    kept = tuple(
        (name, float(bound.max()), float(np.median(bound)), 100 * float(sure[name].mean()))
        for name, bound in bounds.items()
    )
    return Section(
        "All test images",
        (
            Paragraph(
                f"All {len(inputs):,} test images by matrix products alone, in both forms, beside the convolutional "
                f"network, which has {100 * accuracy:.2f} % of them right. **{'; '.join(told)}.** Every logit is "
                "within the bound, and where the two largest logits of an image differ by more than twice its bound "
                "no prediction has changed (an image on which that failed would have ended this report)."
            ),
            Equation(
                r"|\hat{y} - y| \leq |M|\,e + \gamma_{n+2}\,(|M|\,|x| + |b|) \qquad \gamma_k = \frac{k u}{1 - k u}",
                "The bound is known before anything is compared. e is how far the inputs x of a layer may be off, M "
                "and b its matrix and offset, n the terms of a row, u = 2⁻²⁴ the rounding of float32. Relu and max "
                "move by no more than what they read. *Proved* holds for every order of adding up; *probable* takes "
                "roundings as independent, γ ≈ 8 √k u (Higham and Mary, 2019), and is exceeded with a probability "
                "that is negligible if they are.",
            ),
            Table(
                "Logits by matrices beside logits by convolution.",
                (
                    "form",
                    "largest difference",
                    "largest, as a share of the proved bound",
                    "largest difference of a probability",
                    "predictions equal",
                    "seconds",
                ),
                tuple(rows),
            ),
            Table(
                "The bounds on the difference of a logit.",
                ("bound", "largest", "median", "images whose margin exceeds it twice (%)"),
                kept,
            ),
        ),
        {
            **numbers,
            "images": len(inputs),
            "test accuracy": accuracy,
            "bounds": {name: {"largest": top, "median": half, "sure (%)": share} for name, top, half, share in kept},
        },
    )


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
