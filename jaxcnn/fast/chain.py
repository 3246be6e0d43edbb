"""A plan carried out: forward keeping residuals, then the reversed chain of backward forms. No autodiff.

This is `jaxcnn.by_hand` with stages for layers, and a loss that is a weighted sum.
"""

import jax.numpy as jnp

from jaxcnn._types import Array, Parameters, Residuals
from jaxcnn.fast.loss import weighted_cross_entropy_bwd, weighted_cross_entropy_fwd
from jaxcnn.fast.plan import Plan, Stage


def logits(plan: Plan, params: Parameters, inputs: Array) -> Array:
    """Return the logits of inputs in the plan's layout: (K, N) if it is batch-minor, else (N, K)."""
    return forward(plan, params, inputs)[0]


def loss_and_gradients(
    plan: Plan, params: Parameters, inputs: Array, labels: Array, weights: Array, *, smoothing: float = 0.0
) -> tuple[Array, Array, Parameters]:
    """Return the weighted cross-entropy of a batch, its logits, and the gradient with respect to every parameter.

    Args:
        plan: of the network.
        params: its parameters.
        inputs: (C, H, W, N) or (F, N) if the plan has minor inputs, else (N, H, W, C) or (N, F).
        labels: (N,), integers that name classes.
        weights: (N,), of the dtype of the inputs; 1 / N for the mean.
        smoothing: of the labels, see `jaxcnn.fast.loss`.

    Returns:
        The loss, a scalar; the logits in the plan's layout; and the gradients in the structure of the parameters.
    """
    values, residuals = forward(plan, params, inputs)
    loss, kept = weighted_cross_entropy_fwd(values, labels, weights, classes=plan.classes, smoothing=smoothing)
    d_logits, *_ = weighted_cross_entropy_bwd(kept, jnp.ones_like(loss), classes=plan.classes, smoothing=smoothing)
    return loss, values, backward(plan, residuals, d_logits)


def forward(plan: Plan, params: Parameters, inputs: Array) -> tuple[Array, list[Residuals]]:
    """Return the logits of inputs, both in the plan's layout, and what every stage keeps for the way back."""
    values, residuals = inputs, []
    for stage in plan.stages:
        values, kept = stage.form.forward(values, *_parameters(stage, params), **dict(stage.options))
        residuals.append(kept)
    return values, residuals


def backward(plan: Plan, residuals: list[Residuals], d_logits: Array) -> Parameters:
    """Return the gradients with respect to all parameters, for the cotangent of the logits."""
    cotangent, gradients = d_logits, {}
    for stage, kept in zip(reversed(plan.stages), reversed(residuals), strict=True):
        cotangent, *of_parameters = stage.form.backward(kept, cotangent, **dict(stage.options))
        if stage.parameters:
            gradients[stage.layers[0]] = dict(zip(stage.parameters, of_parameters, strict=True))
    return {name: gradients[name] for name in reversed(gradients)}


def _parameters(stage: Stage, params: Parameters) -> tuple[Array, ...]:
    return tuple(params[stage.layers[0]][name] for name in stage.parameters)
