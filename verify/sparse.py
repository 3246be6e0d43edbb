"""Sparse Jacobians and Hessians, by colouring: columns (or rows) that share no entry are found with one product.

A thin adapter of the package asdex, which finds the pattern in the program and the colours. What it adds: arrays of any
shape, patterns from outside as SciPy matrices, and a look at whether a pattern is right. asdex 0.5 has no pattern for
`lax.reduce_window`, so pooling needs one: that of `verify.pool_matrix(window, shape, ...)`, average or max alike, since
a maximum can come from any entry of its window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify import _precision, tolerance
from verify.problem import describe

Derivative = Callable[[Any], Any]


def sparse_jacobian(fun: Callable[[Any], Any], example: Any, *, pattern: Any = None) -> Derivative:
    """A function of x that returns the Jacobian of `fun` at x, (outputs, inputs) row-major, as a BCOO.

    Args:
        fun: takes one array and returns one array; of JAX.
        example: an argument; of it shape and dtype matter, and the pattern is checked there.
        pattern: where entries may be other than zero, a SciPy sparse matrix or a dense one; found by asdex if None.

    Returns:
        A function that may be jitted.

    Raises:
        ImportError: asdex is not installed; names the extra.
        NotImplementedError: asdex cannot see through a primitive of `fun`: give the pattern.
        ValueError: the pattern has another shape, or misses entries at the example.
    """
    asdex, flat, x = _asdex(), _flattened(fun, example), _flat(example)
    if pattern is None:
        coloring = asdex.jacobian_coloring(flat, x)
    else:
        outputs = jax.eval_shape(flat, x).shape[0]
        coloring = asdex.jacobian_coloring_from_sparsity(_pattern(asdex, pattern, (outputs, x.size)))
    return _checked(fun, example, flat, asdex.jacobian_from_coloring(flat, coloring))


def sparse_hessian(fun: Callable[[Any], Any], example: Any, *, pattern: Any = None) -> Derivative:
    """A function of x that returns the Hessian of a scalar `fun` at x, (inputs, inputs), as a BCOO.

    Arguments and exceptions as for `sparse_jacobian`; a pattern must be symmetric.
    """
    asdex, flat, x = _asdex(), _flattened(fun, example), _flat(example)
    if jax.eval_shape(flat, x).shape != (1,):
        raise ValueError(f"`{describe(fun)[0]}` must return one number to have a Hessian.")

    def scalar(x: Any) -> Any:
        return flat(x)[0]

    if pattern is None:
        coloring = asdex.hessian_coloring(scalar, x)
    else:
        coloring = asdex.hessian_coloring_from_sparsity(_pattern(asdex, pattern, (x.size, x.size)))
    return _checked(fun, example, jax.grad(scalar), asdex.hessian_from_coloring(scalar, coloring))


def _checked(fun: Callable[[Any], Any], example: Any, flat: Callable[[Any], Any], sparse: Derivative) -> Derivative:
    """The derivative of `flat`, after a look at whether its pattern holds: its product with a random vector.

    The colouring adds an entry that the pattern misses to others, and so the products differ.
    """
    x = _flat(example)
    rng = np.random.default_rng(0)
    vector = jnp.asarray(rng.choice((-1.0, 1.0), x.size) * rng.uniform(0.5, 1, x.size), x.dtype)
    expected = np.asarray(jax.jvp(flat, (x,), (vector,))[1], np.float64)
    matrix = sparse(x)
    terms = np.asarray(abs(matrix) @ jnp.abs(vector), np.float64)
    allowed = tolerance.bound(x.dtype, expected, _precision.unit_roundoff(x.dtype) * terms, x.size)
    off = np.abs(np.asarray(matrix @ vector, np.float64) - expected) > allowed
    if off.any():
        raise ValueError(
            f"`pattern` misses entries of the derivative of `{describe(fun)[0]}` at the example: "
            f"{int(off.sum())} rows differ, the first being row {int(np.argmax(off))}."
        )

    def derivative(x: Any) -> Any:
        return sparse(jnp.reshape(x, -1))

    return derivative


def _pattern(asdex: Any, pattern: Any, shape: tuple[int, int]) -> Any:
    """asdex's form of a pattern.

    Raises:
        ValueError: it has another shape.
    """
    from scipy.sparse import coo_array

    found = coo_array(pattern)
    if found.shape != shape:
        raise ValueError(f"`pattern` must have shape {shape}, (outputs, inputs); got {found.shape}.")
    rows, columns = (index.astype(np.int32) for index in found.coords)
    return asdex.SparsityPattern(rows, columns, shape)


def _flattened(fun: Callable[[Any], Any], example: Any) -> Callable[[Any], Any]:
    shape = jnp.shape(example)
    return lambda x: jnp.reshape(fun(jnp.reshape(x, shape)), -1)


def _flat(example: Any) -> Any:
    return jnp.reshape(jnp.asarray(example), -1)


def _asdex() -> Any:
    """The package.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import asdex
    except ImportError as error:
        raise ImportError("Sparse derivatives need the package asdex: install the extra `sparse`.") from error
    return asdex
