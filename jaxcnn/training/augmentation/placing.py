"""Another place, size and slant, and bends: one bilinear resampling for all.

A pixel at p = (row, column), from the centre of the image, is read from the old image at A p + t + u(p): shift t, the
matrix A of rotation, zoom, stretch and slant together, and what bends it, u. Outside lies background, 0.
"""

import math

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates

from jaxcnn._types import Array, Key


def matrix_and_offset(
    key: Key, *, shift: float, rotate: float, zoom: float, slant: float, stretch: float
) -> tuple[Array, Array]:
    """Return a random A, (2, 2), and t, (2,); the ranges are those of `Augmentation`."""
    down, right, turn, size, lean, width = jax.random.uniform(key, (6,), minval=-1.0, maxval=1.0)
    angle = turn * math.radians(rotate)
    zoomed = jnp.exp(size * math.log1p(zoom))
    lean, width = lean * slant, jnp.exp(-width * math.log1p(stretch))
    cos, sin = jnp.cos(angle) / zoomed, jnp.sin(angle) / zoomed
    # Rotation and zoom after slant and stretch, (row, column) -> (row, width column + lean row).
    matrix = jnp.stack([jnp.stack([cos, -sin]), jnp.stack([width * sin + lean * cos, width * cos - lean * sin])])
    return matrix, shift * jnp.stack([down, right])


def resampled(image: Array, matrix: Array, offset: Array, bent: Array | None = None) -> Array:
    """Return the image whose pixel at p, from the centre, is that of `image` at A p + t + u(p).

    Args:
        image: (H, W, C).
        matrix: A, (2, 2).
        offset: t, (2,).
        bent: u, (2, H, W); None for 0.
    """
    height, width, _ = image.shape
    centre = jnp.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    rows, columns = jnp.arange(height, dtype=jnp.float32), jnp.arange(width, dtype=jnp.float32)
    at = jnp.stack(jnp.meshgrid(rows, columns, indexing="ij"))
    read = jnp.einsum("ij,jhw->ihw", matrix, at - centre) + centre + offset[:, None, None]
    read = read if bent is None else read + bent
    return jax.vmap(lambda one: map_coordinates(one, list(read), order=1, cval=0.0), in_axes=2, out_axes=2)(image)
