"""A JAX function as a `torch.autograd.Function`, for `torch.autograd.gradcheck` to look at.

Its forward calls the function, its backward `jax.vjp` of it, both compiled; arrays go across as NumPy's. JAX's
cotangents are linear in the output, PyTorch's gradients the conjugates of that: complex numbers are conjugated on the
way in and out. Integer and boolean outputs are left out: gradcheck asks for derivatives of each output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

Tensors = tuple[torch.Tensor, ...]


def bridged(fun: Callable[..., Any]) -> Callable[..., Tensors]:
    """`fun` of floating arrays as a function of as many tensors, giving its floating outputs."""

    def outputs(*xs: jax.Array) -> list[jax.Array]:
        leaves = [jnp.asarray(leaf) for leaf in jax.tree.leaves(fun(*xs))]
        return [leaf for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.inexact)]

    primal = jax.jit(outputs)
    pullback = jax.jit(lambda xs, cotangents: jax.vjp(outputs, *xs)[1](cotangents))

    class Bridge(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: torch.Tensor) -> Tensors:
            ctx.save_for_backward(*tensors)
            return tuple(map(_tensor, primal(*map(_array, tensors))))

        @staticmethod
        def backward(ctx: Any, *gradients: torch.Tensor) -> Tensors:
            cotangents = [_array(gradient.conj().resolve_conj()) for gradient in gradients]
            found = pullback(tuple(map(_array, ctx.saved_tensors)), cotangents)
            return tuple(_tensor(one).conj().resolve_conj() for one in found)

    return lambda *tensors: Bridge.apply(*tensors)


def inputs(floats: tuple[jax.Array, ...]) -> Tensors:
    """The arrays as tensors of which gradcheck asks for the derivatives."""
    return tuple(_tensor(x).requires_grad_() for x in floats)


def _array(tensor: torch.Tensor) -> jax.Array:
    return jnp.asarray(tensor.detach().numpy())


def _tensor(array: jax.Array) -> torch.Tensor:
    return torch.from_numpy(np.array(array))
