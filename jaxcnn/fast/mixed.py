"""Plans of networks that differ in their activations, as one plan to be run under `jax.vmap`.

A stack of networks of equal shapes is one network with an axis of models, which `jax.vmap` puts in front of all
parameters and values: the products of all models become one product. An activation acts on each model's slice of that
axis by its own function; that is what the batching rule of a mixed form says.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jax.custom_batching import custom_vmap

from jaxcnn._types import Array, Residuals
from jaxcnn.fast.form import Form
from jaxcnn.fast.plan import ENTRY_BY_ENTRY, Plan, Stage


def mixed(plans: Sequence[Plan]) -> Plan:
    """Return one plan for several networks, model i by `plans[i]`; to be run under `jax.vmap` over that many models.

    Raises:
        ValueError: if they differ in more than their activations.
    """
    if len({(len(plan.stages), plan.batch_minor, plan.rows_first) for plan in plans}) != 1:
        raise ValueError("The networks of a stack must have equal layers but for their activations; got other numbers.")
    stages = tuple(_mixed_stage(stages) for stages in zip(*(plan.stages for plan in plans), strict=True))
    return Plan(stages, plans[0].batch_minor, plans[0].rows_first)


def _mixed_stage(stages: tuple[Stage, ...]) -> Stage:
    if len({(stage.form, stage.parameters, stage.options) for stage in stages}) == 1:
        return stages[0]
    if not all(stage.form.name in ENTRY_BY_ENTRY for stage in stages):
        names = ", ".join(dict.fromkeys(str(stage.form.name) for stage in stages))
        raise ValueError(f"The networks of a stack may differ in their activations only; one layer is {names}.")
    layers = tuple(dict.fromkeys(name for stage in stages for name in stage.layers))
    return Stage(_mixed_form(tuple(stage.form for stage in stages)), layers, (), ())


def _mixed_form(forms: tuple[Form, ...]) -> Form:
    """Return the form that does to each model's values what the form of that model does.

    The residual is x, as it is of every activation's rule.
    """
    groups = [(form, len(list(same))) for form, same in itertools.groupby(forms)]

    def outputs(form: Form, x: Array) -> Array:
        return form.forward(x)[0]

    def cotangents(form: Form, x: Array, g: Array) -> Array:
        return form.backward(form.forward(x)[1], g)[0]

    def forward(inputs: Array) -> tuple[Array, Residuals]:
        return _by_model(groups, outputs)(inputs), inputs

    def backward(residuals: Residuals, cotangent: Array) -> tuple[Array]:
        return (_by_model(groups, cotangents)(residuals, cotangent),)

    return Form("mixed activations", forms[0].primal, forward, backward)


def _by_model(groups: list[tuple[Form, int]], function: Callable[..., Array]) -> Callable[..., Array]:
    models = sum(count for _, count in groups)

    @custom_vmap
    def acted(*values: Array) -> Array:
        # JAX traces this for its shape; where there is no axis of models, no number is right.
        return jnp.full_like(values[0], jnp.nan)

    @acted.def_vmap
    def rule(axis_size: int, in_batched: Any, *values: Array) -> tuple[Array, bool]:
        if axis_size != models:
            raise ValueError(f"A mixed form has {models} models; got {axis_size}.")
        whole = [v if b else jnp.broadcast_to(v, (models, *v.shape)) for v, b in zip(values, in_batched, strict=True)]
        parts, start = [], 0
        for form, count in groups:
            parts.append(function(form, *(one[start : start + count] for one in whole)))
            start += count
        return jnp.concatenate(parts), True

    return acted
