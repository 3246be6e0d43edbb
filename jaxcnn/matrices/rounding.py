"""How far rounding may move a product of a matrix, whatever the order in which its terms are added.

Let v be the exact inputs, w a computed approximation of them with |w - v| <= e entry by entry, and y = M v + b. In a
dtype with unit roundoff u a row of n terms is computed, fused or not, with at most n + 2 roundings of any term: n for
the sum, one for the product, one for an entry of M that is itself rounded (1 / r of an average). So

    |computed - y| <= |M| e + gamma_(n+2) (|M| |w| + |b|) + (n + 2) tiny,

tiny being what an underflow may lose, the smallest normal number where subnormal ones are flushed. Of `values` that are
one such approximation it is known that |w| <= |values| + 2 e for every other.

* Proved: gamma_k = k u / (1 - k u). Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 3.1.
* Probable: gamma_k = exp(8 sqrt(k) u + k u² / (1 - u)) - 1. Roundings that are independent and zero in the mean exceed
  it with a probability of at most 2 k exp(-32 (1 - u)²) per row. Higham and Mary, SIAM J. Sci. Comput. 41 (2019)
  A2815, theorems 2.4 and 3.1.

Both hold for arithmetic in the dtype itself: not for an accelerator that rounds factors before it multiplies, nor for
convolutions by other sums (Winograd's).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

_CONFIDENCE = 8.0  # of the probable bound


@dataclass(frozen=True)
class Rounding:
    """The arithmetic of one dtype.

    Attributes:
        dtype: of the values.
        probable: whether the probable bound is wanted, and not the proved one.
    """

    dtype: Any
    probable: bool = False

    def gamma(self, count: int) -> float:
        """So many roundings of one term move it by at most this part of its size."""
        unit = float(np.finfo(self.dtype).eps) / 2
        if self.probable:
            return math.expm1(_CONFIDENCE * math.sqrt(count) * unit + count * unit**2 / (1 - unit))
        return count * unit / (1 - count * unit)

    def of_products(
        self, matrix: Any, offset: np.ndarray, values: np.ndarray, error: np.ndarray, terms: int
    ) -> np.ndarray:
        """How far computed outputs may be from the exact ones.

        Args:
            matrix: |M|, float64, dense or sparse.
            offset: |b|.
            values: |values|, [features, N].
            error: e, [features, N].
            terms: n.
        """
        count, tiny = terms + 2, float(np.finfo(self.dtype).tiny)
        carried = matrix @ error
        summed = matrix @ values.astype(np.float64) + 2 * carried + offset[:, None]
        return carried + self.gamma(count) * summed + count * tiny
