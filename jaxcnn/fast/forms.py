"""The table of the fast forms: for each operation, the names that `choose` may give and the form behind each."""

from collections.abc import Mapping
from types import MappingProxyType

from jaxcnn import ops
from jaxcnn.fast.block import conv_block
from jaxcnn.fast.conv_by_patches import conv_by_patches_bwd, conv_by_patches_fwd
from jaxcnn.fast.conv_by_windows import conv_by_windows_bwd, conv_by_windows_fwd
from jaxcnn.fast.conv_by_winograd import conv_by_winograd_bwd, conv_by_winograd_fwd
from jaxcnn.fast.dense import (
    dense_bwd,
    dense_fwd,
    dense_of_rows_bwd,
    dense_of_rows_fwd,
    flatten_bwd,
    flatten_fwd,
)
from jaxcnn.fast.form import Form
from jaxcnn.fast.max_pool_by_taps import max_pool_by_taps_bwd, max_pool_by_taps_fwd

# fmt: off
FORMS: Mapping[str, Mapping[str, Form]] = MappingProxyType({
    "conv_block": MappingProxyType({
        "patches":     Form("conv_by_patches",   conv_block,   conv_by_patches_fwd,  conv_by_patches_bwd),
        "windows":     Form("conv_by_windows",   conv_block,   conv_by_windows_fwd,  conv_by_windows_bwd),
        "winograd":    Form("conv_by_winograd",  conv_block,   conv_by_winograd_fwd, conv_by_winograd_bwd),
    }),
    "max_pool": MappingProxyType({
        "taps":        Form("max_pool_by_taps",  ops.max_pool, max_pool_by_taps_fwd, max_pool_by_taps_bwd),
    }),
    "dense": MappingProxyType({
        "batch_minor": Form("dense_batch_minor", ops.dense,    dense_fwd,            dense_bwd),
    }),
})
# fmt: on

# Not a matter of choice: these follow from the layouts on both sides.
FLATTEN = Form("flatten_batch_minor", ops.flatten, flatten_fwd, flatten_bwd)
DENSE_OF_ROWS = Form("dense_of_rows", ops.dense, dense_of_rows_fwd, dense_of_rows_bwd)
