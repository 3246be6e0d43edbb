"""A form of an operation: the same function and derivative as the plain one, computed another way, batch-minor.

A plain rule takes a batch of images as (N, H, W, C) and of rows as (N, F). A form takes them as (C, H, W, N) and
(F, N): what is the same for all examples is an outer loop, and what is done to all of them is one run over neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.rules import Rule


@dataclass(frozen=True)
class Form:
    """A primal y = f(x, theta; options) and its vector-Jacobian product, batch-minor.

    Attributes:
        name: what to call it by, such as "conv_by_patches".
        primal: f by the plain ops, batch first.
        forward: `forward(inputs, *parameters, **options) -> (outputs, residuals)`, batch-minor.
        backward: `backward(residuals, cotangent, **options) -> (d_inputs, *d_parameters)`, batch-minor.
    """

    name: str
    primal: Callable[..., Array]
    forward: Callable[..., tuple[Array, Residuals]]
    backward: Callable[..., tuple[Any, ...]]

    def rule(self) -> Rule:
        """Return this form as a rule, batch first: to be verified, or installed by `jax.custom_vjp`, like any."""

        def forward(inputs: Array, *parameters: Array, **options: Any) -> tuple[Array, Residuals]:
            outputs, residuals = self.forward(batch_minor(inputs), *parameters, **options)
            return batch_first(outputs), residuals

        def backward(residuals: Residuals, cotangent: Array, **options: Any) -> tuple[Any, ...]:
            d_inputs, *d_parameters = self.backward(residuals, batch_minor(cotangent), **options)
            return batch_first(d_inputs), *d_parameters

        return Rule(self.name, self.primal, forward, backward)


def between_layouts(rule: Rule) -> Form:
    """Return a plain rule as a form: into its layout, and out of it again."""

    def forward(inputs: Array, *parameters: Array, **options: Any) -> tuple[Array, Residuals]:
        outputs, residuals = rule.forward(batch_first(inputs), *parameters, **options)
        return batch_minor(outputs), residuals

    def backward(residuals: Residuals, cotangent: Array, **options: Any) -> tuple[Any, ...]:
        d_inputs, *d_parameters = rule.backward(residuals, batch_first(cotangent), **options)
        return batch_minor(d_inputs), *d_parameters

    return Form(rule.name, rule.primal, forward, backward)


def as_it_is(rule: Rule) -> Form:
    """Return a rule that acts entry by entry, or is to be used batch first, as a form without a change of layout."""
    return Form(rule.name, rule.primal, rule.forward, rule.backward)


def batch_minor(values: Array) -> Array:
    """Return (N, H, W, C) as (C, H, W, N), and (N, F) as (F, N)."""
    if values.ndim == 4:
        return values.transpose(3, 1, 2, 0)
    return jnp.moveaxis(values, 0, -1)


def batch_first(values: Array) -> Array:
    """Return (C, H, W, N) as (N, H, W, C), and (F, N) as (N, F)."""
    if values.ndim == 4:
        return values.transpose(3, 1, 2, 0)
    return jnp.moveaxis(values, -1, 0)
