"""PyTorch's gradcheck sees the gradients that JAX has: right ones are accepted behind the bridge and wrong ones not."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks import checkers, power, scores, torch_bridge
from benchmarks.corpus import CORPUS

NAMED = {pair.name: pair for pair in CORPUS}


@pytest.fixture(autouse=True)
def _double():
    with jax.enable_x64(True):
        yield


def gradients(fun, *arrays):
    tensors = torch_bridge.inputs(tuple(map(jnp.asarray, arrays)))
    for out in torch_bridge.bridged(fun)(*tensors):
        out.real.sum().backward()
    return [tensor.grad.numpy() for tensor in tensors]


def test_the_gradients_behind_the_bridge_are_those_written_out():
    x, y = np.array([0.5, -1.0, 2.0]), np.array([1.5, 0.25, -3.0])
    d_x, d_y = gradients(lambda x, y: jnp.sin(x) * y, x, y)
    np.testing.assert_allclose(d_x, np.cos(x) * y, rtol=1e-15)
    np.testing.assert_allclose(d_y, np.sin(x), rtol=1e-15)


def test_a_complex_gradient_is_that_of_pytorch_itself():
    z = np.array([0.5 - 1.0j, 2.0 + 0.25j])
    own = torch.from_numpy(z).requires_grad_()
    (own * own * own).real.sum().backward()
    np.testing.assert_allclose(gradients(lambda z: z * z * z, z)[0], own.grad.numpy(), rtol=1e-14)


def test_integer_outputs_are_left_out():
    (grad,) = gradients(lambda x: (jnp.argmax(x), x * x), np.array([1.0, 3.0]))
    np.testing.assert_array_equal(grad, [2.0, 6.0])


@pytest.mark.parametrize("name", ["cross_order", "conv2d_flip", "complex_square", "embedding_repeats", "det_singular"])
def test_gradcheck_accepts_the_right_twin(name):
    (right,) = [row for row in answers(name) if row.which == scores.RIGHT]
    assert right.verdict == checkers.ACCEPTED, right.detail


@pytest.mark.parametrize("name", ["cross_order", "conv2d_flip", "complex_square"])
def test_gradcheck_rejects_what_is_wrong_at_the_example(name):
    (wrong,) = [row for row in answers(name) if row.which == scores.WRONG]
    assert wrong.verdict == checkers.REJECTED, wrong.detail


def answers(name):
    compared, missing = checkers.checkers(None, [checkers.GRADCHECK])
    assert not missing
    return list(power.run([NAMED[name]], compared, "float64"))


def test_in_float32_gradcheck_is_not_asked():
    compared, _ = checkers.checkers(None, [checkers.GRADCHECK])
    assert list(power.run([NAMED["cross_order"]], compared, "float32")) == []
