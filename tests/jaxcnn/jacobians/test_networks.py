"""Whole networks: Jacobians by inputs and by every parameter, per-example gradients, Gauss-Newton products."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings

from jaxcnn import LENET, MLP, Conv, Dense, Flatten, FlaxReading, MaxPool, Network, Relu, Softmax, Tanh, apply
from jaxcnn.jacobians import (
    cross_entropy_gradients,
    cross_entropy_hessian,
    factored_gradients,
    gauss_newton_product,
    input_jacobian,
    linearised,
    per_example_gradients,
    squared_norms,
)
from jaxcnn.jacobians.linearised import Linearised
from tests.jaxcnn._networks import cases, differences, reach

compiled = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def by_autodiff(network, params, inputs):
    """(by inputs, by parameters) of every example, by JAX's reverse mode of the ops."""

    def one(params, example):
        return apply(network, params, example[None])[0]

    by_params, by_inputs = jax.vmap(jax.jacrev(one, argnums=(0, 1)), in_axes=(None, 0))(params, inputs)
    return by_inputs, by_params


def in_closed_form(network, params, inputs):
    at = linearised(network, params, inputs)
    return at.by_inputs(), at.by_parameters()


def in_float64(function, *arrays):
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda a: np.asarray(a, np.float64), arrays)
        return jax.tree.map(np.asarray, compiled(function)(*wide))


@settings(max_examples=8)
@given(cases(whole=True, layers=4))
def test_on_whole_numbers_the_jacobians_of_random_networks_are_those_of_autodiff_bit_for_bit(case):
    params, inputs, _ = case.arrays(np.float64)
    assert reach(case, np.float64)[0] < 2**53
    both = in_float64(
        lambda p, x: (in_closed_form(case.network, p, x), by_autodiff(case.network, p, x)), params, inputs
    )
    assert differences(*both, 0.0) == []


@settings(max_examples=4)
@given(cases(layers=4))
def test_the_jacobians_of_random_networks_are_those_of_autodiff_but_for_rounding(case):
    params, inputs, _ = case.arrays(np.float64)
    both = in_float64(
        lambda p, x: (in_closed_form(case.network, p, x), by_autodiff(case.network, p, x)), params, inputs
    )
    # A Jacobian is a gradient for unit cotangents, smaller than those that `reach` supposes.
    assert differences(*both, 2 * reach(case, np.float64)[1]) == []


SMALL = Network(Conv(3, 3), Tanh(), MaxPool(2), Conv(2, (3, 2), 2), Relu(), Flatten(), Dense(4), Softmax())
SHAPE = (3, 8, 6, 2)
UNIT = float(np.finfo(np.float64).eps)
# Sums of at most 500 terms, all below 50, through eight layers.
CLOSE = 8 * 500 * UNIT * 50


@functools.cache
def arrays():
    random = np.random.default_rng(5)
    shapes = SMALL.parameter_shapes(SHAPE)
    params = jax.tree.map(lambda shape: random.standard_normal(shape) / 2, shapes, is_leaf=lambda s: type(s) is tuple)
    vector = jax.tree.map(lambda p: random.standard_normal(p.shape), params)
    return params, random.standard_normal(SHAPE), np.asarray([1, 0, 3], np.int32), random.uniform(size=(3, 4)), vector


def own_loss(params, image, label):
    logits = apply(SMALL.without_softmax(), params, image[None])[0]
    if label.ndim == 0:
        return optax.softmax_cross_entropy_with_integer_labels(logits[None], label[None])[0]
    return optax.softmax_cross_entropy(logits, label)


@functools.cache
def answers():
    """Everything about per-example gradients and curvature, ours and JAX's, in one program."""
    params, images, labels, soft, vector = arrays()

    def ours(params, images, vector, soft):
        found, weights = {}, jnp.arange(1.0, 4.0, dtype=images.dtype)
        for name, y in (("classes", labels), ("soft", soft)):
            factored = factored_gradients(SMALL, params, images, y)
            found[name] = {
                "materialised": per_example_gradients(SMALL, params, images, y),
                "weighted": of_each(factored, lambda one: one.weighted_sum(weights)),
                "norms": of_each(factored, lambda one: one.squared_norms()),
                "whole norms": squared_norms(factored),
                "gauss-newton": gauss_newton_product(SMALL, params, images, y, vector),
            }
        return found

    def theirs(params, images, vector, soft):
        return {
            name: jax.vmap(jax.grad(own_loss), in_axes=(None, 0, 0))(params, images, y)
            for name, y in (("classes", labels), ("soft", soft))
        }

    return in_float64(lambda *a: (ours(*a), theirs(*a)), params, images, vector, soft)


