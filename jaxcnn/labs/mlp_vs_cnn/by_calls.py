"""The same training by the four calls that are taught, beside what the compiled program does."""

import jax
import numpy as np

from jaxcnn.datasets import scaled
from jaxcnn.labs.mlp_vs_cnn.run import Run
from jaxcnn.labs.report import Paragraph, Section, Table
from jaxcnn.labs.updates import first_updates
from jaxcnn.training import Training, forward, reset_grad, update_grad, update_params
from jaxcnn.zoo import MLP

UPDATES = 20
PARTS = 4  # that a batch comes in, to be added up

_forward, _update_grad = jax.jit(forward, static_argnums=0), jax.jit(update_grad, static_argnums=0)


def four_calls(run: Run) -> Section:
    """Make the first updates by the four calls, and compare them with those of the compiled program."""
    settings = run.config.perceptron()
    training = Training(MLP, settings, run.splits.many)
    images, labels = scaled(run.splits.many.images), run.splits.many.labels
    begun = jax.tree.map(np.array, training.fresh().params)
    params, rows = begun, []
    for update in first_updates(training, UPDATES):
        sums = reset_grad(params)
        for part in np.array_split(update.rows, PARTS):
            _, trace = _forward(MLP, params, images[part])
            sums = _update_grad(MLP, sums, trace, labels[part])
        params = update_params(params, sums, settings.learning_rate)
        mean = float(sums.loss) / len(update.rows)
        rows.append((update.number, mean, update.loss, _apart(params, update.params), _apart(update.params, begun)))
    shown = tuple(rows[k] for k in sorted({0, 1, 4, 9, len(rows) - 1}) if k < len(rows))
    return Section(
        "The four calls",
        (
            Paragraph(
                "What the assignment writes as four functions that change a network in place are here four pure "
                "functions (`jaxcnn.training`): `reset_grad` gives an accumulator of zeros, `forward` the outputs "
                "and what the way back needs, `update_grad` the accumulator with the gradients of some images added, "
                "and `update_params` the parameters after a step. They call the hand rules one after the other, and "
                "no autodiff."
            ),
            Paragraph(
                "```\n"
                "sums = reset_grad(params)\n"
                "for images, labels in parts_of_the_batch:\n"
                "    logits, trace = forward(network, params, images)\n"
                "    sums = update_grad(network, sums, trace, labels)\n"
                "params = update_params(params, sums, learning_rate)\n"
                "```"
            ),
            Paragraph(
                "The networks of this report are trained by a compiled program of whole epochs instead. Its first "
                f"{len(rows)} updates and those of the four calls, each batch in {PARTS} parts, from the same "
                f"weights: after the last, parameters differ by **{rows[-1][3]:.1e}** at most, by rounding, and have "
                f"moved by up to {rows[-1][4]:.1e} since the beginning."
            ),
            Table(
                "The first updates.",
                (
                    "update",
                    "loss, four calls (nats)",
                    "loss, compiled (nats)",
                    "largest difference of a parameter",
                    "largest move since the beginning",
                ),
                shown,
            ),
        ),
        {"updates": len(rows), "largest difference": rows[-1][3], "largest move": rows[-1][4]},
    )


def _apart(one: object, other: object) -> float:
    """Return the largest difference of two trees of parameters."""
    found = jax.tree.map(lambda a, b: float(np.max(np.abs(np.asarray(a, np.float64) - np.asarray(b)))), one, other)
    return max(jax.tree.leaves(found))
