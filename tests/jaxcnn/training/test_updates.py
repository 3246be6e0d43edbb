"""The updates by hand against Optax's; test_config has them against the formulas in Python's floats."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxcnn.training.updates import momentum_by_hand, rmsprop_by_hand, sgd_by_hand

RATE = 0.001
OURS_AND_OPTAX = {
    "sgd": (sgd_by_hand, optax.sgd),
    "momentum": (lambda rate: momentum_by_hand(rate, 0.9), lambda rate: optax.sgd(rate, momentum=0.9)),
    "rmsprop": (lambda rate: rmsprop_by_hand(rate, 0.9), lambda rate: optax.rmsprop(rate, decay=0.9)),
}
# Of the last update both are within five roundings of the same number for each moment that went into it, of which the
# newest ten are two thirds; each of ten operations is off by half a unit in the last place, 2⁻²⁴.
BOUND = 2 * 10 * 5 * 2.0**-24


def after(made, gradients):
    """Return the updates that a transformation makes of gradients, one after the other."""
    params = {"kernel": jnp.zeros(gradients.shape[1:], jnp.float32)}
    state, found = made.init(params), []
    with jax.numpy_dtype_promotion("standard"):
        for gradient in gradients:
            update, state = made.update({"kernel": jnp.asarray(gradient)}, state, params)
            found.append(np.asarray(update["kernel"]))
    return np.array(found)


@pytest.mark.parametrize(("ours", "optaxs"), OURS_AND_OPTAX.values(), ids=OURS_AND_OPTAX)
@pytest.mark.parametrize("rate", [RATE, optax.linear_schedule(1.0, 0.0, 20)], ids=["constant", "schedule"])
def test_the_updates_by_hand_are_those_of_optax_to_rounding(ours, optaxs, rate):
    gradients = np.random.default_rng(0).standard_normal((12, 3, 4)).astype(np.float32)
    gradients[:, 0] *= 1e-5  # where ε counts
    gradients[3:6, 1] = 0
    found, wanted = after(ours(rate), gradients), after(optaxs(rate), gradients)
    scale = np.abs(wanted).max(axis=0)
    assert np.all(np.abs(found - wanted) <= BOUND * scale)


def test_other_conventions_are_told_apart():
    """The comparison would notice ε outside the root, a damped momentum and a bias correction."""
    gradients = np.full((3, 2), 1e-5, np.float32)
    for wrong, right in (
        (optax.rmsprop(RATE, decay=0.9, eps_in_sqrt=False), rmsprop_by_hand(RATE, 0.9)),
        (optax.rmsprop(RATE, decay=0.9, bias_correction=True), rmsprop_by_hand(RATE, 0.9)),
        (optax.sgd(RATE, momentum=0.9, nesterov=True), momentum_by_hand(RATE, 0.9)),
    ):
        off, scale = np.abs(after(wrong, gradients) - after(right, gradients)), np.abs(after(right, gradients)).max()
        assert off.max() > 100 * BOUND * scale
