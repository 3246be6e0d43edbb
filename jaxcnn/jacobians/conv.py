"""The Jacobians of convolution.

In the letters of `jaxcnn.rules.conv`, one spatial axis written, without groups:

    y[n, p, o] = b[o] + sum_{i, c} x[n, p s + i d - lo, c] K[i, c, o]

    dy[n, p, o] / dx[n, h, c]    = K[i, c, o]  if h + lo - p s = i d for a tap i, else 0      as for every example
    dy[n, p, o] / dK[i, c, q]    = x[n, p s + i d - lo, c] [o = q]                             the patch under window p
    dy[n, p, o] / db[q]          = [o = q]

With G groups an output meets the channels of its group alone.
"""

from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
from jax import lax

from jaxcnn import _taps
from jaxcnn._types import Array, Padding
from jaxcnn._windows import Windows
from jaxcnn.jacobians import bands
from jaxcnn.jacobians.jacobian import Jacobian, factors
from jaxcnn.ops.conv import conv_windows
from jaxcnn.rules.conv import input_cotangent, kernel_cotangent

_EXACT = lax.Precision.HIGHEST  # float32 means float32, on accelerators too


@factors
@dataclass(frozen=True)
class ByImages(Jacobian):
    """K[(h + lo - p s) / d].

    Attributes:
        kernel: K, (kh, kw, C / G, O).
        geometry: where the windows lie.
        groups: G.
    """

    kernel: Array
    geometry: Windows = field(metadata={"static": True})
    groups: int = field(metadata={"static": True})

    def dense(self) -> Array:
        """Return (1, P, Q, O, H, W, C): entries of the kernel and zeros, nothing is computed."""
        (rows, met_rows), (columns, met_columns) = (bands.taps_read(self.geometry, axis) for axis in range(2))
        between = _between_channels(self.kernel, self.groups)  # (kh, kw, O, C)
        taps = between[rows[:, None, :, None], columns[None, :, None, :]]  # (P, Q, H, W, O, C)
        met = (met_rows[:, None, :, None] & met_columns[None, :, None, :]).reshape(*taps.shape[:4], 1, 1)
        return jnp.where(met, taps, jnp.zeros_like(taps)).transpose(0, 1, 4, 2, 3, 5)[None]

    def pull(self, rows: Array) -> Array:
        """Return the rows convolved with the flipped kernel."""
        together = rows.reshape(-1, *rows.shape[2:])
        if self._banded:
            many = bands.pulled(_between_channels(self.kernel, self.groups), together, self.geometry)
        else:
            many = input_cotangent(self.kernel, together, self.geometry, self.groups)
        return many.reshape(*rows.shape[:2], *many.shape[1:])

    def push(self, columns: Array) -> Array:
        """Return the columns convolved with the kernel."""
        together = columns.reshape(-1, *columns.shape[2:])
        if self._banded:
            many = bands.pushed(_between_channels(self.kernel, self.groups), together, self.geometry)
        else:
            many = self._convolved(together)
        return many.reshape(*columns.shape[:2], *many.shape[1:])

    @property
    def _banded(self) -> bool:
        return bands.suits(self.geometry, self.kernel.shape[2] * self.groups, self.kernel.shape[3])

    def _convolved(self, columns: Array) -> Array:
        return lax.conv_general_dilated(
            columns,
            self.kernel,
            window_strides=self.geometry.strides,
            padding=self.geometry.padding,
            rhs_dilation=self.geometry.dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=self.groups,
        )


