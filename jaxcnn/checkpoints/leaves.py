"""A state, which may be any pytree of arrays, as arrays by name, and back.

A random key is no array: what stands for it on disk are its data, and the state that is put in its place says of which
kind it is.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn.checkpoints.errors import CheckpointError


def to_arrays(state: Any) -> dict[str, np.ndarray]:
    """Return every leaf under its path, bit for bit; those without entries, which Orbax does not take, are left out."""
    leaves = jax.tree_util.tree_leaves_with_path(state)
    arrays = {jax.tree_util.keystr(path): np.asarray(_data(leaf)) for path, leaf in leaves}
    return {name: values for name, values in arrays.items() if values.size}


def from_arrays(arrays: dict[str, Any], like: Any) -> Any:
    """Return a state in the structure of another.

    Raises:
        CheckpointError: if a name, a shape or a dtype differs; the sentence names no file.
    """
    paths, expected = jax.tree_util.tree_leaves_with_path(like), to_arrays(like)
    if arrays.keys() != expected.keys():
        missing, unknown = sorted(expected.keys() - arrays.keys()), sorted(arrays.keys() - expected.keys())
        raise CheckpointError(
            f"it is of another network or optimiser: missing {', '.join(missing) or 'nothing'}, "
            f"unknown {', '.join(unknown) or 'nothing'}"
        )
    leaves = [_leaf(jax.tree_util.keystr(path), leaf, arrays) for path, leaf in paths]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _leaf(name: str, like: Any, arrays: dict[str, Any]) -> Any:
    wanted = np.asarray(_data(like))
    if not wanted.size:
        return wanted
    found = np.asarray(arrays[name])
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        raise CheckpointError(
            f"it is of another network or optimiser: {name} is {found.shape} {found.dtype} "
            f"instead of {wanted.shape} {wanted.dtype}"
        )
    return jax.random.wrap_key_data(jnp.asarray(found), impl=jax.random.key_impl(like)) if _is_key(like) else found


def _data(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
