"""The zoo: the labs' networks, by the numbers that the assignments give or that follow from them."""

import pytest

from jaxcnn import zoo
from jaxcnn.zoo import ZOO, named

# Parameters, counted by hand: kernel entries and biases, layer by layer.
FILTERS = (9 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 64 + 64) + (5 * 5 * 64 * 64 + 64) + (64 * 10 + 10)
BACKPROP = (25 * 4 + 4) + (25 * 4 * 4 + 4) + (7 * 7 * 4 * 49 + 49) + (49 * 10 + 10)
HOUSE = (27 * 9 + 9) + (9 * 9 * 36 + 36) + (9 * 36 * 49 + 49) + (49 * 10 + 10)
MATRIX = (9 * 64 + 64) + (13 * 13 * 64 * 1024 + 1024) + (1024 * 10 + 10)
BEST = (25 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 128 + 128) + (3 * 3 * 128 * 256 + 256) + (256 * 10 + 10)
TUTORIAL = (25 * 6 + 6) + (25 * 6 * 16 + 16) + (4 * 4 * 16 * 120 + 120) + (120 * 84 + 84) + (84 * 10 + 10)
COUNTS = {
    "filters": FILTERS,
    "backprop": BACKPROP,
    "house-numbers": HOUSE,
    "best-digits": BEST,
    "mlp": 784 * 64 + 64 + 64 * 10 + 10,
    "tutorial": TUTORIAL,
    "conv-as-matrix": MATRIX,
    **{
        f"depth-{depth}-{name}": 784 * 32 + 32 + (depth - 1) * (32 * 32 + 32) + 32 * 10 + 10
        for depth in (5, 20, 40)
        for name in ("relu", "tanh", "sigmoid", "lecun")
    },
}


def test_every_network_has_a_count():
    assert set(COUNTS) == set(ZOO)


@pytest.mark.parametrize("name", COUNTS)
def test_a_network_has_as_many_parameters_as_counted_and_ten_logits(name):
    entry = ZOO[name]
    shapes = entry.network.parameter_shapes((1, *entry.input_shape))
    total = 0
    for layer in shapes.values():
        for shape in layer.values():
            size = 1
            for extent in shape:
                size *= extent
            total += size
    assert total == COUNTS[name]
    assert entry.network.shapes((7, *entry.input_shape))[-1] == (7, 10)


@pytest.mark.parametrize("depth", zoo.DEPTHS)
def test_deep_networks_differ_in_nothing_but_their_activation(depth):
    for name, activation in zoo.ACTIVATIONS.items():
        layers = named(f"depth-{depth}-{name}").layers
        assert sum(isinstance(layer, activation) for layer in layers) == depth
        assert len(layers) == 2 * depth + 2


def test_an_unknown_name_is_told_the_names():
    with pytest.raises(ValueError, match="There is no network called 'resnet'; the networks are filters, backprop, "):
        named("resnet")
