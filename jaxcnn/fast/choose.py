"""Which form an operation takes: one small function, to be replaced by one's own.

Microseconds an example, forward and backward, 16 examples at a time on one core (Xeon with AVX-512, jax 0.10.2, best of
40). "plain" is `lax.conv` with the gradients of `jaxcnn.rules`, operands written out first, and a mask for pooling:

    inputs       kernel       pool      patches   windows     plain
    28x28x1      5x5, 4       2x2           9.6       5.7        64
    14x14x4      5x5, 4       2x2            11       7.1        50
    28x28x1      3x3, 32      2x2            39        33        42
    32x32x3      3x3, 9       3x3            24        22        82
    10x10x9      3x3, 36      3x3            14        26        27
    14x14x32     3x3, 64      2x2           165       245       161
    7x7x64       3x3, 64      none           45         -        56

Winograd's product needs 2.25 times fewer multiplications than patches; with many channels that is worth its transforms:
14x14x32 to 64 channels, the middle of the network `filters`, an update of which takes 13 ms instead of 16 (two devices,
16 examples at a time). GPUs have fast convolutions of their own: there everything stays plain.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from jaxcnn._types import Shape
from jaxcnn.fast.block import BlockWindows

PLAIN = "plain"
FEW_CHANNELS = 4  # up to here a block is bound by memory, and a product up to twice as large costs nothing
MANY_CHANNELS = 16  # from here a block is bound by arithmetic, which Winograd's form saves


@dataclass(frozen=True)
class Site:
    """An operation at its place in a network.

    Attributes:
        op: "conv_block" (a convolution with the relu and the pooling behind it), "max_pool" or "dense".
        kernel_shape: of a block, (kh, kw, C, O), or of a dense layer, (I, O); () for a pooling.
        windows: of a block: where the kernel and the pooling windows lie.
    """

    op: str
    kernel_shape: Shape
    windows: BlockWindows | None = None


Choose = Callable[[Site, str], str]


def choose_form(site: Site, backend: str) -> str:
    """Return the name of the form to use.

    Args:
        site: the operation. It can be had in a fast form; others, such as strided convolutions, are not asked about.
        backend: "cpu", "gpu" or "tpu".

    Returns:
        A key of `FORMS[site.op]`, or "plain" for the rule of `jaxcnn.rules`.
    """
    if backend != "cpu":
        return PLAIN
    if site.windows is None:
        return {"max_pool": "taps", "dense": "batch_minor"}[site.op]
    kernel, pool, channels = site.windows.conv.window, site.windows.pool.window, site.kernel_shape[2]
    if (kernel, pool) == ((3, 3), (2, 2)) and channels >= MANY_CHANNELS:
        return "winograd"
    larger = math.prod(site.windows.read.window) / math.prod(kernel)  # the product of the windows form
    return "windows" if pool != (1, 1) and channels <= FEW_CHANNELS and larger <= 2 else "patches"


def choose_plain(site: Site, backend: str) -> str:
    """Return "plain" for everything: a network as `jaxcnn.by_hand` reads it."""
    del site, backend
    return PLAIN
