"""More functions of the kinds of which the test beside this folder examines some."""

import pytest

from tests.verify.scanning.test_subset import check_not_accused

MORE = """
jax.numpy.exp jax.numpy.expm1 jax.numpy.log1p jax.numpy.square jax.numpy.arcsinh jax.numpy.tanh jax.numpy.sign
jax.numpy.add jax.numpy.kron jax.lax.sinh jax.lax.erf jax.nn.relu jax.nn.silu jax.nn.hard_tanh jax.nn.soft_sign
jax.scipy.special.expit optax.losses.squared_error jax.numpy.cbrt jax.numpy.arctan jax.numpy.maximum jax.numpy.prod
jax.numpy.concatenate jax.lax.top_k jax.nn.glu jax.scipy.special.i0e
""".split()


@pytest.mark.parametrize("name", MORE)
def test_a_function_that_is_right_is_not_accused(name):
    check_not_accused(name)
