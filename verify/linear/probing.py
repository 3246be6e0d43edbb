"""A linear function asked for its matrix: column j is what it makes of the unit vector e_j.

This knows nothing of convolutions, which is what makes it the oracle for everything that does.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify import _precision, tolerance
from verify.matrices import memory
from verify.matrices.affine import Affine
from verify.problem import describe

Shape = tuple[int, ...]

_BATCH = 2**24  # entries of the arrays that one call of the function may take or return


@dataclasses.dataclass(frozen=True)
class Probe:
    """`fun`, from arrays of `shape` and `dtype` to arrays of `out_shape`; both are flat here.

    JAX compiles it once for a batch where it can trace it; a function that it cannot (plain NumPy) is called once for
    every input.
    """

    fun: Callable[[Any], Any]
    shape: Shape
    dtype: np.dtype
    out_shape: Shape
    traced: bool

    @property
    def inputs(self) -> int:
        """How many entries an input has."""
        return math.prod(self.shape)

    @property
    def outputs(self) -> int:
        """How many entries an output has."""
        return math.prod(self.out_shape)

    @cached_property
    def length(self) -> int:
        """How many roundings can pile up on one entry of an output; without a program to look at, one per input."""
        if not self.traced:
            return self.inputs
        with _at_home(self.dtype):
            return tolerance.roundings(jax.make_jaxpr(_own(self.fun))(jax.ShapeDtypeStruct(self.shape, self.dtype)))

    def many(self, inputs: np.ndarray) -> np.ndarray:
        """What the function makes of every row of `inputs`: [n, inputs] -> [n, outputs]."""
        size = min(len(inputs), self._batch)
        return np.concatenate([self._some(inputs[begin : begin + size], size) for begin in range(0, len(inputs), size)])

    def columns(self, at: Sequence[int] | np.ndarray) -> np.ndarray:
        """The columns of the matrix with these numbers: [outputs, n]."""
        return np.concatenate([rows for _, rows in self.units(np.asarray(at))]).T

    def units(self, at: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """A part of the columns after the other: which of `at` they are, and what the function makes of their units."""
        size = min(len(at), self._batch)
        for begin in range(0, len(at), size):
            part = at[begin : begin + size]
            units = np.zeros((len(part), self.inputs), self.dtype)
            units[np.arange(len(part)), part] = 1
            yield slice(begin, begin + len(part)), self._some(units, size)

    @property
    def _batch(self) -> int:
        return max(1, _BATCH // max(self.inputs, self.outputs, 1))

    def _some(self, inputs: np.ndarray, size: int) -> np.ndarray:
        """At most `size` rows; fewer are filled up with zeros, so that every call runs the same program."""
        batch = np.asarray(inputs, self.dtype).reshape(len(inputs), *self.shape)
        if not self.traced:
            return np.stack([np.asarray(self.fun(one)) for one in batch]).reshape(len(batch), self.outputs)
        filled = np.concatenate([batch, np.zeros((size - len(batch), *self.shape), self.dtype)])
        with _at_home(self.dtype):
            return np.asarray(self._compiled(jnp.asarray(filled)))[: len(batch)].reshape(len(batch), self.outputs)

    @cached_property
    def _compiled(self) -> Callable[[Any], Any]:
        return jax.jit(jax.vmap(_own(self.fun)))


def probe(fun: Callable[[Any], Any], in_shape: Any, dtype: Any = np.float32, name: str = "fun") -> Probe:
    """Look at what `fun` takes and returns; messages call it `name`. An exception of its own at zeros is left as it is.

    Raises:
        TypeError: `fun` is not callable, does not return one array of numbers, or `dtype` is not a floating one.
        ValueError: `in_shape` is not a shape with at least one entry.
    """
    if not callable(fun):
        raise TypeError(f"`{name}` must be callable; got {type(fun).__name__}.")
    dtype, shape = np.dtype(dtype), shape_of("in_shape", in_shape)
    if not jnp.issubdtype(dtype, jnp.inexact):
        raise TypeError(f"`dtype` must be floating or complex; got {dtype}.")
    try:
        with _at_home(dtype):
            out, traced = jax.eval_shape(_own(fun), jax.ShapeDtypeStruct(shape, dtype)), True
    except Exception:  # plain NumPy cannot be traced; if `fun` fails by itself it does so again here
        out, traced = fun(np.zeros(shape, dtype)), False
    if not hasattr(out, "dtype") or not jnp.issubdtype(out.dtype, jnp.number):
        got = str(out.dtype) if hasattr(out, "dtype") else type(out).__name__
        raise TypeError(f"`{describe(fun)[0]}` must return one array of numbers; got {got}.")
    return Probe(fun, shape, dtype, tuple(out.shape), traced)


def as_matrix(fun: Callable[[Any], Any], in_shape: Any, *, dtype: Any = np.float32, affine: bool = False) -> Any:
    """The matrix of a linear function, by asking for its value at every unit vector.

    Args:
        fun: takes one array of `in_shape` and returns one array; of JAX (it is compiled and batched) or of NumPy.
        in_shape: the shape of its argument, with a batch of one if it wants one.
        dtype: of the unit vectors.
        affine: whether `fun` may send 0 to something else; then the result is an `Affine`, the matrix being that of
            fun(x) - fun(0).

    Returns:
        A dense NumPy array (outputs, inputs), rows and columns row-major.

    Raises:
        TypeError, ValueError: `fun` or `in_shape` cannot be used, `fun` is not linear at 0, or the matrix is larger
            than the free memory. Only 0 and the unit vectors are tried: whether `fun` is linear elsewhere, and is this
            matrix, is what `verify.check_linear` says.
    """
    asked = probe(fun, in_shape, dtype)
    what = f"The {asked.outputs} x {asked.inputs} matrix of `{describe(fun)[0]}`"
    memory.require(asked.outputs * asked.inputs * asked.dtype.itemsize, what, "probe some of its columns only")
    offset = asked.many(np.zeros((1, asked.inputs)))[0]
    if not affine and offset.any():
        raise ValueError(
            f"`{describe(fun)[0]}` sends 0 to something else, so it is affine at best: with affine=True there are a "
            "matrix and an offset."
        )
    matrix = np.empty((asked.outputs, asked.inputs), offset.dtype)
    for part, rows in asked.units(np.arange(asked.inputs)):
        matrix[:, part] = (rows - offset).T if affine else rows.T
    return Affine(matrix, offset) if affine else matrix


def shape_of(name: str, shape: Any) -> Shape:
    """A shape with at least one entry, from a tuple of whole numbers or the length of a vector.

    Raises:
        ValueError: it is anything else.
    """
    try:
        sizes = tuple(operator.index(n) for n in (shape if isinstance(shape, Sequence) else (shape,)))
    except TypeError:
        sizes = (0,)
    if min(sizes, default=1) < 1:
        raise ValueError(f"`{name}` must be a shape with at least one entry; got {shape!r}.")
    return sizes


def _own(fun: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that JAX has not seen.

    It remembers what it traced of theirs, also when what they close over has changed since, and jax 0.10.2 crashes when
    it is given a ufunc of NumPy's for the second time.
    """
    return lambda one: fun(one)


def _at_home(dtype: np.dtype) -> Any:
    """The precision in which JAX leaves this dtype as it is."""
    wide = dtype in (np.dtype(np.float64), np.dtype(np.complex128))
    return _precision.double_precision() if wide else contextlib.nullcontext()
