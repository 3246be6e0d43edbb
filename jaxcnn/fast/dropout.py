"""Dropout: in training, entries of what a dense layer reads are left out at random, and the others made larger.

    y[i] = x[i] m[i]        m[i] = 1 / (1 - rate) with probability 1 - rate, else 0

so that y has the mean of x, and nothing need be done when the network is used. The factors m are given to the chain as
if they were parameters, drawn anew for every example of every update; pixels are never left out.

Source: N. Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 15 (2014) 1929.
"""

from collections.abc import Iterator
from dataclasses import replace

import jax
import jax.numpy as jnp

from jaxcnn._types import Array, Key, Parameters, Residuals
from jaxcnn.fast.form import as_it_is
from jaxcnn.fast.plan import Plan, Stage
from jaxcnn.rules import Rule

_FIRST_USE = 2**16  # of an example's key: augmentation has the uses below


def dropped(inputs: Array, factors: Array) -> Array:
    """Return y = x m, entry by entry."""
    return inputs * factors


def dropout_fwd(inputs: Array, factors: Array) -> tuple[Array, Residuals]:
    """Return y and the residuals (x, m)."""
    return dropped(inputs, factors), (inputs, factors)


# y = x m is linear in each argument: d_x = m g and d_m = x g.
def dropout_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array, Array]:
    """Return (d_inputs, d_factors) for g = `cotangent`."""
    inputs, factors = residuals
    return factors * cotangent, inputs * cotangent


DROPOUT = Rule("dropout", dropped, dropout_fwd, dropout_bwd)


def with_dropout(plan: Plan) -> Plan:
    """Return the plan with a stage before every dense layer that reads what other layers have computed."""
    return replace(plan, stages=tuple(_stages(plan)))


def factors(plan: Plan, params: Parameters, rate: float, keys: Key) -> Parameters:
    """Return the factors of every such stage, in the form of parameters.

    Args:
        plan: that `with_dropout` returned.
        params: of the network.
        rate: the share that is left out.
        keys: (N,), one random key per example.
    """
    stages = zip(plan.stages, plan.stages[1:], strict=False)
    places = [(stage.layers[0], dense.layers[0]) for stage, dense in stages if stage.form.name == DROPOUT.name]
    found = {}
    for use, (name, dense) in enumerate(places, _FIRST_USE):
        width, dtype = params[dense]["kernel"].shape[0], params[dense]["kernel"].dtype
        own = jax.vmap(lambda key, use=use: jax.random.fold_in(key, use))(keys)
        kept = jax.vmap(lambda key, width=width: jax.random.bernoulli(key, 1 - rate, (width,)))(own)
        rows = jnp.where(kept, jnp.asarray(1 / (1 - rate), dtype), jnp.zeros((), dtype))
        found[name] = {"factors": rows.T if plan.batch_minor else rows}
    return found


def _stages(plan: Plan) -> Iterator[Stage]:
    computed, count = False, 0
    for stage in plan.stages:
        if computed and stage.layers[0].startswith("dense"):
            yield Stage(as_it_is(DROPOUT), (f"dropout_{count}",), ("factors",), ())
            count += 1
        yield stage
        computed = computed or bool(stage.parameters)
