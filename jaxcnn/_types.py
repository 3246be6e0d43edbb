"""The few type names that the whole package shares (a leaf: it imports nothing of the package)."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import jax

Array: TypeAlias = jax.Array
Key: TypeAlias = jax.Array
Shape: TypeAlias = tuple[int, ...]

# "SAME", "VALID", or the entries to add before and after each of the two spatial axes.
Padding: TypeAlias = str | tuple[tuple[int, int], tuple[int, int]]

# {"conv_0": {"kernel": ..., "bias": ...}, "dense_0": ...}: layers without parameters have no entry.
Parameters: TypeAlias = dict[str, dict[str, Array]]

# Whatever a forward rule keeps for its backward rule; only that pair looks inside.
Residuals: TypeAlias = Any

# What is handed to users is read only.
Options: TypeAlias = Mapping[str, Any]
