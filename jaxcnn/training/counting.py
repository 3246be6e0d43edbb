"""How many examples of a split are classified rightly, and the loss, as one compiled program."""

import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array
from jaxcnn.training.steps import Step
from jaxcnn.training.totals import AXIS, over_devices

AT_ONCE = 64  # examples; their buffers stay in the cache


def count(step: Step, params: object, pixels: Array, labels: Array) -> tuple[Array, Array]:
    """Return the mean loss of each model, and how many examples it has right; to be traced as `advance` is.

    Args:
        step: of which only the batches' devices count.
        params: of the learner.
        pixels: (N, product of the image shape) uint8.
        labels: (N,) int32.
    """
    examples, devices = len(labels), step.batches.devices
    share = -(-examples // devices)
    at_once = min(AT_ONCE, share)
    device = lax.axis_index(AXIS) if devices > 1 else 0
    end = jnp.minimum((device + 1) * share, examples)

    def more(turn: Array, sums: tuple[Array, Array]) -> tuple[Array, Array]:
        places = device * share + turn * at_once + jnp.arange(at_once)
        rows = jnp.minimum(places, examples - 1)
        weights = (places < end).astype(jnp.float32) / examples
        loss, right = step.learner.counts(params, step.inputs(pixels[rows], None), labels[rows], weights)
        return sums[0] + loss, sums[1] + right

    models = step.learner.models
    sums = lax.fori_loop(0, -(-share // at_once), more, (jnp.zeros(models, jnp.float32), jnp.zeros(models, jnp.int32)))
    return over_devices(step.batches, sums)
