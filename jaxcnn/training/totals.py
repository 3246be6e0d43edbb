"""Sums over all devices of a run.

Processes on CPUs add up by Gloo, which tells sums apart by their order alone, and XLA begins two sums of one program
that do not depend on each other in any order, not the same in every process. So two of them could be taken for each
other: a loss for a count, silently, or a process ends with signal 6 where their sizes differ. In a run of several
processes there must be no more than one at a time: everything goes in one vector.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxcnn._types import Array
from jaxcnn.training.division import Batches

AXIS = "examples"  # the mesh axis that a batch is divided over
_LOW = 2**12  # of a count in two parts: each sums up exactly in float32, of any int32 and up to 2¹² devices


def over_devices(batches: Batches, values: Any) -> Any:
    """Return the sum over all devices of each leaf of a pytree, float32 or int32; to be traced inside `jax.shard_map`.

    Args:
        batches: of the run.
        values: what this device has of it.
    """
    if batches.devices == 1:
        return values
    leaves, structure = jax.tree.flatten(values)
    parts = [_as_floats(leaf) for leaf in leaves]
    # Of one dtype, so that XLA makes one sum of all where that is its own.
    sums = lax.psum(parts, AXIS) if batches.processes == 1 else _by_one_vector(parts)
    return jax.tree.unflatten(structure, [_from_floats(part, leaf) for part, leaf in zip(sums, leaves, strict=True)])


def _by_one_vector(parts: Sequence[Array]) -> list[Array]:
    total = lax.psum(jnp.concatenate([part.reshape(-1) for part in parts]), AXIS)
    ends = np.cumsum([part.size for part in parts])
    return [total[end - part.size : end].reshape(part.shape) for part, end in zip(parts, ends, strict=True)]


def _as_floats(leaf: Array) -> Array:
    """Return a leaf in float32; a count as two, n = 2¹² high + low."""
    if leaf.dtype != jnp.int32:
        return leaf
    return jnp.stack([leaf // _LOW, leaf % _LOW]).astype(jnp.float32)


def _from_floats(part: Array, like: Array) -> Array:
    if like.dtype != jnp.int32:
        return part
    high, low = part.astype(jnp.int32)
    return _LOW * high + low
