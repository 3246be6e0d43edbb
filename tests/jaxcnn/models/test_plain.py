"""Networks as JSON and as Keras's configuration, and back: random ones, and what is refused."""

import json

import pytest
from hypothesis import given, settings

from jaxcnn import Dense, Flatten, Network, Relu
from jaxcnn._windows import padding_amounts
from jaxcnn.models import ModelError
from jaxcnn.models.from_keras import from_keras
from jaxcnn.models.plain import from_plain, to_plain
from jaxcnn.models.to_keras import to_keras
from tests.jaxcnn._networks import cases


@settings(max_examples=100)
@given(case=cases())
def test_a_random_network_comes_back_from_json(case):
    assert from_plain(json.loads(json.dumps(to_plain(case.network)))) == case.network


def geometry(network, input_shape):
    """Return the layers with their padding in numbers, since one padding may have two names."""
    found = []
    for layer, shape in zip(network, network.shapes(input_shape), strict=False):
        if not hasattr(layer, "padding"):
            found.append(layer)
            continue
        window, dilation = (layer.kernel_size, layer.dilation) if layer.op == "conv" else (layer.window, (1, 1))
        extents = tuple((k - 1) * d + 1 for k, d in zip(window, dilation, strict=True))
        amounts = padding_amounts(layer.padding, shape[1:3], extents, layer.strides)
        found.append((type(layer), layer.options() | {"padding": amounts}, getattr(layer, "features", None)))
    return found


@settings(max_examples=150)
@given(case=cases())
def test_a_random_network_comes_back_from_keras_or_is_refused_for_what_keras_lacks(case):
    if len(case.network) == 1:
        return
    network = case.network.without_softmax()
    lacks = [
        layer
        for layer, shape in zip(network, network.shapes(case.input_shape), strict=False)
        if (layer.op == "conv" and max(layer.strides) > 1 and max(layer.dilation) > 1)
        or (layer.op in ("max_pool", "avg_pool") and padding(layer, shape) not in named(layer, shape))
    ]
    if lacks:
        with pytest.raises(ModelError, match=r"no layer of Keras .*: save it as \.safetensors"):
            to_keras(network, case.input_shape[1:])
        return
    reading = from_keras(json.loads(json.dumps(to_keras(network, case.input_shape[1:]))))
    found, shape = reading.finished()
    assert shape == case.input_shape[1:]
    assert geometry(found, case.input_shape) == geometry(network, case.input_shape)


def padding(layer, shape):
    return padding_amounts(layer.padding, shape[1:3], layer.window, layer.strides)


def named(layer, shape):
    return [padding_amounts(name, shape[1:3], layer.window, layer.strides) for name in ("SAME", "VALID")]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, r"^A network must be a list of layers\.$"),
        ([3], r"^A network must be a list of layers\.$"),
        ([], "^A network must have at least one layer"),
        ([{"op": "convolution"}], "^Layer 0 must be one of conv, .*; got 'convolution'"),
        ([{"op": ["conv"]}], r"^Layer 0 must be one of conv, .*; got \['conv'\]"),
        ([{"op": "relu"}, {"op": "relu", "slope": 1}], "^Layer 1, relu, has no option slope"),
        ([{"op": "dense"}], "^Layer 0, dense: .*features"),
        ([{"op": "dense", "features": -1}], "^Layer 0, dense: `features` must be a positive whole number"),
    ],
)
def test_what_is_no_network_is_refused(found, message):
    with pytest.raises(ModelError, match=message):
        from_plain(found)


def test_the_names_of_layers_are_ours():
    layers = to_keras(Network(Flatten(), Dense(3), Relu(), Dense(2)), (2, 2, 1))["config"]["layers"]
    assert [layer["config"]["name"] for layer in layers] == [
        "inputs",
        "flatten_0",
        "dense_0",
        "relu_0",
        "dense_1",
        "probabilities",
    ]