@factors
@dataclass(frozen=True)
class ByTaps(Jacobian):
    """x[n, p s + i d - lo] [o = q].

    Attributes:
        inputs: x, (N, H, W, C).
        features: O.
        geometry: where the windows lie.
        groups: G.
    """

    inputs: Array
    features: int = field(metadata={"static": True})
    geometry: Windows = field(metadata={"static": True})
    groups: int = field(metadata={"static": True})

    def dense(self) -> Array:
        """Return (N, P, Q, O, kh, kw, C / G, O)."""
        patches = self._patches()
        own = jnp.arange(self.features) // (self.features // self.groups)  # the group of every output
        of_output = jnp.moveaxis(patches[..., own, :], -2, 3)  # (N, P, Q, O, kh, kw, C / G)
        same = jnp.eye(self.features, dtype=bool).reshape(1, 1, 1, self.features, 1, 1, 1, self.features)
        spread = of_output[..., None]
        return jnp.where(same, spread, jnp.zeros_like(spread))

    def pull(self, rows: Array) -> Array:
        """Return the sum over all windows of patch times row, (N, K, kh, kw, C / G, O)."""
        pulled = jnp.einsum("npqijgc,nkpqgo->nkijcgo", self._patches(), self._grouped(rows), precision=_EXACT)
        return pulled.reshape(*pulled.shape[:-2], self.features)

    def push(self, columns: Array) -> Array:
        """Return the product of every patch with the columns."""
        patches, taps = self._patches(), self._grouped(columns)
        if columns.shape[0] == 1:  # a column of the parameter itself, for all examples
            pushed = jnp.einsum("npqijgc,kijcgo->nkpqgo", patches, taps[0], precision=_EXACT)
        else:
            pushed = jnp.einsum("npqijgc,nkijcgo->nkpqgo", patches, taps, precision=_EXACT)
        return pushed.reshape(*pushed.shape[:-2], self.features)

    def pull_total(self, rows: Array) -> Array:
        """Return the sum over the examples: the rule's own convolution, without the products of single examples."""
        totals = [kernel_cotangent(self.inputs, rows[:, k], self.geometry, self.groups) for k in range(rows.shape[1])]
        return jnp.stack(totals)

    def _patches(self) -> Array:
        """The entries under every window, (N, P, Q, kh, kw, G, C / G)."""
        padded = _taps.pad(self.inputs, self.geometry, 0)
        taken = [_taps.take(padded, self.geometry, offset) for offset in _taps.offsets(self.geometry)]
        stacked = jnp.stack(taken, axis=3)
        return stacked.reshape(*stacked.shape[:3], *self.geometry.window, self.groups, -1)

    def _grouped(self, array: Array) -> Array:
        """The last axis, that of the outputs, as (G, O / G)."""
        return array.reshape(*array.shape[:-1], self.groups, -1)


@factors
@dataclass(frozen=True)
class ByBias(Jacobian):
    """[o = q] at every position.

    Attributes:
        features: O.
        dtype: of the ones.
        geometry: where the windows lie.
    """

    features: int = field(metadata={"static": True})
    dtype: Any = field(metadata={"static": True})
    geometry: Windows = field(metadata={"static": True})

    def dense(self) -> Array:
        """Return (1, P, Q, O, O)."""
        identity = jnp.eye(self.features, dtype=self.dtype)[None, None, None]
        return jnp.broadcast_to(identity, (1, *self.geometry.outputs, self.features, self.features))

    def pull(self, rows: Array) -> Array:
        """Return the sum of the rows over all positions."""
        return jnp.sum(rows, axis=(2, 3))

    def push(self, columns: Array) -> Array:
        """Return the columns at every position."""
        return jnp.broadcast_to(columns[:, :, None, None], (*columns.shape[:2], *self.geometry.outputs, self.features))


def conv_jacobians(
    inputs: Array,
    kernel: Array,
    bias: Array,
    *,
    strides: Any = 1,
    padding: Padding = "SAME",
    dilation: Any = 1,
    groups: int = 1,
) -> dict[str, Jacobian]:
    """Return {"inputs": ..., "kernel": ..., "bias": ...} at x = `inputs`, (N, H, W, C)."""
    options = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    geometry = conv_windows(inputs.shape, kernel.shape, bias.shape, **options)
    features = kernel.shape[3]
    return {
        "inputs": ByImages(kernel, geometry, groups),
        "kernel": ByTaps(inputs, features, geometry, groups),
        "bias": ByBias(features, bias.dtype, geometry),
    }


def _between_channels(kernel: Array, groups: int) -> Array:
    """The kernel between all channels, (kh, kw, O, C), zero between those of different groups."""
    high, wide, ins, outs = kernel.shape
    by_group = kernel.reshape(high, wide, ins, groups, outs // groups).transpose(0, 1, 3, 4, 2)  # (.., G, O/G, C/G)
    own = jnp.eye(groups, dtype=bool).reshape(1, 1, groups, 1, groups, 1)
    spread = by_group[:, :, :, :, None, :]
    return jnp.where(own, spread, jnp.zeros_like(spread)).reshape(high, wide, outs, groups * ins)
