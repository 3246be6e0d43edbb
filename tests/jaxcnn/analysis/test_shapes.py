"""The table of a network against what the assignment says of it, and against its parameters."""

import itertools
import math

from jaxcnn import zoo
from jaxcnn.analysis import layer_table
from jaxcnn.layers import AvgPool, Conv, Dense, Flatten
from jaxcnn.network import Network


def test_the_tutorial_network_is_described_as_its_assignment_does():
    rows = layer_table(zoo.TUTORIAL, (28, 28, 1))
    told = {row.name: (row.outputs, row.kernel, row.strides, row.parameters, row.counted) for row in rows}
    assert told["conv_0"] == ((24, 24, 6), (5, 5), (1, 1), 156, "5 x 5 x 1 x 6 + 6")
    assert told["max_pool_0"] == ((12, 12, 6), (2, 2), (2, 2), 0, "")
    assert told["conv_1"] == ((8, 8, 16), (5, 5), (1, 1), 2416, "5 x 5 x 6 x 16 + 16")
    assert told["dense_0"] == ((120,), (), (), 256 * 120 + 120, "256 x 120 + 120")
    assert told["relu_3"] == ((84,), (), (), 0, "")
    assert all(row.inputs == before.outputs for before, row in itertools.pairwise(rows))


def test_every_parameter_of_a_network_is_in_its_table():
    for made in zoo.ZOO.values():
        shapes = made.network.parameter_shapes((1, *made.input_shape))
        total = sum(math.prod(shape) for layer in shapes.values() for shape in layer.values())
        assert sum(row.parameters for row in layer_table(made.network, made.input_shape)) == total


def test_padding_is_told_in_pixels_and_so_is_what_no_window_reaches():
    rows = {row.name: row for row in layer_table(zoo.HOUSE_NUMBERS, (32, 32, 3))}
    assert rows["conv_0"].padding == ((1, 1), (1, 1))
    assert [rows[f"max_pool_{k}"].unused for k in range(3)] == [(2, 2), (1, 1), (0, 0)]
    assert [rows[f"max_pool_{k}"].outputs for k in range(3)] == [(10, 10, 9), (3, 3, 36), (1, 1, 49)]


def test_strides_dilation_and_uneven_padding_are_counted_as_the_layers_do():
    network = Network(
        Conv(4, (3, 2), strides=(2, 3), dilation=2, groups=2, padding=((2, 1), (0, 2))), Flatten(), Dense(2)
    )
    row = layer_table(network, (8, 9, 2))[0]
    # Rows: 8 + 3 padded, windows of 5 at 0, 2, 4, 6 end at 11. Columns: 9 + 2, windows of 3 at 0, 3, 6 end at 9.
    assert (row.outputs, row.unused) == ((4, 3, 4), (0, 2))
    assert (row.kernel, row.strides, row.padding) == ((3, 2), (2, 3), ((2, 1), (0, 2)))
    assert row.counted == "3 x 2 x 1 x 4 + 4"
    assert layer_table(Network(AvgPool(3, strides=2)), (8, 8, 1))[0].unused == (1, 1)
