"""Keras itself loads our files and predicts the same, and its own files are read: `pytest --keras`, extra `keras`."""

import jax
import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from jaxcnn import Dense, Flatten, Network
from jaxcnn.datasets import scaled
from jaxcnn.models import ModelError, load_model, save_model
from jaxcnn.zoo import ZOO
from tests.jaxcnn._networks import cases
from tests.jaxcnn.models._models import make, model, pictures

# Two programs for one function in float32: probabilities are at most 1, and Keras compiles other convolutions.
ALLOWED = 1e-5


def by_keras(file, made, images):
    """Return the probabilities that Keras finds with our file."""
    inputs = scaled(images, made.low, made.high)
    return np.asarray(keras.models.load_model(file, compile=False).predict(inputs, verbose=0))


@pytest.mark.parametrize("name", ZOO)
def test_every_network_of_the_zoo_has_the_same_probabilities(name, tmp_path):
    made = model(ZOO[name].network, ZOO[name].input_shape)
    save_model(tmp_path / "model.h5", made)
    images = pictures(made.input_shape)
    found = by_keras(tmp_path / "model.h5", made, images)
    np.testing.assert_allclose(found, made.probabilities(images), rtol=0, atol=ALLOWED)


def test_every_layer_has_the_same_probabilities_and_comes_back_from_keras(tmp_path):
    made = make("every")
    save_model(tmp_path / "ours.h5", made)
    images = pictures(made.input_shape)
    loaded = keras.models.load_model(tmp_path / "ours.h5", compile=False)
    found = np.asarray(loaded.predict(scaled(images, -1.0, 1.0), verbose=0))
    np.testing.assert_allclose(found, made.probabilities(images), rtol=0, atol=ALLOWED)
    loaded.save(tmp_path / "theirs.h5")
    again = load_model(tmp_path / "theirs.h5")
    assert again.network == made.network
    jax.tree.map(np.testing.assert_array_equal, again.params, made.params)
    # Keras does not keep what is ours: names of classes, and the scaling.
    assert (again.classes, again.low, again.high) == (("0", "1", "2"), 0.0, 1.0)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_random_networks_have_the_same_probabilities(case, tmp_path):
    assume(len(case.input_shape) == 4)
    flat = () if len(case.output_shape) == 2 else (Flatten(),)
    made = model(Network(*case.network, *flat, Dense(3)), case.input_shape[1:])
    try:
        save_model(tmp_path / "model.h5", made)
    except ModelError:
        assume(False)  # Keras has no such layer; test_plain.py says exactly when
    images = pictures(made.input_shape)
    found = by_keras(tmp_path / "model.h5", made, images)
    np.testing.assert_allclose(found, made.probabilities(images), rtol=0, atol=ALLOWED)


def sequential():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((12, 10, 1)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.ZeroPadding2D(((0, 1), (2, 0))),
            layers.Conv2D(4, (3, 2), activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(3, 3, padding="same", use_bias=False),
            layers.ReLU(),
            layers.AveragePooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(8, activation="tanh"),
            layers.Dense(5, use_bias=False),
            layers.Softmax(),
        ]
    )


def functional():
    layers = keras.layers
    inputs = keras.Input((12, 10, 1))
    values = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    values = layers.Conv2D(4, 3, strides=2, padding="same", activation="sigmoid")(values)
    values = layers.Flatten()(values)
    return keras.Model(inputs, layers.Dense(5, activation="softmax")(values))


@pytest.mark.parametrize("build", [sequential, functional])
@pytest.mark.parametrize("trained", [False, True])
def test_a_file_that_keras_wrote_is_read(build, trained, tmp_path):
    keras.utils.set_random_seed(3)
    theirs, images = build(), pictures((12, 10, 1))
    if trained:  # then the file also holds the state of an optimiser
        theirs.compile("adam", "sparse_categorical_crossentropy")
        theirs.fit(images.astype(np.float32), np.arange(5), epochs=1, verbose=0)
    theirs.save(tmp_path / "theirs.h5")
    ours = load_model(tmp_path / "theirs.h5")
    assert (ours.low, ours.high) == (-1.0, 1.0)
    expected = np.asarray(theirs.predict(images.astype(np.float32), verbose=0))
    np.testing.assert_allclose(ours.probabilities(images), expected, rtol=0, atol=ALLOWED)


def test_what_we_do_not_have_is_named(tmp_path):
    layers = keras.layers
    theirs = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.BatchNormalization(), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    theirs.save(tmp_path / "theirs.h5")
    with pytest.raises(ModelError, match=r"theirs\.h5 cannot be used: BatchNormalization 'batch_.*': there is no such"):
        load_model(tmp_path / "theirs.h5")


def test_weights_alone_are_no_model(tmp_path):
    functional().save_weights(tmp_path / "theirs.weights.h5")
    with pytest.raises(ModelError, match="it holds no model: save the whole of it, not its weights alone"):
        load_model(tmp_path / "theirs.weights.h5")
