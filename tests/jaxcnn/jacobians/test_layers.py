"""Every layer's Jacobians: the materialised form is autodiff's, and products in factors are products with it."""

import functools

import jax
import numpy as np
import pytest

from jaxcnn.jacobians import JACOBIANS, layer_jacobians
from jaxcnn.layers import Layer
from jaxcnn.rules import RULES
from tests.jaxcnn.jacobians._layers import LAYERS, WHOLE, arrays, by_autodiff

every_layer = pytest.mark.parametrize("name", LAYERS)

# Every entry is a product of at most five numbers up to 3, in float64: a dozen roundings of numbers below 256.
ROUNDING = 12 * 256 * np.finfo(np.float64).eps


def compiled(function, *values):
    """Without optimisation, since every program runs once."""
    found = jax.jit(function, compiler_options={"xla_backend_optimization_level": 0})(*values)
    return jax.tree.map(np.asarray, found)


def in_all_forms(layer: Layer, random):
    """A function that returns everything a Jacobian can say: itself, and products with random whole numbers."""

    def forms(*values):
        found = {}
        for argument, jacobian in layer_jacobians(layer, *values).items():
            dense = jax.eval_shape(jacobian.dense)
            own = values[0].shape[1:] if argument == "inputs" else dense.shape[1 + len(values[0].shape[1:]) :]
            outputs = dense.shape[1 : len(dense.shape) - len(own)]
            rows = random.integers(-2, 3, (len(values[0]), 2, *outputs)).astype(values[0].dtype)
            columns = random.integers(-2, 3, (len(values[0]), 3, *own)).astype(values[0].dtype)
            found[argument] = {
                "dense": jacobian.dense(),
                "rows": rows,
                "columns": columns,
                "pull": jacobian.pull(rows),
                "push": jacobian.push(columns),
                "push one": jacobian.push(columns[:1]),
                "pull total": jacobian.pull_total(rows),
                "squared norms": jacobian.squared_norms(rows),
            }
        return found

    return forms


@functools.cache
def found_and_expected(name):
    """Both in float64, which is exact on the whole numbers here."""
    layer, _ = LAYERS[name]
    values = arrays(name, np.float64)
    with jax.enable_x64(True):
        expected = compiled(by_autodiff(layer), *values)
        return compiled(in_all_forms(layer, np.random.default_rng(1)), *values), expected


def bound(name):
    return 0.0 if LAYERS[name][0].op in WHOLE else ROUNDING


def as_matrices(dense, columns):
    """The Jacobians of all examples, [N, outputs, entries of the argument], and the number of the latter."""
    count = len(columns)
    entries = int(np.prod(columns.shape[2:]))
    return np.broadcast_to(dense.reshape(len(dense), -1, entries), (count, dense[0].size // entries, entries))


@every_layer
def test_the_materialised_jacobian_is_that_of_autodiff(name):
    found, expected = found_and_expected(name)
    assert list(found) == list(expected)
    for argument, right in expected.items():
        ours = np.broadcast_to(found[argument]["dense"], right.shape)
        assert np.any(right)
        np.testing.assert_allclose(ours, right, rtol=0, atol=bound(name))


@every_layer
def test_products_in_factors_are_products_with_the_materialised_jacobian(name):
    found, _ = found_and_expected(name)
    for forms in found.values():
        matrices = as_matrices(forms["dense"], forms["columns"])
        rows, columns = (forms[side].reshape(*forms[side].shape[:2], -1) for side in ("rows", "columns"))
        pulled, pushed = rows @ matrices, np.einsum("noa,nka->nko", matrices, columns)
        slack = bound(name) * max(matrices.shape[1:])
        pull = np.broadcast_to(forms["pull"].reshape(len(forms["pull"]), 2, -1), pulled.shape)
        np.testing.assert_allclose(pull, pulled, rtol=0, atol=slack)
        np.testing.assert_allclose(forms["push"].reshape(pushed.shape), pushed, rtol=0, atol=slack)
        alike = np.einsum("noa,ka->nko", matrices, columns[0])
        push_one = forms["push one"].reshape(len(forms["push one"]), 3, -1)
        np.testing.assert_allclose(np.broadcast_to(push_one, alike.shape), alike, rtol=0, atol=slack)
        total = forms["pull total"].reshape(2, -1)
        np.testing.assert_allclose(total, pulled.sum(axis=0), rtol=0, atol=len(rows) * slack)
        norms = forms["squared norms"]
        largest = 1 + 2 * np.abs(pulled).max()
        atol = pulled.shape[2] * slack * largest
        np.testing.assert_allclose(norms, (pulled**2).sum(axis=2), rtol=0, atol=atol)


@every_layer
def test_a_jacobian_has_the_dtype_of_its_layer(name):
    layer, _ = LAYERS[name]
    for dtype in (np.float32, np.float64):
        with jax.enable_x64(True):
            forms = in_all_forms(layer, np.random.default_rng(1))
            shapes = jax.eval_shape(forms, *arrays(name, dtype))
        assert {leaf.dtype for leaf in jax.tree.leaves(shapes)} == {np.dtype(dtype)}


def test_there_is_a_jacobian_for_every_rule_but_the_loss_and_by_every_argument():
    assert set(JACOBIANS) == set(RULES) - {"cross_entropy"} == {layer.op for layer, _ in LAYERS.values()}
    for name, (layer, _) in LAYERS.items():
        assert len(found_and_expected(name)[0]) == len(RULES[layer.op].arguments)
