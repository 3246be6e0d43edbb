"""A coarser scan: n pixels where there were more, each the mean of what it covers, enlarged again by interpolation.

Both are linear and act on rows and columns alike: x -> M x Mᵀ with M = (interpolation from n) (averages of n).
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn._types import Array, Key
from jaxcnn.datasets.digits import interpolation

# Pixels of the coarse scan, of what it had. MNIST's digits are boxes of 20 in 28: 0.36 makes 7 of the 20.
_LEAST, _MOST, _KINDS = 0.36, 0.8, 12


def coarse(image: Array, share: float, key: Key) -> Array:
    """Return the image, (H, W, C), as a coarse scan with probability `share`, else as it is."""
    which, kind = jax.random.split(key)
    rows, columns = (scans(length) for length in image.shape[:2])
    chosen = jnp.where(jax.random.bernoulli(which, share), jax.random.randint(kind, (), 1, len(rows)), 0)
    return jnp.einsum("ah,hwc,bw->abc", jnp.asarray(rows)[chosen], image, jnp.asarray(columns)[chosen])


def scans(length: int) -> np.ndarray:
    """Return M for every kind of scan, (kinds, length, length) float32; the first leaves everything as it is."""
    sizes = np.unique(np.rint(np.linspace(_LEAST, _MOST, _KINDS) * length).astype(int))
    kinds = np.linspace(sizes[0], sizes[-1], _KINDS).round().astype(int)  # as many for every length
    found = [np.eye(length)] + [interpolation(size, length) @ averages(length, size) for size in np.maximum(kinds, 1)]
    return np.stack(found).astype(np.float32)


def averages(old: int, new: int) -> np.ndarray:
    """Return the means over `new` equal parts of `old` pixels, (new, old)."""
    edges = np.linspace(0, old, new + 1)
    covered = np.minimum(edges[1:, None], np.arange(1, old + 1)) - np.maximum(edges[:-1, None], np.arange(old))
    return np.maximum(covered, 0) * (new / old)
