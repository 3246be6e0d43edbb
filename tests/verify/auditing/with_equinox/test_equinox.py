"""A wrong `filter_custom_vjp` inside an Equinox module is found, and told by the user's line that calls it."""

from pathlib import Path

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify


def module(factor):
    @equinox.filter_custom_vjp
    def squashed(x, scale):
        return scale * jnp.tanh(x)

    @squashed.def_fwd
    def fwd(perturbed, x, scale):
        return scale * jnp.tanh(x), ()

    @squashed.def_bwd
    def bwd(saved, g, perturbed, x, scale):
        return factor * g * scale * (1 - jnp.tanh(x) ** 2)

    class Squash(equinox.Module):
        linear: equinox.nn.Linear
        activation: object

        def __call__(self, x):
            return jnp.sum(squashed(self.activation(self.linear(x)), 2.0))  # the call

    return Squash(equinox.nn.Linear(3, 2, key=jax.random.key(1)), jax.nn.relu)


@pytest.mark.parametrize("factor", [1.0, 2.0], ids=["right", "wrong"])
def test_a_filtered_rule_is_found_inside_a_module(factor):
    report = verify.audit(lambda network, x: network(x), module(factor), np.float32([0.4, -1.0, 2.0]))
    assert {"filter_custom_vjp", "relu"} <= {rule.name for rule in report.rules}
    assert report.ok == (factor == 1)
    if not report.ok:
        lines = Path(__file__).read_text().splitlines()
        call = 1 + next(i for i, line in enumerate(lines) if line.endswith("# the call"))
        assert f"called at test_equinox.py:{call})" in report.failures[0].where
