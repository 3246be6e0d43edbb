"""What Keras writes and we read: as Keras 3 and Keras 2 spell it; and what is refused, with the layer named."""

import copy
import itertools
import math

import pytest

from jaxcnn import Conv, Dense, Flatten, LeCunTanh, LogSoftmax, MaxPool, Network, Relu, Sigmoid, Tanh
from jaxcnn.models import ModelError
from jaxcnn.models.from_keras import from_keras
from jaxcnn.models.lecun_graph import lecun_graph

FLOAT32 = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}


def layer(kind, **options):
    return {"class_name": kind, "config": {"name": kind.lower(), "dtype": FLOAT32, **options}}


INPUT = layer("InputLayer", batch_shape=[None, 8, 8, 1])
CONV = layer("Conv2D", filters=2, kernel_size=[3, 3], padding="same", activation="relu", use_bias=False)
POOL = layer("MaxPooling2D", pool_size=[2, 2], padding="valid", strides=[2, 2])
FLATTEN = layer("Flatten")
DENSE = layer("Dense", units=3, activation="softmax")


def sequential(*layers, **more):
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers), **more}}


def graph(*layers, spell):
    """Return a `Functional` model in which each layer takes its inputs from the one before."""
    chain = [{**copy.deepcopy(one), "name": one["config"]["name"], "inbound_nodes": []} for one in layers]
    for before, after in itertools.pairwise(chain):
        after["inbound_nodes"] = spell(before["name"])
    return {"class_name": "Functional", "config": {"name": "f", "layers": chain}}


def keras_2(name):
    return [[[name, 0, 0, {}]]]


def keras_3(name):
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 3], "keras_history": [name, 0, 0]}}
    return [{"args": [tensor], "kwargs": {}}]


EXPECTED = Network(Conv(2, 3), Relu(), MaxPool(2), Flatten(), Dense(3))


@pytest.mark.parametrize(
    "config",
    [
        sequential(INPUT, CONV, POOL, FLATTEN, DENSE),
        sequential(CONV, POOL, FLATTEN, DENSE, build_input_shape=[None, 8, 8, 1]),
        sequential(
            {**CONV, "config": CONV["config"] | {"batch_input_shape": [None, 8, 8, 1], "dtype": "float32"}},
            POOL,
            layer("Dropout", rate=0.5),
            FLATTEN,
            DENSE,
        ),
        graph(INPUT, CONV, POOL, FLATTEN, DENSE, spell=keras_2),
        graph(INPUT, CONV, POOL, FLATTEN, DENSE, spell=keras_3),
    ],
    ids=["sequential", "built later", "keras 2", "functional of keras 2", "functional of keras 3"],
)
def test_a_chain_is_read_however_it_is_spelled(config):
    reading = from_keras(config)
    assert reading.finished() == (EXPECTED, (8, 8, 1))
    assert reading.sources == [("conv2d", False), ("dense", True)]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([FLATTEN, layer("Activation", activation="tanh")], [Flatten(), Tanh()]),
        ([FLATTEN, layer("Activation", activation="linear")], [Flatten()]),
        ([FLATTEN, layer("Activation", activation="log_softmax")], [Flatten(), LogSoftmax()]),
        ([FLATTEN, layer("ReLU", max_value=None, negative_slope=0.0, threshold=0.0)], [Flatten(), Relu()]),
        ([FLATTEN, layer("Dense", units=2)], [Flatten(), Dense(2)]),
        ([FLATTEN, layer("Dense", units=2, activation="sigmoid")], [Flatten(), Dense(2), Sigmoid()]),
        ([FLATTEN, lecun_graph("lecun", (64,))], [Flatten(), LeCunTanh()]),
        (
            [
                layer("ZeroPadding2D", padding=[[1, 2], [0, 3]]),
                layer("Cropping2D", cropping=[[0, 1], [4, 0]]),
                layer("Conv2D", filters=2, kernel_size=3, padding="valid", activation="linear"),
                FLATTEN,
            ],
            [Conv(2, 3, padding=((1, 1), (-4, 3))), Flatten()],
        ),
    ],
)
def test_layers_are_read(layers, expected):
    last = layer("Dense", units=3, activation="softmax", name="last")
    found, _ = from_keras(sequential(INPUT, *layers, last)).finished()
    assert found == Network(*expected, Dense(3))


def test_rescaling_in_the_first_place_is_the_scaling_of_the_pixels():
    reading = from_keras(sequential(INPUT, layer("Rescaling", scale=2 / 255, offset=-1.0), FLATTEN, DENSE))
    assert (reading.low, reading.high) == (-1.0, 1.0)


def test_grey_images_without_a_channel_are_images_with_one():
    found = from_keras(sequential(layer("InputLayer", batch_shape=[None, 8, 7]), FLATTEN, DENSE)).finished()
    assert found == (Network(Flatten(), Dense(3)), (8, 7, 1))


def changed(one, **options):
    return {**one, "config": one["config"] | options}


