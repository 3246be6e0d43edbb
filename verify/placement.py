"""Where arrays lie when there are several devices: the shardings of an example, and what a program is told of them.

A mesh axis is "auto" where the compiler decides how values lie, which changes no program, or "explicit": there the
sharding is part of a value's type, a program may insist on it, and so every program that is run must be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from verify import interpreter, stripping


def of(leaf: Any, name: str) -> Any:
    """The sharding of a JAX array that lies on several devices, None for any other array.

    Raises:
        ValueError: parts of the array belong to other processes, where a check in this one cannot read them.
    """
    if not isinstance(leaf, jax.Array) or len(leaf.sharding.device_set) < 2:
        return None
    if not leaf.is_fully_addressable:
        raise ValueError(
            f"`{name}` lies on devices of other processes, whose entries cannot be read here: "
            "check the rule in one process with several devices."
        )
    return leaf.sharding


def explicit(sharding: Any) -> bool:
    """Whether values of this sharding have it in their types."""
    return isinstance(sharding, NamedSharding) and AxisType.Explicit in (sharding.mesh.axis_types or ())


def typed(leaves: Sequence[Any], shardings: Sequence[Any]) -> tuple[Any, ...]:
    """The values with their shardings in their types, wherever a mesh is explicit."""
    pairs = zip(leaves, shardings, strict=True)
    return tuple(jax.sharding.reshard(leaf, where) if explicit(where) else leaf for leaf, where in pairs)


def plain(leaves: Sequence[Any], shardings: Sequence[Any]) -> tuple[Any, ...]:
    """The values without shardings in their types, so that any cotangent fits them."""
    mesh = next((where.mesh for where in shardings if explicit(where)), None)
    if mesh is None:
        return tuple(leaves)
    return tuple(jax.sharding.reshard(leaf, NamedSharding(mesh, PartitionSpec())) for leaf in leaves)


def divides(shardings: Sequence[Any], shapes: Sequence[tuple[int, ...]]) -> bool:
    """Whether arrays of these shapes can lie as the shardings say."""
    for sharding, shape in zip(shardings, shapes, strict=True) if shardings else ():
        try:
            _ = sharding and sharding.shard_shape(shape)
        except ValueError:  # JAX's way of saying that a dimension has no equal parts
            return False
    return True


def put(leaves: Sequence[Any], shardings: Sequence[Any]) -> tuple[Any, ...]:
    """The arrays on their devices; those without a sharding of their own are left to the compiler."""
    pairs = zip(leaves, shardings, strict=True)
    return tuple(leaf if where is None else jax.device_put(leaf, where) for leaf, where in pairs)


def meshes(program: Any) -> Iterator[Any]:
    """The meshes of several devices that a program mentions by `shard_map`."""
    for eqn in stripping.equations(program):
        if eqn.primitive.name == interpreter.SHARDED and eqn.params["mesh"].size > 1:
            yield eqn.params["mesh"]


def copies(array: Any) -> list[list[tuple[tuple[int, ...], np.ndarray]]]:
    """The parts of an array by device, grouped by what they hold: first index and values, every copy of one group."""
    groups: dict[tuple[int, ...], list[tuple[tuple[int, ...], np.ndarray]]] = {}
    for shard in array.addressable_shards:
        start = tuple(part.start or 0 for part in shard.index)
        groups.setdefault(start, []).append((start, np.asarray(shard.data)))
    return list(groups.values())


def summed(array: Any) -> Iterator[tuple[tuple[str, ...], int, np.ndarray]]:
    """For every set of mesh axes along which an array is said to be the same: axes, devices, the sum of its copies."""
    sharding = array.sharding
    if not isinstance(sharding, NamedSharding):
        return
    split = {
        axis for part in sharding.spec if part is not None for axis in ((part,) if isinstance(part, str) else part)
    }
    names = sharding.mesh.axis_names
    alike = [axis for axis in names if axis not in split and sharding.mesh.shape[axis] > 1]
    for count in range(1, len(alike) + 1):
        for axes in combinations(alike, count):
            yield axes, int(np.prod([sharding.mesh.shape[axis] for axis in axes])), _summed(array, axes)


def _summed(array: Any, axes: tuple[str, ...]) -> np.ndarray:
    """The sum along the mesh axes, for the copies on the first device of every other axis that holds copies."""
    mesh = array.sharding.mesh
    where = {device: at for at, device in np.ndenumerate(mesh.devices)}
    total = np.zeros(array.shape)
    taken: dict[tuple[int, ...], tuple[int, ...]] = {}
    for shard in array.addressable_shards:
        start = tuple(part.start or 0 for part in shard.index)
        rest = tuple(k for k, axis in zip(where[shard.device], mesh.axis_names, strict=True) if axis not in axes)
        if taken.setdefault(start, rest) == rest:
            total[shard.index] += np.asarray(shard.data, np.float64)
    return total
