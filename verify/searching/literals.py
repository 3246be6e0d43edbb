"""Options and examples as text that reads back, and as keys that tell equal ones from different ones."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping
from typing import Any

import jax
import numpy as np


def key(value: Any) -> Hashable:
    """Something hashable that is equal for equal values; 1, 1.0 and True are different."""
    if isinstance(value, Mapping):
        return "dict", tuple((name, key(value[name])) for name in sorted(value, key=str))
    if isinstance(value, tuple | list):
        return type(value).__name__, tuple(map(key, value))
    if hasattr(value, "dtype") and not jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        array = np.asarray(value)
        return "array", array.shape, str(array.dtype), array.tobytes()
    return type(value).__name__, repr(value)


def source(value: Any) -> str | None:
    """An option as Python source that needs no more than NumPy as `np`; None where there is no such text."""
    if isinstance(value, np.bool_ | np.integer | np.floating):
        return repr(value.item())
    if isinstance(value, np.ndarray | jax.Array) and not jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return f"np.asarray({np.asarray(value).tolist()!r}, {str(value.dtype)!r})"
    try:
        same = key(ast.literal_eval(repr(value))) == key(value)
    except (ValueError, SyntaxError):  # no literal: an object, a function, a nan
        return None
    return repr(value) if same else None


def shown(options: Mapping[str, Any]) -> str:
    """`strides=2, padding='SAME'`, for people."""
    return ", ".join(f"{name}={source(value) or repr(value)}" for name, value in options.items())


def call(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Lines that end in `fun = make(...)`; what has no literal form is left to the reader, by name."""
    sources = {name: source(value) for name, value in options.items()}
    unknown = [name for name, text in sources.items() if text is None]
    lines = [f"# {name} = {options[name]!r}, as it was given to verify" for name in unknown]
    made = ", ".join(f"{name}={name if text is None else text}" for name, text in sources.items())
    return (*lines, f"fun = make({made})")
