"""A block with a 3x3 kernel and 2x2 pooling by Winograd's F(2x2, 3x3): 16 multiplications where there were 36.

Everything is batch-minor, (C, H, W, N). The four outputs Y of one pooling window read a tile X of 4 x 4 inputs. With
the constant matrices B, G, A below, for each tile, input channel c and output channel o,

    V = Bᵀ X B      U = G K Gᵀ      M[u, v] = sum_c U[u, v] V[u, v]      Y = Aᵀ M A      y = relu(max(Y + b))

so each of the 16 entries (u, v) is one matrix product over all tiles, M_uv = U_uvᵀ V_uv with U_uv (C, O) and V_uv
(C, P Q N). Transforming is linear, and its adjoint has the transposed matrices. With dY the cotangent G at the winner,

    dM = A dY Aᵀ    dU_uv = V_uv dM_uvᵀ    dV_uv = U_uv dM_uv    d_kernel = Gᵀ dU G    dX = B dV Bᵀ

and d_inputs adds up dX where tiles overlap. All constants are multiples of 1/2, so on whole numbers every intermediate
is a multiple of 1/4 and nothing rounds; elsewhere M cancels a little in Y, and errors are a few times those of patches.

Range: sums on the way are larger than what comes of them, and an infinity there becomes NaN. Add up the sizes of the
coefficients of x_i k_j, x_i g or k_j g in every such sum, along one axis, and square for two: on the way to Y at most 4
(in M_0 + M_1), to d_kernel 2 (in V_u), to d_inputs 2. With T = P Q N tiles and |.| the largest entry, nothing exceeds

    4 |X|    9/4 |K|    16 C |X| |K| + |b|    4 T |X| |G|    4 O |K| |G|

All is finite while these are below the largest number of the dtype, 3.4e38 for float32; `conv_by_patches` is up to
9 C |X| |K| + |b|, T |X| |G| and 4 O |K| |G|.

Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2016, section 4.1.
"""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from jaxcnn import _taps
from jaxcnn._types import Array, Residuals, Shape
from jaxcnn.fast._materialise import materialised
from jaxcnn.fast._rows import added_up, gathered, patch_rows
from jaxcnn.fast._winner import to_alive, to_winner, winner
from jaxcnn.fast.block import BlockWindows, batch_minor_windows

Matrix = Sequence[Sequence[float]]
Tile = list[list[Array]]  # the entries of a small matrix, each an array over channels and tiles

# fmt: off
BT = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1))
G = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))
AT = ((1, 1, 1, 0), (0, 1, -1, -1))
# fmt: on


def conv_by_winograd_fwd(
    inputs: Array, kernel: Array, bias: Array, *, relu: bool, **geometry: Any
) -> tuple[Array, Residuals]:
    """Return y, (O, P, Q, N), for x, (C, H, W, N), and the residuals (x, K, V, winner); of x only the shape matters.

    Raises:
        ValueError: if the kernel is not 3x3 or the pooling not 2x2.
    """
    windows = _windows(inputs.shape, kernel.shape, **geometry)
    channels, outs = kernel.shape[2:]
    patches = gathered(inputs, patch_rows(channels, windows.read))
    v = materialised(lambda x: _both_sides(BT, _tile_of_rows(x)), patches)
    m = [[u.T @ v for u, v in zip(*rows, strict=True)] for rows in zip(_both_sides(G, _tile(kernel)), v, strict=True)]

    def pooled(bias: Array, m: Tile) -> tuple[Array, Array]:
        return winner((y + bias[:, None] for row in _both_sides(AT, m) for y in row), relu=relu)

    outputs, index = materialised(pooled, bias, m)
    return outputs.reshape(outs, *windows.pool.outputs, -1), (inputs, kernel, v, index)


def conv_by_winograd_bwd(
    residuals: Residuals, cotangent: Array, *, relu: bool, **geometry: Any
) -> tuple[Array, Array, Array]:
    """Return (d_inputs, d_kernel, d_bias) for the cotangent G of y, (O, P, Q, N)."""
    del relu  # the index knows
    inputs, kernel, v, index = residuals
    windows, g = _windows(inputs.shape, kernel.shape, **geometry), cotangent.reshape(index.shape)

    def spread(index: Array, g: Array) -> Tile:
        return _both_sides(_transposed(AT), [[to_winner(index, g, 2 * a + b) for b in range(2)] for a in range(2)])

    d_m = materialised(spread, index, g)
    u = _both_sides(G, _tile(kernel))
    d_u = [[v[a][b] @ d_m[a][b].T for b in range(4)] for a in range(4)]
    d_v = [[u[a][b] @ d_m[a][b] for b in range(4)] for a in range(4)]
    d_kernel = jnp.stack([jnp.stack(row) for row in _both_sides(_transposed(G), d_u)])
    d_x = jnp.concatenate([one for row in _both_sides(_transposed(BT), d_v) for one in row])
    d_inputs = added_up(d_x, patch_rows(inputs.shape[0], windows.read), inputs.shape)
    return d_inputs, d_kernel, jnp.sum(to_alive(index, g), axis=1)


def _both_sides(matrix: Matrix, tile: Tile) -> Tile:
    """Return matrix · tile · matrixᵀ."""
    columns = range(len(tile[0]))
    rows = [[_combined(line, [row[s] for row in tile]) for s in columns] for line in matrix]
    return [[_combined(line, row) for line in matrix] for row in rows]


def _combined(coefficients: Sequence[float], entries: Sequence[Array]) -> Array:
    terms = zip(coefficients, entries, strict=True)
    return _taps.total(entry if c == 1 else c * entry for c, entry in terms if c != 0)


def _tile(values: Array) -> Tile:
    return [[values[a, b] for b in range(values.shape[1])] for a in range(values.shape[0])]


def _tile_of_rows(rows: Array) -> Tile:
    """Return the 16 parts of a matrix: of its rows, and not of an array (4, 4, C, T), which takes twice as long."""
    channels = len(rows) // 16
    return [[rows[at * channels : (at + 1) * channels] for at in range(4 * a, 4 * a + 4)] for a in range(4)]


def _transposed(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


def _windows(input_shape: Shape, kernel_shape: Shape, **geometry: Any) -> BlockWindows:
    windows = batch_minor_windows(input_shape, kernel_shape, **geometry)
    if (windows.conv.window, windows.pool.window) != ((3, 3), (2, 2)):
        raise ValueError(
            f"Winograd's form must have a 3x3 kernel and 2x2 pooling; got {windows.conv.window} and "
            f"{windows.pool.window}: use another form for this block."
        )
    return windows
