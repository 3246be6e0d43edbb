"""One compiled program for any number of rows, in the precision that was asked for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify import _precision
from verify.batched import CHUNK, Batched

PROGRAM = Batched(lambda x, n: (jnp.sin(x[0]) * x[1], n[0] + 1), 3, double=False)


@pytest.mark.parametrize("count", [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 5])
def test_any_number_of_rows_gives_the_rows_one_by_one(count):
    rng = np.random.default_rng(count)
    x, y = rng.standard_normal((2, count, 3)).astype(np.float32)
    n = rng.integers(0, 9, count).astype(np.int32)
    product, more = PROGRAM((x, y), (n,))
    np.testing.assert_allclose(product, np.sin(x) * y, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(more, n + 1)
    assert product.shape == (count, 3)
    last, _ = PROGRAM((x[-1:], y[-1:]), (n[-1:],))
    np.testing.assert_array_equal(product[-1:], last)


def test_a_row_larger_than_a_chunk_is_run_alone():
    shapes = []

    def one(x):
        shapes.append(x[0].shape)
        return 2 * x[0]

    found = Batched(one, 1 << 22, double=False)((np.ones((3, 2), np.float32),))
    np.testing.assert_array_equal(found, np.full((3, 2), 2))
    assert shapes == [(2,)]


@pytest.mark.parametrize("outside", [False, True], ids=["32-bit", "64-bit"])
@pytest.mark.parametrize("double", [False, True], ids=["user", "double"])
def test_double_precision_is_used_inside_and_does_not_leak(double, outside):
    with jax.enable_x64(outside):
        found = Batched(lambda x: x[0] / 3, 1, double=double)((np.ones((1, 2), np.float64),))
        assert found.dtype == (np.float64 if double or outside else np.float32)
        assert jax.config.jax_enable_x64 is outside
        assert jnp.ones(1).dtype == (np.float64 if outside else np.float32)


def test_an_error_inside_leaves_the_precision_as_it_was():
    def refuse(x):
        raise ValueError("no")

    with pytest.raises(ValueError, match=r"^no"):
        Batched(refuse, 1, double=True)((np.ones((1, 2)),))
    assert jnp.ones(1).dtype == np.float32


@pytest.mark.parametrize("dtype", [jnp.bfloat16, np.float16, np.float32])
def test_the_cast_to_float64_is_exact(dtype):
    x = np.random.default_rng(0).standard_normal(100).astype(dtype)
    (wide,) = _precision.to_float64([x])
    assert wide.dtype == np.float64
    np.testing.assert_array_equal(wide.astype(dtype), x)


@pytest.mark.parametrize(
    ("dtype", "roundoff", "largest"),
    [(jnp.bfloat16, 2.0**-8, 2.0**127), (np.float16, 2.0**-11, 65504), (np.float32, 2.0**-24, 2.0**127)],
    ids=["bfloat16", "float16", "float32"],
)
def test_the_numbers_of_a_dtype(dtype, roundoff, largest):
    assert _precision.unit_roundoff(dtype) == roundoff
    assert largest <= _precision.largest(dtype) < 2 * largest
    assert _precision.smallest_normal(dtype) == float(jnp.finfo(dtype).tiny)
