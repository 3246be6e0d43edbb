"""What the caller knows of an argument narrows what the check tries."""

import jax.numpy as jnp
import numpy as np
import pytest

from verify import Domain, problem
from verify.domain import per_leaf

X, W = np.asarray([0.5, 1.5], np.float32), {"b": np.asarray([2.0], np.float32), "a": np.asarray([3.0], np.float32)}


def both(x, w):
    return x * w["a"] + w["b"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"low": 1.0, "high": 0.0}, r"`low` must be below `high`; got low=1\.0, high=0\.0"),
        ({"low": 1.0, "high": 1.0}, "`low` must be below `high`"),
        ({"low": float("nan"), "high": 1.0}, "`low` must be below `high`"),
        ({"low": 0.0, "special": (1.0, -2.5)}, r"`special` must lie in \[0\.0, None\]; got -2\.5"),
        ({"high": 1.0, "special": (1.5,)}, r"`special` must lie in \[None, 1\.0\]; got 1\.5"),
    ],
    ids=["reversed", "empty", "NaN", "special below", "special above"],
)
def test_a_domain_that_is_none_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Domain(**fields)


@pytest.mark.parametrize(
    ("fields", "clipped"),
    [
        ({}, [-2, 0, 2]),
        ({"low": 0}, [0, 0, 2]),
        ({"high": 1}, [-2, 0, 1]),
        ({"low": -1, "high": 1}, [-1, 0, 1]),
    ],
    ids=["free", "low", "high", "both"],
)
@pytest.mark.parametrize("dtype", [np.float16, jnp.bfloat16, np.float32, np.float64])
def test_clipping_moves_values_into_the_domain_and_keeps_their_dtype(fields, clipped, dtype):
    found = Domain(**fields).clip(np.asarray([-2, 0, 2], dtype))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.astype(np.float64), clipped)


@pytest.mark.parametrize(
    ("domain", "lows"),
    [
        (None, [None, None, None]),
        (Domain(low=0), [0, 0, 0]),
        ([Domain(low=0), None], [0, None, None]),
        ((None, Domain(low=1)), [None, 1, 1]),
    ],
    ids=["none", "one for all", "first argument", "second argument"],
)
def test_a_domain_reaches_every_leaf_of_its_argument(domain, lows):
    found = per_leaf(problem.make(both, (X, W)), domain, 2)
    assert [d and d.low for d in found.floats] == lows


@pytest.mark.parametrize(
    ("domain", "kind", "message"),
    [
        (3.0, TypeError, r"`domain` must be a verify\.Domain or a sequence of them and None; got 3\.0"),
        ([Domain(), 3.0], TypeError, "`domain` must be a verify.Domain or a sequence"),
        ("ab", TypeError, "`domain` must be a verify.Domain or a sequence"),
        ([Domain()], ValueError, r"`domain` must have one entry per argument \(2\); got 1"),
        (Domain(low=1), ValueError, r"`x` of the example lies outside its domain \[1, None\]"),
        ([None, Domain(high=2.5)], ValueError, r"`w\['a'\]` of the example lies outside its domain \[None, 2\.5\]"),
    ],
    ids=["number", "number in a sequence", "string", "too few", "example outside", "leaf outside"],
)
def test_a_domain_that_does_not_fit_the_example_is_refused(domain, kind, message):
    with pytest.raises(kind, match=message):
        per_leaf(problem.make(both, (X, W)), domain, 2)