BRANCH = graph(INPUT, FLATTEN, DENSE, spell=keras_2)
BRANCH["config"]["layers"][2]["inbound_nodes"] = [[["flatten", 0, 0, {}], ["inputlayer", 0, 0, {}]]]
ODD = graph(INPUT, FLATTEN, DENSE, spell=lambda _: 3)
OTHER_GRAPH = lecun_graph("lecun", (64,))
OTHER_GRAPH["config"]["layers"][3]["config"]["scale"] = 1.716


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "^it does not describe a chain of layers$"),
        ({"class_name": "Sequential", "config": {"layers": {}}}, "^it does not describe a chain of layers$"),
        (sequential(INPUT, {"class_name": "Flatten"}), "^a layer of it has no class or no options$"),
        (BRANCH, r"^its layers are no chain: 'dense' takes its inputs from \['flatten', 'inputlayer'\]$"),
        (ODD, "^a graph is written in a way that is not read, 3$"),
        (sequential(INPUT, layer("LSTM")), "^LSTM 'lstm': there is no such layer here; there are Conv2D, "),
        (sequential(INPUT, changed(CONV, filters="2")), r"^Conv2D 'conv2d': `features` must be .* got '2'$"),
        (sequential(INPUT, changed(CONV, padding="causal")), "^Conv2D 'conv2d': padding must be one of valid, same"),
        (sequential(INPUT, changed(CONV, data_format="channels_first")), "'conv2d': only data_format 'channels_last'"),
        (
            sequential(INPUT, changed(CONV, dtype="mixed_float16")),
            "only layers that compute in float32 .* 'mixed_float16'",
        ),
        (sequential(INPUT, changed(CONV, activation="selu")), "activation must be one of relu, .*; got 'selu'"),
        (sequential(INPUT, CONV, CONV), "^Conv2D 'conv2d': it must have a name of its own$"),
        (sequential(INPUT, layer("Dense", activation="linear")), "^Dense 'dense': the option units is missing$"),
        (sequential(INPUT, layer("ReLU", negative_slope=0.1)), "^ReLU 'relu': only the plain relu is read"),
        (sequential(INPUT, layer("Softmax", axis=1)), "only a softmax over the last axis is read; got axis 1"),
        (sequential(INPUT, layer("ZeroPadding2D", padding=1), POOL), "are taken over by a Conv2D that follows"),
        (sequential(INPUT, layer("ZeroPadding2D", padding=[1, -1])), "padding must be whole numbers around two axes"),
        (sequential(INPUT, layer("ZeroPadding2D", padding=1), CONV), "only padding 'valid' is read"),
        (
            sequential(INPUT, layer("Cropping2D", cropping=1), layer("ZeroPadding2D", padding=1)),
            "padding after cropping is not read",
        ),
        (sequential(INPUT, FLATTEN, layer("Rescaling", scale=2)), "only rescaling by two numbers, and in the first"),
        (sequential(INPUT, layer("Rescaling", scale=10**400)), "^Rescaling 'rescaling': .*too large"),
        (sequential(INPUT, OTHER_GRAPH), "a model within a model is read only where it is LeCun's tanh"),
        (sequential(layer("InputLayer", batch_shape=[None, None, 8, 1])), "must have a shape in whole numbers"),
    ],
)
def test_what_we_do_not_have_is_refused(config, message):
    with pytest.raises(ModelError, match=message):
        from_keras(config)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (sequential(INPUT, FLATTEN, changed(DENSE, activation="linear")), "it does not end in a softmax"),
        (sequential(INPUT, DENSE), r"^its layers do not fit together: dense_0: inputs must be rows"),
        (sequential(FLATTEN, DENSE), "it does not say the shape of its inputs"),
        (sequential(INPUT, FLATTEN, DENSE, layer("ZeroPadding2D", padding=1)), "it ends with padding or cropping"),
        (
            sequential(layer("InputLayer", batch_shape=[None, 4]), layer("Rescaling", scale=1.0), DENSE),
            "only images can be rescaled",
        ),
    ],
)
def test_a_chain_that_is_no_classifier_is_refused(config, message):
    with pytest.raises(ModelError, match=message):
        from_keras(config).finished()


def test_the_graph_of_lecuns_tanh_computes_it():
    """Walk the graph that Keras would build, entry by entry."""
    values = {"inputs": 0.7}
    for one in lecun_graph("lecun", (1,))["config"]["layers"][1:]:
        inputs = [values[source] for ((source, _, _, _),) in [[node] for node in one["inbound_nodes"][0]]]
        options = one["config"]
        made = {
            "Rescaling": lambda x, o=options: o["scale"] * x + o["offset"],
            "Activation": lambda x: math.tanh(x),
            "Add": lambda *x: sum(x),
        }[one["class_name"]]
        values[one["name"]] = made(*inputs)
    assert values["sum"] == 1.7159 * math.tanh(2 / 3 * 0.7) + 0.01 * 0.7
