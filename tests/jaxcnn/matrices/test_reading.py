"""A network by matrix products alone: exact on whole numbers, within a proved bound on digits, else refused."""

import functools

import jax
import numpy as np
import optax
import pytest
from hypothesis import given, settings

from jaxcnn import (
    AvgPool,
    Conv,
    Dense,
    Flatten,
    MaxPool,
    Network,
    Relu,
    Softmax,
    Tanh,
    apply,
    init_parameters,
    load_digits,
    scaled,
    train_by_hand,
)
from jaxcnn.matrices import network_as_matrices
from jaxcnn.matrices.reading import FORMS
from jaxcnn.matrices.steps import RELU
from jaxcnn.zoo import CONV_AS_MATRIX
from tests.jaxcnn._networks import cases
from verify import Affine

compiled = functools.partial(jax.jit, static_argnums=0, compiler_options={"xla_backend_optimization_level": 0})

# The lab's network with fewer channels and neurons, so that training it takes a second.
SMALL = Network(Conv(6, 3, padding="VALID"), MaxPool(2), Relu(), Flatten(), Dense(24), Relu(), Dense(10), Softmax())


@functools.cache
def trained():
    """Parameters after two epochs on the embedded digits, test images, and their logits by the network itself."""
    images, labels = load_digits("train")
    start = init_parameters(SMALL, jax.random.key(0), (1, 28, 28, 1))
    params, _ = train_by_hand(
        SMALL,
        start,
        scaled(images),
        labels,
        optimizer=optax.adam(0.005),
        epochs=2,
        batch_size=32,
        key=jax.random.key(1),
    )
    test_images = scaled(load_digits("test")[0])
    return params, test_images, np.asarray(compiled(apply)(SMALL.without_softmax(), params, test_images))


@functools.cache
def reading():
    return network_as_matrices(SMALL, trained()[0], (1, 28, 28, 1))


def agree(logits, expected, bound):
    """Every logit within the bound, and the same class wherever the two largest are further apart than it allows."""
    within = bool(np.all(np.abs(logits - expected) <= bound))
    largest = np.sort(expected, axis=1)
    sure = largest[:, -1] - largest[:, -2] > 2 * bound.max(axis=1)
    return within and bool(np.all(logits.argmax(axis=1)[sure] == expected.argmax(axis=1)[sure])), sure


@settings(max_examples=8)
@given(cases(whole=True, layers=4))
def test_on_whole_numbers_both_forms_of_random_networks_are_the_network_bit_for_bit(case):
    params, inputs, _ = case.arrays(np.float64)
    with jax.enable_x64(True):
        expected = np.asarray(compiled(apply)(case.network, params, inputs))
        found = network_as_matrices(case.network, params, case.input_shape)
        for form in FORMS:
            np.testing.assert_array_equal(found.forward(inputs, form=form), expected.reshape(len(inputs), -1))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("probable", [False, True], ids=["proved", "probable"])
def test_all_digits_agree_within_the_bound_and_no_sure_prediction_changes(form, probable):
    _, images, expected = trained()
    bound = reading().bound(images, probable=probable)
    held, sure = agree(reading().forward(images, form=form), expected, bound)
    assert held
    assert sure.mean() > 0.95  # the bound is fine enough to say something


def test_a_matrix_with_a_slip_is_further_off_than_the_bound_allows():
    params, images, expected = trained()
    kernel = np.array(params["conv_0"]["kernel"])
    kernel[0, [1, 2]] = kernel[0, [2, 1]]
    wrong = network_as_matrices(SMALL, {**params, "conv_0": {**params["conv_0"], "kernel": kernel}}, (1, 28, 28, 1))
    assert not agree(wrong.forward(images), expected, reading().bound(images))[0]


def test_the_relu_form_is_matrices_and_relu_and_nothing_else():
    chain = reading().relu_form
    # conv; two stages of pooling, each a matrix, relu and a matrix; relu; dense; relu; dense
    kinds = ["relu" if isinstance(link, str) else "matrix" for link in chain]
    assert kinds == ["matrix", *["matrix", "relu", "matrix"] * 2, "relu", "matrix", "relu", "matrix"]
    _, images, expected = trained()
    values = images[0].reshape(-1)
    for link in chain:
        values = np.maximum(values, 0) if isinstance(link, str) and link == RELU else link(values)
    assert np.all(np.abs(values - expected[0]) <= reading().bound(images[:1])[0])


