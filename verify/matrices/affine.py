"""An affine function: a matrix and what is added to its product."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Affine(NamedTuple):
    """x -> matrix @ x + offset.

    Attributes:
        matrix: in any format of `verify.conv_matrix`.
        offset: one entry per row.
    """

    matrix: Any
    offset: Any

    def __call__(self, inputs: Any) -> Any:
        """The outputs, flat, for flat inputs."""
        return self.matrix @ inputs + self.offset

    def homogeneous(self) -> Any:
        """The one matrix [[matrix, offset], [0, 1]], for inputs with a 1 appended: CSR of SciPy's, dense of others.

        Raises:
            TypeError: the matrix has no entries to put beside the offset.
        """
        if hasattr(self.matrix, "tocsr"):
            from scipy.sparse import block_array, csr_array

            one = csr_array(np.ones((1, 1), self.matrix.dtype))
            return block_array([[self.matrix, csr_array(np.asarray(self.offset)[:, None])], [None, one]], format="csr")
        if not hasattr(self.matrix, "ndim"):
            raise TypeError(f"A {type(self.matrix).__name__} has no entries to write an offset beside: use 'csr'.")
        dense = np.asarray(self.matrix.todense() if hasattr(self.matrix, "todense") else self.matrix)
        last = np.append(np.zeros(dense.shape[1], dense.dtype), 1)
        return np.concatenate([np.column_stack([dense, self.offset]), last[None]])
