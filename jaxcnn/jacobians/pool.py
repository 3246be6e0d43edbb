"""The Jacobians of pooling.

With windows p, taps t and padding lo as in `jaxcnn.rules.pool`, one axis written:

    max      dy[p] / dx[h] = [h = p s + w[p] - lo]                       a selection: w[p] is the winner's tap
    average  dy[p] / dx[h] = 1 / r[p]  where 0 <= h + lo - p s < k       r[p] real entries, k of them at most

Channels do not mix: both are the identity between them. At a tie of maxima the first wins, as in the rule.
"""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn import _taps
from jaxcnn._types import Array, Padding
from jaxcnn._windows import Windows
from jaxcnn.jacobians.jacobian import Jacobian, factors
from jaxcnn.ops.pool import pool_windows, real_counts
from jaxcnn.rules.pool import winners


@factors
@dataclass(frozen=True)
class Selection(Jacobian):
    """[h = p s + w[p] - lo].

    Attributes:
        winner: w, (N, P, Q, C), the number of the winning tap in row-major order.
        dtype: of the ones.
        geometry: where the windows lie.
    """

    winner: Array
    dtype: Any = field(metadata={"static": True})
    geometry: Windows = field(metadata={"static": True})

    def dense(self) -> Array:
        """Return (N, P, Q, C, H, W, C)."""
        high, wide = self.geometry.sizes
        top, left = (jnp.asarray(first, jnp.int32) for first in _reads(self.geometry))
        tap = jnp.asarray(list(_taps.offsets(self.geometry)), jnp.int32)[self.winner]
        rows = jax.nn.one_hot(top.reshape(1, -1, 1, 1) + tap[..., 0], high, dtype=self.dtype)
        columns = jax.nn.one_hot(left.reshape(1, 1, -1, 1) + tap[..., 1], wide, dtype=self.dtype)
        channels = jnp.eye(self.winner.shape[3], dtype=self.dtype)
        return jnp.einsum("npqch,npqcw,cd->npqchwd", rows, columns, channels)

    def pull(self, rows: Array) -> Array:
        """Return every row put back where its window's winner was read."""
        winner = self.winner[:, None]
        if self._tiled:
            return self._spread(rows)
        taps = self.geometry.window[0] * self.geometry.window[1]
        shares = [jnp.where(winner == t, rows, jnp.zeros_like(rows)) for t in range(taps)]
        return _placed(shares, self.geometry)

    def push(self, columns: Array) -> Array:
        """Return what every window's winner holds."""
        winner = self.winner[:, None]
        return _taps.total(
            jnp.where(winner == t, tap, jnp.zeros_like(tap)) for t, tap in enumerate(_taken(columns, self.geometry))
        )

    @property
    def _tiled(self) -> bool:
        """Whether the windows cover the inputs without gap, overlap or padding."""
        geometry = self.geometry
        whole = tuple(m * k for m, k in zip(geometry.outputs, geometry.window, strict=True))
        plain = geometry.padding == ((0, 0), (0, 0)) and geometry.strides == geometry.window
        return plain and whole == geometry.sizes

    def _spread(self, rows: Array) -> Array:
        """`pull` for such windows: every row repeated over its window, and kept at the winner; one pass."""
        high, wide = self.geometry.window
        taps = jnp.arange(high * wide, dtype=jnp.int32).reshape(1, 1, 1, high, 1, wide, 1)
        here = self.winner[:, None, :, None, :, None, :] == taps
        repeated = rows[:, :, :, None, :, None, :]
        spread = jnp.where(here, repeated, jnp.zeros_like(repeated))
        return spread.reshape(*spread.shape[:2], *self.geometry.sizes, spread.shape[-1])


@factors
@dataclass(frozen=True)
class Mean(Jacobian):
    """1 / r[p] for the real entries of window p.

    Attributes:
        channels: C.
        dtype: of the weights.
        geometry: where the windows lie.
    """

    channels: int = field(metadata={"static": True})
    dtype: Any = field(metadata={"static": True})
    geometry: Windows = field(metadata={"static": True})

    def dense(self) -> Array:
        """Return (1, P, Q, C, H, W, C)."""
        starts, sizes, window = _reads(self.geometry), self.geometry.sizes, self.geometry.window
        inside = [
            (np.arange(n) >= first[:, None]) & (np.arange(n) < first[:, None] + k)
            for first, n, k in zip(starts, sizes, window, strict=True)
        ]
        met = np.einsum("ph,qw,cd->pqchwd", *inside, np.eye(self.channels, dtype=bool))
        counts = real_counts(self.geometry, self.dtype)
        return jnp.asarray(met[None], self.dtype) / counts.reshape(*counts.shape, 1, 1, 1)

    def pull(self, rows: Array) -> Array:
        """Return every row, divided by r, put back at all entries of its window."""
        share = rows / self._counts
        return _placed([share] * (self.geometry.window[0] * self.geometry.window[1]), self.geometry)

    def push(self, columns: Array) -> Array:
        """Return the means of the windows."""
        return _taps.total(_taken(columns, self.geometry)) / self._counts

    @property
    def _counts(self) -> Array:
        return real_counts(self.geometry, self.dtype)[:, None]


def max_pool_jacobians(
    inputs: Array, *, window: Any, strides: Any = None, padding: Padding = "VALID"
) -> dict[str, Jacobian]:
    """Return {"inputs": ...} at x = `inputs`, (N, H, W, C)."""
    geometry = pool_windows(inputs.shape, window=window, strides=strides, padding=padding)
    return {"inputs": Selection(winners(inputs, geometry), inputs.dtype, geometry)}


def avg_pool_jacobians(
    inputs: Array, *, window: Any, strides: Any = None, padding: Padding = "VALID"
) -> dict[str, Jacobian]:
    """Return {"inputs": ...}, the same at every x = `inputs`, (N, H, W, C)."""
    geometry = pool_windows(inputs.shape, window=window, strides=strides, padding=padding)
    return {"inputs": Mean(inputs.shape[3], inputs.dtype, geometry)}


def _reads(geometry: Windows) -> list[np.ndarray]:
    """Where the first tap of every window reads, p s - lo, per axis."""
    axes = zip(geometry.outputs, geometry.strides, geometry.padding, strict=True)
    return [np.arange(m) * s - lo for m, s, (lo, _) in axes]


def _placed(shares: list[Array], geometry: Windows) -> Array:
    """Each tap's share (N, K, P, Q, C) put back where it was read, added up: (N, K, H, W, C)."""
    batch = shares[0].shape[:2]
    pairs = zip(shares, _taps.offsets(geometry), strict=True)
    total = _taps.total(_taps.place(s.reshape(-1, *s.shape[2:]), geometry, offset) for s, offset in pairs)
    return total.reshape(*batch, *total.shape[1:])


def _taken(columns: Array, geometry: Windows) -> list[Array]:
    """Every tap of every window: (N, K, H, W, C) -> (N, K, P, Q, C)."""
    padded = _taps.pad(columns.reshape(-1, *columns.shape[2:]), geometry, 0)
    taken = [_taps.take(padded, geometry, offset) for offset in _taps.offsets(geometry)]
    return [tap.reshape(*columns.shape[:2], *tap.shape[1:]) for tap in taken]
