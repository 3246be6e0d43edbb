"""Complex arrays as pairs of real ones: the checks know only real derivatives, and those of a pair say it all.

A complex argument z = x + i y is two float leaves, x and y, and a complex output u + i v is two outputs. JAX's own
convention for cotangents then is no convention any more: jax.vjp of the pair is the transposed Jacobian of
(x, y) -> (u, v), whatever the function. For those who write cotangents by hand: the pair (a, b) of cotangents of
(u, v) is the complex cotangent a - i b (JAX documentation, "Complex numbers and differentiation").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np


def is_complex(leaf: Any) -> bool:
    """Whether an array has a complex dtype."""
    return hasattr(leaf, "dtype") and jax.numpy.issubdtype(leaf.dtype, jax.numpy.complexfloating)


def parts(leaf: Any) -> tuple[Any, ...]:
    """(real, imaginary) of a complex array, (itself,) of any other."""
    return (leaf.real, leaf.imag) if is_complex(leaf) else (leaf,)


def join(real: Any, imaginary: Any) -> Any:
    """real + i imaginary, entry by entry; NumPy arrays stay NumPy arrays."""
    if not isinstance(real, np.ndarray | np.generic) or not isinstance(imaginary, np.ndarray | np.generic):
        return jax.lax.complex(real, imaginary)
    joined = np.empty(np.shape(real), np.result_type(real, np.complex64))
    joined.real, joined.imag = real, imaginary
    return joined


def joined_cotangents(cotangents: Sequence[Any], complex_outputs: Sequence[bool]) -> list[Any]:
    """The cotangents that `jax.vjp` takes, one per output: those of a complex output's two parts become a - i b."""
    rest = iter(cotangents)
    return [join(next(rest), -next(rest)) if pair else next(rest) for pair in complex_outputs]


def cotangent_parts(cotangent: Any) -> tuple[Any, ...]:
    """The cotangents of the real and imaginary part of an argument, from the complex one that a pullback returns."""
    return (cotangent.real, -cotangent.imag) if is_complex(cotangent) else (cotangent,)