def test_at_an_image_the_network_is_a_product_of_matrices_of_which_those_of_pooling_and_relu_select():
    _, images, expected = trained()
    matrices = dict(reading().matrices_at(images[3]))
    assert list(matrices) == ["conv_0", "max_pool_0", "relu_0", "dense_0", "relu_1", "dense_1"]
    values = images[3].reshape(-1)
    for affine in matrices.values():
        values = affine(values)
    assert np.all(np.abs(values - expected[3]) <= reading().bound(images[3:4])[0])
    pool, relu = matrices["max_pool_0"].matrix, matrices["relu_0"].matrix
    assert (pool.data == 1).all()
    assert (np.diff(pool.indptr) == 1).all()
    assert (relu - relu @ relu).nnz == 0  # a projection onto what is positive
    assert 0 < relu.nnz < relu.shape[0]


def test_the_labs_network_has_the_sizes_that_the_lab_asks_for():
    shapes = CONV_AS_MATRIX.parameter_shapes((1, 28, 28, 1))
    params = jax.tree.map(lambda s: np.ones(s, np.float32), shapes, is_leaf=lambda s: type(s) is tuple)
    found = network_as_matrices(CONV_AS_MATRIX, params, (1, 28, 28, 1))
    rows = {row.layer: row for row in found.table().rows}
    assert [row.neurons for row in rows.values()] == [784, 43264, 10816, 10816, 10816, 1024, 1024, 10]
    assert rows["conv_0"].matrix == (43264, 784)
    assert rows["conv_0"].nonzero == 26 * 26 * 64 * 9
    assert rows["conv_0"].why.startswith("(28 - 3) + 1 = 26, 64 features")
    assert rows["max_pool_0"].matrix == (10816, 43264)
    assert rows["dense_0"].nonzero == 10816 * 1024
    printed = str(found.table()).splitlines()
    assert printed[2].split()[:9] == ["conv_0", "26", "x", "26", "x", "64", "43,264", "43,264", "x"]
    assert len(printed) == 9
    # with the bias in it, as the lab writes it
    assert found.steps[0].affine.homogeneous().shape == (43265, 785)


def test_average_pooling_padding_and_images_that_are_not_square_are_within_the_bound():
    network = Network(
        Conv(3, (2, 3), (1, 2), "SAME"), AvgPool((3, 2), 2, "SAME"), Relu(), MaxPool(3, 1, "SAME"), Flatten(), Dense(4)
    )
    params = init_parameters(network, jax.random.key(2), (1, 7, 9, 2))
    inputs = np.random.default_rng(0).standard_normal((5, 7, 9, 2)).astype(np.float32)
    found = network_as_matrices(network, params, (1, 7, 9, 2))
    expected = np.asarray(compiled(apply)(network, params, inputs))
    for form in FORMS:
        held, _ = agree(found.forward(inputs, form=form), expected, found.bound(inputs))
        assert held
    assert "means of 6" in str(found.table())


REFUSED = {
    "a tanh": (Network(Flatten(), Dense(3), Tanh(), Dense(2)), r"tanh_0 is a Tanh"),
    "a softmax in the middle": (Network(Flatten(), Softmax(), Dense(2)), r"softmax_0 is a Softmax"),
}


@pytest.mark.parametrize(("network", "message"), REFUSED.values(), ids=REFUSED)
def test_a_network_that_is_not_matrices_and_relu_is_refused(network, message):
    params = init_parameters(network, jax.random.key(0), (1, 2, 2, 1))
    with pytest.raises(ValueError, match=message):
        network_as_matrices(network, params, (1, 2, 2, 1))


def test_wrong_inputs_are_refused():
    with pytest.raises(ValueError, match=r"`inputs` must have shape \(batch, \*\(28, 28, 1\)\); got \(2, 28, 27, 1\)"):
        reading().forward(np.ones((2, 28, 27, 1), np.float32))
    with pytest.raises(ValueError, match=r"`form` must be 'selection' or 'relu'; got 'dense'"):
        reading().forward(np.ones((2, 28, 28, 1), np.float32), form="dense")
    with pytest.raises(ValueError, match=r"free of NaN"):
        reading().bound(np.full((2, 28, 28, 1), np.nan, np.float32))
    params = trained()[0]
    with pytest.raises(ValueError, match=r"`params` must hold exactly"):
        network_as_matrices(SMALL, {"conv_0": params["conv_0"]}, (1, 28, 28, 1))


def test_an_affine_map_is_what_a_layer_is():
    assert all(isinstance(affine, Affine) for _, affine in reading().matrices_at(trained()[1][0]))
