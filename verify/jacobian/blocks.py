"""What a claimed Jacobian is: one block per output and argument, [entries of the output, entries of the argument].

The tree is that of `jax.jacobian` over the floating arguments: outputs first, arguments inside, and no level for what
there is only one of. A block has the shape of its output followed by that of its argument, or is a matrix of their
sizes, rows and columns row-major; a matrix may be sparse (SciPy's, BCOO) or a SciPy `LinearOperator`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.report import Diagnosis
from verify.subject import RuleError

Shape = tuple[int, ...]


class BlockError(RuleError):
    """A Jacobian with blocks missing, or of another shape; `argument` and `diagnosis` say which, and what is wrong."""

    def __init__(self, argument: str | None, diagnosis: Diagnosis) -> None:
        """`argument` is the path of the argument whose block it is, None for the whole."""
        super().__init__(diagnosis.sentence)
        self.argument, self.diagnosis = argument, diagnosis


def blocks(jacobian: Any, outputs: Sequence[Shape], inputs: Sequence[Shape], paths: Sequence[str]) -> list[list[Any]]:
    """The blocks [output][argument], each as a matrix.

    Args:
        jacobian: what was claimed, or returned.
        outputs: the shapes of the function's floating outputs.
        inputs: the shapes of the floating arguments.
        paths: their names.

    Raises:
        BlockError: there are more or fewer blocks, or one has another shape or no numbers.
    """
    leaves = jax.tree.leaves(jacobian, is_leaf=_is_matrix)
    if len(leaves) != len(outputs) * len(inputs):
        told = (
            f"The Jacobian has {len(leaves)} blocks, and the function {len(outputs)} x {len(inputs)}, "
            f"one per floating output and argument ({', '.join(paths)})."
        )
        raise BlockError(None, Diagnosis("structure", told))
    rows = iter(leaves)
    return [[_matrix(next(rows), o, i, path) for i, path in zip(inputs, paths, strict=True)] for o in outputs]


def pulled(cotangent: Any, block: Any) -> Any:
    """The product wᵀ J of a flat cotangent and a block, in the block's own precision."""
    if hasattr(block, "rmatvec"):
        return block.rmatvec(np.asarray(cotangent, block.dtype))
    if hasattr(block, "tocsr"):
        return block.T @ np.asarray(cotangent, block.dtype)
    if isinstance(block, jax.core.Tracer) or isinstance(cotangent, jax.core.Tracer):
        return jnp.matmul(cotangent.astype(block.dtype), block, precision=jax.lax.Precision.HIGHEST)
    return np.asarray(cotangent).astype(block.dtype) @ np.asarray(block)


def column(block: Any, at: int) -> np.ndarray:
    """One column of a block, in float64."""
    if hasattr(block, "tocsr") or hasattr(block, "rmatvec"):
        unit = np.zeros(block.shape[1], block.dtype)
        unit[at] = 1
        return np.asarray(block @ unit, np.float64)
    return np.asarray(block)[:, at].astype(np.float64)


def is_function(jacobian: Any) -> bool:
    """Whether a claimed Jacobian is a function of the arguments; a `LinearOperator` can be called, and is a matrix."""
    return callable(jacobian) and not _is_matrix(jacobian)


def _is_matrix(leaf: Any) -> bool:
    return hasattr(leaf, "n_sparse") or hasattr(leaf, "tocsr") or hasattr(leaf, "rmatvec")


def _matrix(leaf: Any, output: Shape, argument: Shape, path: str) -> Any:
    """One block as a matrix (of JAX's, NumPy's or SciPy's)."""
    if hasattr(leaf, "n_sparse"):
        leaf = leaf.todense()
    if not hasattr(leaf, "dtype") or not hasattr(leaf, "shape"):
        leaf = np.asarray(leaf)
    wanted, shape = (math.prod(output), math.prod(argument)), tuple(leaf.shape)
    if shape not in (wanted, (*output, *argument)):
        swapped = shape in (wanted[::-1], (*argument, *output))
        told = f"The block of `{path}` has shape {shape}, and must have {(*output, *argument)} or {wanted}"
        code = "transposed" if swapped else "shape"
        raise BlockError(path, Diagnosis(code, f"{told}{': it is transposed' if swapped else ''}."))
    if not jnp.issubdtype(leaf.dtype, jnp.floating):
        raise BlockError(path, Diagnosis("dtype", f"The block of `{path}` must be floating point; got {leaf.dtype}."))
    return leaf if shape == wanted else leaf.reshape(wanted)
