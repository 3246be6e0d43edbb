"""`check_linear`, `check_adjoint` and `check_equivariance`: the laws of linear functions, put together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.linear.claims import claimed
from verify.linear.laws import adjoint as adjoint_law
from verify.linear.laws import entries, equivariance, linearity, offset, products
from verify.linear.probing import Probe, probe
from verify.linear.trial import LinearTrial
from verify.matrices.options import positive
from verify.observers import announced
from verify.report import Diagnosis, Report

Linear = Callable[[Any], Any]


@announced
@np.errstate(all="ignore")  # what is not finite is judged, not warned about
def check_linear(fun: Linear, matrix: Any, in_shape: Any, *, dtype: Any = None, seed: int = 0) -> Report:
    """Check that `fun` is linear and that `matrix` is its matrix: fun(x).reshape(-1) = matrix @ x.reshape(-1).

    Up to 4 million entries every one is compared with what `fun` makes of unit vectors; beyond, those of some positions
    are, and products with vectors of whole numbers for the rest. Where the matrix differs the report names the bands:
    which tap, at which offset of the input from the output, and what is there instead.

    Args:
        fun: takes one array of `in_shape` and returns one array; of JAX, or of NumPy.
        matrix: dense, a SciPy sparse matrix, a BCOO, a `LinearOperator`, a pair from `verify.conv_matrix`, or a
            `verify.Affine` of one of them, for a function with a bias.
        in_shape: the shape of the argument, with a batch of one if `fun` wants one.
        dtype: of the inputs; that of the matrix if it is floating, else float32. In float64 the tolerance is finer.
        seed: of the random vectors; equal seeds give equal reports.

    Raises:
        TypeError, ValueError: an argument cannot be used; the message says which and why. An exception of `fun` itself
            at zeros is raised unchanged.
    """
    found = getattr(getattr(matrix, "matrix", matrix), "dtype", None)
    own = found if found is not None and jnp.issubdtype(found, jnp.floating) else np.float32
    asked = _probed(fun, in_shape, own if dtype is None else dtype)
    claim = claimed(matrix, asked.shape, asked.out_shape)
    trial = LinearTrial(asked, claim, seed)
    wanted = (asked.outputs, asked.inputs)
    if claim.shape not in (None, wanted):
        swapped = ": it is transposed" if claim.shape == wanted[::-1] else ""
        told = f"The matrix is {claim.shape}, and that of the function {wanted}, (outputs, inputs){swapped}."
        trial.failed("shape", "matrix", None, Diagnosis("transposed" if swapped else "shape", told))
        return trial.report()
    linearity.check(trial)
    offset.check(trial)
    entries.check(trial, [] if trial.small else products.check(trial))
    trial.failures.sort(key=lambda finding: finding.law == products.LAW)  # those that name a tap are read first
    if claim.adjoints is not None:
        adjoint_law.check(trial, claim.products, claim.adjoints)
    return trial.report()


@announced
@np.errstate(all="ignore")  # what is not finite is judged, not warned about
def check_adjoint(fun: Linear, adjoint: Linear, in_shape: Any, *, dtype: Any = np.float32, seed: int = 0) -> Report:
    """Check that `fun` and `adjoint` are linear and adjoint to each other: <w, fun(x)> = <adjoint(w), x>.

    Up to 4 million entries the matrix of one is compared with that of the other, and bands that differ are named as by
    `check_linear`.

    Args:
        fun: takes one array of `in_shape` and returns one array.
        adjoint: takes an array of the shape that `fun` returns, and returns one of `in_shape`.
        in_shape: the shape of the argument of `fun`.
        dtype: of the inputs of both.
        seed: of the random vectors.

    Raises:
        TypeError, ValueError: an argument cannot be used. An exception of a function itself at zeros is raised
            unchanged.
    """
    asked = _probed(fun, in_shape, dtype)
    back = _probed(adjoint, asked.out_shape, dtype, "adjoint")
    trial, reverse = (LinearTrial(one, None, seed, "adjoint") for one in (asked, back))
    if back.out_shape != asked.shape:
        told = f"The adjoint returns shape {back.out_shape}, and the function takes {asked.shape}."
        trial.failed("shape", "adjoint", None, Diagnosis("shape", told))
        return trial.report()
    linearity.check(trial)
    linearity.check(reverse, "adjoint")
    adjoint_law.check(trial, asked.many, back.many)
    if trial.small:
        trial.claim = claimed(back.columns(np.arange(back.inputs)).T, asked.shape, asked.out_shape)
        entries.check(trial)
    else:
        trial.notes.append("the matrices are too large to compare every entry")
    trial.failures += reverse.failures
    trial.held += reverse.held
    return trial.report()


@announced
@np.errstate(all="ignore")  # what is not finite is judged, not warned about
def check_equivariance(
    fun: Linear,
    in_shape: Any,
    *,
    axes: int | Sequence[int],
    strides: int = 1,
    input_dilation: int = 1,
    circular: bool = False,
    dtype: Any = np.float32,
    seed: int = 0,
) -> Report:
    """Check that a linear `fun` commutes with shifts, as convolutions do: its output moves along with its input.

    Args:
        fun: takes one array of `in_shape` and returns one array with the same axes.
        in_shape: the shape of the argument.
        axes: along which; the same axes of inputs and outputs.
        strides: how far the input has to move for the output to move by one.
        input_dilation: how far the output moves for every step of the input.
        circular: whether what leaves at one end comes in at the other. Else only what stays inside is compared.
        dtype: of the inputs.
        seed: of the random positions.

    Raises:
        TypeError, ValueError: an argument cannot be used, or an axis is too short to move along.
    """
    asked = _probed(fun, in_shape, dtype)
    trial = LinearTrial(asked, None, seed)
    strides, input_dilation = positive("strides", strides), positive("input_dilation", input_dilation)
    together = math.gcd(strides, input_dilation)
    by, back = strides // together, input_dilation // together
    linearity.check(trial)
    for axis in (axes,) if not isinstance(axes, Sequence) else axes:
        if not isinstance(axis, int) or not 0 <= axis < min(len(asked.shape), len(asked.out_shape)):
            raise ValueError(
                f"`axes` must be axes of inputs {asked.shape} and outputs {asked.out_shape}; got {axis!r}."
            )
        if asked.shape[axis] <= by or asked.out_shape[axis] <= back:
            raise ValueError(
                f"Axis {axis} is too short to move along: inputs {asked.shape}, outputs {asked.out_shape}."
            )
        equivariance.check(trial, axis, by, back, circular)
    return trial.report()


def _probed(fun: Linear, in_shape: Any, dtype: Any, name: str = "fun") -> Probe:
    """`probe`, for real numbers only.

    Raises:
        TypeError: `dtype` is not floating, or `fun` returns complex numbers.
    """
    if not jnp.issubdtype(np.dtype(dtype), jnp.floating):
        raise TypeError(f"`dtype` must be a real floating one; got {np.dtype(dtype)}.")
    return probe(fun, in_shape, dtype, name)
