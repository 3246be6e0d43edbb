"""Networks as plain data: names, shapes, equality, printing, and what is refused."""

import pytest

from jaxcnn import (
    LENET,
    MLP,
    AvgPool,
    Conv,
    Dense,
    Flatten,
    LeCunTanh,
    MaxPool,
    Network,
    Relu,
    Sigmoid,
    Softmax,
    Tanh,
)


def test_lenet_has_the_shapes_of_the_assignment():
    assert LENET.shapes((8, 28, 28, 1)) == (
        (8, 28, 28, 1),
        (8, 28, 28, 4),
        (8, 28, 28, 4),
        (8, 14, 14, 4),
        (8, 14, 14, 4),
        (8, 14, 14, 4),
        (8, 7, 7, 4),
        (8, 196),
        (8, 49),
        (8, 49),
        (8, 10),
    )
    assert LENET.parameter_shapes((8, 28, 28, 1)) == {
        "conv_0": {"kernel": (5, 5, 1, 4), "bias": (4,)},
        "conv_1": {"kernel": (5, 5, 4, 4), "bias": (4,)},
        "dense_0": {"kernel": (196, 49), "bias": (49,)},
        "dense_1": {"kernel": (49, 10), "bias": (10,)},
    }


def test_the_mlp_has_the_shapes_of_the_assignment():
    assert MLP.shapes((8, 28, 28, 1)) == ((8, 28, 28, 1), (8, 784), (8, 64), (8, 64), (8, 10))


def test_layers_are_named_by_their_op_and_counted():
    names = [name for name, _ in LENET.named_layers()]
    assert names[:5] == ["conv_0", "relu_0", "max_pool_0", "conv_1", "relu_1"]
    assert names[-4:] == ["flatten_0", "dense_0", "relu_2", "dense_1"]


def test_a_network_prints_as_the_code_that_builds_it():
    network = Network(
        Conv(4, (3, 5), strides=2, padding=((1, 0), (0, 1)), dilation=2, groups=2),
        LeCunTanh(),
        AvgPool(2, strides=1, padding="SAME"),
        Flatten(),
        Dense(3),
        Softmax(),
    )
    assert eval(repr(network)) == network


def test_equal_networks_are_equal_and_have_one_hash():
    one, other = Network(Conv(4, 5), MaxPool(2)), Network(Conv(4, (5, 5), strides=(1, 1)), MaxPool([2, 2], strides=2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Network(Conv(4, 3), MaxPool(2))


def test_a_softmax_in_the_last_place_can_be_taken_off_and_no_other():
    assert Network(Dense(3), Softmax()).without_softmax() == Network(Dense(3))
    network = Network(Dense(3), Softmax(), Tanh(), Sigmoid())
    assert network.without_softmax() is network


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Network(), ValueError, "^A network must have at least one layer; got none"),
        (lambda: Network(Softmax()).without_softmax(), ValueError, "^A network must have at least one layer"),
        (lambda: Network(Flatten(), Relu), TypeError, r"^Layer 1 of a network must be .*: write Relu\(\.\.\.\)\.$"),
        (lambda: Network("conv"), TypeError, r"^Layer 0 of a network must be a jaxcnn layer; got 'conv'\.$"),
        (lambda: Conv(0, 5), ValueError, "^`features` must be a positive whole number; got 0"),
        (lambda: Conv(4, (5, -5)), ValueError, r"^`kernel_size` must be .*; got \(5, -5\)"),
        (lambda: Conv(4, 5, padding="full"), ValueError, "^`padding` must be 'SAME', 'VALID' or .*; got 'full'"),
        (lambda: Conv(4, 5, groups=3), ValueError, "^`groups` must divide `features`; got 3 groups and 4 features"),
        (lambda: MaxPool(2.5), ValueError, r"^`window` must be .*; got 2\.5"),
        (lambda: Dense(None), ValueError, "^`features` must be a positive whole number; got None"),
        (lambda: Network(Dense(3)).shapes((2, 4, 4, 1)), ValueError, r"^dense_0: .*: put a Flatten\(\) before it\.$"),
        (lambda: Network(Flatten(), Conv(3, 3)).shapes((2, 4, 4, 1)), ValueError, r"^conv_0: inputs must be images"),
        (lambda: Network(MaxPool(2)).shapes((2, 4)), ValueError, r"^max_pool_0: inputs must be images"),
        (lambda: Network(Relu(), MaxPool(5)).shapes((2, 4, 4, 1)), ValueError, "^max_pool_0: A window must fit"),
        (lambda: Network(Conv(4, 3, groups=2)).shapes((2, 4, 4, 3)), ValueError, "^conv_0: `groups` must divide the 3"),
    ],
)
def test_what_cannot_be_a_network_is_explained_in_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