def of_each(factored, function):
    return {name: {part: function(one) for part, one in layer.items()} for name, layer in factored.items()}


@pytest.mark.parametrize("kind", ["classes", "soft"])
def test_the_gradients_of_single_examples_are_those_of_autodiff(kind):
    ours, theirs = answers()
    assert differences(ours[kind]["materialised"], theirs[kind], CLOSE) == []


@pytest.mark.parametrize("kind", ["classes", "soft"])
def test_factors_give_norms_and_weighted_sums_of_the_materialised_gradients(kind):
    ours = answers()[0][kind]
    whole = ours["materialised"]
    summed = jax.tree.map(lambda g: np.einsum("n...,n->...", g, np.arange(1.0, 4.0)), whole)
    assert differences(ours["weighted"], summed, 6 * CLOSE) == []
    norms = jax.tree.map(lambda g: (g**2).reshape(len(g), -1).sum(axis=1), whole)
    assert differences(ours["norms"], norms, 100 * CLOSE) == []
    np.testing.assert_allclose(ours["whole norms"], sum(jax.tree.leaves(norms)), rtol=0, atol=100 * CLOSE)


@pytest.mark.parametrize("kind", ["classes", "soft"])
def test_a_gauss_newton_product_is_the_product_with_the_materialised_matrix(kind):
    params, images, _, soft, vector = arrays()
    to_logits = SMALL.without_softmax()
    _, by_params = in_float64(lambda p, x: by_autodiff(to_logits, p, x), params, images)
    logits = in_float64(lambda p, x: apply(to_logits, p, x), params, images)
    names = jax.tree.leaves(by_params)
    jacobian = np.concatenate([leaf.reshape(3, 4, -1) for leaf in names], axis=2)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    weight = np.ones(3) if kind == "classes" else soft.sum(axis=1)
    hessian = weight[:, None, None] * (np.eye(4) * p[:, None] - p[:, :, None] * p[:, None, :])
    matrix = np.einsum("nia,nij,njb->ab", jacobian, hessian, jacobian) / 3
    flat = np.concatenate([leaf.reshape(-1) for leaf in jax.tree.leaves(vector)])
    found = np.concatenate([leaf.reshape(-1) for leaf in jax.tree.leaves(answers()[0][kind]["gauss-newton"])])
    np.testing.assert_allclose(found, matrix @ flat, rtol=0, atol=len(flat) * CLOSE)


def test_where_the_logits_are_linear_in_the_parameters_gauss_newton_is_the_hessian():
    network = Network(Flatten(), Dense(3))
    random = np.random.default_rng(2)
    params = {"dense_0": {"kernel": random.standard_normal((6, 3)), "bias": random.standard_normal(3)}}
    images, labels = random.standard_normal((4, 2, 3)), np.asarray([0, 2, 2, 1])
    vector = jax.tree.map(lambda p: random.standard_normal(p.shape), params)

    def loss(params):
        return optax.softmax_cross_entropy_with_integer_labels(apply(network, params, images), labels).mean()

    def both(params, vector):
        return (
            gauss_newton_product(network, params, images, labels, vector),
            jax.jvp(jax.grad(loss), (params,), (vector,))[1],
        )

    assert differences(*in_float64(both, params, vector), CLOSE) == []


def test_the_hessian_of_the_cross_entropy_is_that_of_autodiff():
    random = np.random.default_rng(3)
    logits, soft = random.standard_normal((3, 4)), random.uniform(size=(3, 4))
    classes = np.asarray([3, 0, 1])

    def both(logits, soft):
        def own(z, y):
            return -jnp.vdot(y, jax.nn.log_softmax(z))

        hot = jax.nn.one_hot(classes, 4, dtype=logits.dtype)
        return (
            [(cross_entropy_gradients(logits, y), cross_entropy_hessian(logits, y).dense()) for y in (classes, soft)],
            [(jax.vmap(jax.grad(own))(logits, y), jax.vmap(jax.hessian(own))(logits, y)) for y in (hot, soft)],
        )

    found, expected = in_float64(both, logits, soft)
    for ours, theirs in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=100 * UNIT)


