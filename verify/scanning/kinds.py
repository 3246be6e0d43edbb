"""Kinds of arguments, as the table of signatures names them: a letter, and digits for the shape.

`x` is a real scalar, `x3` a vector of three, `x23` a matrix of two rows. A prime mark of its own tells arguments of one
kind apart: `xa`, `xb3`. Integers and booleans are passed along and not differentiated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from verify.scanning.values import MARKS

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

_NAME = re.compile(r"([a-z])([a-z]?)(\d*)")


class Kind(NamedTuple):
    """What an argument may be: `draw` makes an ordinary value, `marks` are the telling ones, `inside` what is admitted.

    `whole` kinds (a positive definite matrix) cannot be put together from single entries: they are only drawn.
    """

    word: str
    draw: Draw
    marks: tuple[float, ...] = ()
    low: float = -np.inf
    high: float = np.inf
    whole: bool = False
    floating: bool = True


def parse(name: str) -> tuple[Kind, tuple[int, ...]] | None:
    """The kind and the shape that a name of the table stands for, None if it stands for none."""
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in KINDS:
        return None
    return KINDS[match[1]], tuple(int(digit) for digit in match[3])


def short(values: np.ndarray) -> np.ndarray:
    """Multiples of 1/64, none of them zero: both dtypes hold the number that is printed."""
    rounded = np.round(64 * values) / 64
    return np.asarray(np.where(rounded == 0, 1 / 64, rounded), np.float32)


def _definite(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    root = rng.standard_normal(shape)
    return short(root @ np.swapaxes(root, -1, -2) / shape[-1] + np.diag(np.arange(1.0, shape[-1] + 1)))


def _symmetric(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    half = rng.standard_normal(shape)
    return short((half + np.swapaxes(half, -1, -2)) / 2 + np.diag(2 * np.arange(shape[-1])))


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(np.linalg.qr(rng.standard_normal(shape))[0], np.float32)


def _lower(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.tril(short(0.5 * rng.standard_normal(shape)), -1) + np.diag(np.arange(1, shape[-1] + 1, dtype=np.float32))


def _square(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return short(rng.standard_normal(shape) + np.diag(2 * np.arange(1.0, shape[-1] + 1)))


def _shares(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    parts = rng.integers(1, 9, shape).astype(np.float64)
    return np.asarray(parts / parts.sum(axis=-1, keepdims=True), np.float32)


def _increasing(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return short(np.cumsum(rng.uniform(0.2, 1.0, shape), axis=-1))


KINDS = {
    "x": Kind("real", lambda rng, shape: short(1.5 * rng.standard_normal(shape)), MARKS),
    "p": Kind("positive", lambda rng, shape: short(np.exp(rng.standard_normal(shape))), MARKS, low=0.0),
    "u": Kind("in the unit interval", lambda rng, shape: short(rng.uniform(0.05, 0.95, shape)), MARKS, 0.0, 1.0),
    "g": Kind("greater than one", lambda rng, shape: short(1 + np.exp(rng.standard_normal(shape))), MARKS, low=1.0),
    "c": Kind("between minus one and one", lambda rng, shape: short(rng.uniform(-0.95, 0.95, shape)), MARKS, -1.0, 1.0),
    "n": Kind("a count, as a float", lambda rng, shape: np.asarray(rng.integers(0, 6, shape), np.float32), whole=True),
    "q": Kind("shares that sum to one", _shares, whole=True),
    "y": Kind("increasing", _increasing, whole=True),
    "s": Kind("square and regular", _square, whole=True),
    "d": Kind("positive definite", _definite, whole=True),
    "h": Kind("symmetric", _symmetric, whole=True),
    "o": Kind("orthogonal", _orthogonal, whole=True),
    "l": Kind("lower triangular", _lower, whole=True),
    # a density on a simplex has no derivative beside it
    "f": Kind("shares, fixed", _shares, floating=False),
    "i": Kind("integer", lambda rng, shape: np.asarray(rng.integers(0, 3, shape), np.int32), floating=False),
    "k": Kind("plus or minus one", lambda rng, shape: np.asarray(rng.choice([-1, 1], shape), np.int32), floating=False),
    "b": Kind("boolean", lambda rng, shape: np.asarray(rng.integers(0, 2, shape), bool), floating=False),
}