def test_pulling_and_pushing_are_products_with_the_jacobians():
    params, images, _, _, vector = arrays()
    random = np.random.default_rng(4)
    rows, columns = random.standard_normal((3, 2, 4)), random.standard_normal((3, 1, *SHAPE[1:]))

    def ours(params, images, rows, columns, vector):
        at = linearised(SMALL, params, images)
        change = jax.tree.map(lambda part: part[None], vector)
        return at.pull(rows), at.by_inputs(), at.by_parameters(), at.push(change, columns), at.push(change)

    pulled, by_inputs, by_params, pushed, pushed_params = in_float64(ours, params, images, rows, columns, vector)
    expected = jax.tree.map(lambda j: np.einsum("nko,no...->nk...", rows, j), (by_inputs, by_params))
    assert differences(pulled, expected, CLOSE) == []
    of_params = sum(
        np.einsum("noa,a->no", j.reshape(3, 4, -1), v.reshape(-1))
        for j, v in zip(jax.tree.leaves(by_params), jax.tree.leaves(vector), strict=True)
    )
    of_inputs = np.einsum("noa,na->no", by_inputs.reshape(3, 4, -1), columns.reshape(3, -1))
    np.testing.assert_allclose(pushed_params[:, 0], of_params, rtol=0, atol=20 * CLOSE)
    np.testing.assert_allclose(pushed[:, 0], of_params + of_inputs, rtol=0, atol=20 * CLOSE)


@pytest.mark.parametrize("network", [LENET, MLP], ids=["lenet", "mlp"])
def test_the_logits_jacobian_of_the_labs_networks_is_that_of_flax_and_autodiff(network):
    random = np.random.default_rng(6)
    images = random.uniform(size=(2, 28, 28, 1)).astype(np.float32)
    reading = FlaxReading(network)
    params = reading.init(jax.random.key(0), images.shape)
    expected = np.asarray(compiled(jax.vmap(jax.jacrev(lambda x: reading.apply(params, x[None])[0])))(images))
    # float32: sums of up to 784 products, entries of the Jacobian below 1
    assert np.abs(expected).max() < 1
    np.testing.assert_allclose(input_jacobian(network, params, images), expected, rtol=0, atol=784 * 2.0**-23)


def test_a_linearisation_passes_through_jit_as_plain_data():
    params, images, *_ = arrays()
    at = jax.jit(functools.partial(linearised, SMALL))(params, images.astype(np.float64))
    assert isinstance(at, Linearised)
    assert at.names == tuple(name for name, _ in SMALL.named_layers())


def test_a_vector_of_other_shapes_is_refused():
    params, images, labels, *_ = arrays()
    narrow = jax.tree.map(lambda p: p.astype(np.float32), params)
    wrong = {**narrow, "dense_0": {"kernel": np.ones((2, 2), np.float32), "bias": narrow["dense_0"]["bias"]}}
    with pytest.raises(ValueError, match=r"`vector` must have the names and shapes of `params`"):
        gauss_newton_product(SMALL, narrow, images.astype(np.float32), labels, wrong)


def test_a_push_of_nothing_is_refused():
    at = linearised(Network(Flatten()), {}, np.ones((1, 2), np.float32))
    with pytest.raises(ValueError, match=r"needs changes of parameters, of inputs or of both"):
        at.push()


def test_labels_and_images_are_checked_as_everywhere():
    params, images, *_ = jax.tree.map(lambda a: a.astype(np.float32), arrays())
    with pytest.raises(ValueError, match=r"`labels` must be from 0 to 3; got 4"):
        per_example_gradients(SMALL, params, images, np.asarray([1, 4, 0], np.int32))
    with pytest.raises(TypeError, match=r"`inputs` must be floating point"):
        input_jacobian(SMALL, params, images.astype(np.int32))


def test_of_one_image_it_is_that_of_the_image_in_a_batch():
    network = Network(Conv(2, 3), Relu(), Flatten(), Dense(3))
    images = np.random.default_rng(7).uniform(size=(2, 4, 5, 1)).astype(np.float32)
    params = FlaxReading(network).init(jax.random.key(0), images.shape)
    both = input_jacobian(network, params, images)
    # sums of at most 40 products below 1, in float32
    np.testing.assert_allclose(input_jacobian(network, params, images[1:]), both[1:], rtol=0, atol=80 * 2.0**-24)
