"""What is drawn is valid by construction, and shrinks to what a person would have written."""

import subprocess
import sys

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax import lax

import verify
from verify import strategies as vs


def minimal(strategy, condition):
    settings = hypothesis.settings(database=None, max_examples=2000)
    return hypothesis.find(strategy, condition, settings=settings)


def test_arrays_shrink_to_zeros_and_to_small_whole_numbers():
    np.testing.assert_array_equal(minimal(vs.arrays((2, 2)), lambda a: True), np.zeros((2, 2)))
    found = minimal(vs.arrays(vs.shapes(min_dims=1)), lambda a: a.sum() > 3)
    assert found.tolist() == [4]
    assert minimal(vs.arrays(3), lambda a: a[1] != np.round(a[1]))[1] * 16 == 1


def test_shapes_shrink_to_few_and_short_axes():
    assert minimal(vs.shapes(), lambda s: True) == ()
    assert minimal(vs.shapes(min_dims=2, min_side=2), lambda s: True) == (2, 2)


@pytest.mark.parametrize("dtype", [np.float16, jnp.bfloat16, np.float32, np.float64, np.int32, np.uint8, np.bool_])
def test_arrays_have_their_dtype_and_stay_in_their_bounds(dtype):
    @given(vs.arrays(vs.shapes(), dtype), vs.arrays(3, dtype, low=0, high=1))
    def check(free, bounded):
        assert free.dtype == bounded.dtype == np.dtype(dtype)
        assert ((bounded >= 0) & (bounded <= 1)).all()

    check()


@given(vs.arrays(2, low=0.1, high=0.9), vs.arrays(2, low=100), vs.arrays(2, elements=st.just(7)))
def test_bounds_without_a_whole_number_give_fractions(fractions, large, sevens):
    assert ((fractions >= 0.1) & (fractions <= 0.9)).all()
    assert (large >= 100).all()
    assert (sevens == 7).all()


def options(drawn):
    pairs = {name: v for name, v in drawn.options.items() if name != "groups"}
    return pairs, drawn.options.get("groups", 1)


@given(vs.conv_problems())
def test_every_convolution_problem_can_be_computed(drawn):
    images, kernel = drawn.args
    out = jax.eval_shape(
        lambda x, k: lax.conv_general_dilated(
            x,
            k,
            drawn.options["strides"],
            drawn.options["padding"],
            rhs_dilation=drawn.options["dilation"],
            feature_group_count=drawn.options["groups"],
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        ),
        images,
        kernel,
    )
    assert np.prod(out.shape) > 0


@given(vs.conv_problems(padding=[((-1, 0), (2, -2))], strides=2, groups=None, dilation=None, bias=True))
def test_cropping_leaves_something_and_options_left_out_are_not_drawn(drawn):
    images, kernel, bias = drawn.args
    assert set(drawn.options) == {"strides", "padding"}
    out = jax.eval_shape(
        lambda x, k: lax.conv_general_dilated(
            x, k, (2, 2), drawn.options["padding"], dimension_numbers=("NHWC", "HWIO", "NHWC")
        ),
        images,
        kernel,
    )
    assert np.prod(out.shape) > 0
    assert bias.shape == out.shape[-1:]


@given(vs.pool_problems())
def test_every_pooling_problem_has_a_real_entry_in_every_window(drawn):
    (images,) = drawn.args
    window, strides, padding = (drawn.options[name] for name in ("window", "strides", "padding"))
    amounts = lax.padtype_to_pads(images.shape[1:3], window, strides, padding) if isinstance(padding, str) else padding
    # By NumPy: a pooling of every shape would be compiled for itself.
    padded = np.pad(images, ((0, 0), *amounts, (0, 0)), constant_values=-np.inf)
    largest = np.lib.stride_tricks.sliding_window_view(padded, window, axis=(1, 2)).max(axis=(-2, -1))
    assert largest[:, :: strides[0], :: strides[1]].size
    assert np.isfinite(largest[:, :: strides[0], :: strides[1]]).all()


@given(vs.dense_problems(), vs.dense_problems(bias=False))
def test_every_dense_problem_can_be_computed(with_bias, without):
    inputs, kernel, bias = with_bias.args
    assert (inputs @ kernel).shape[-1:] == bias.shape
    assert np.matmul(*without.args).size


@given(vs.pytrees())
def test_every_tree_has_a_leaf(tree):
    assert jax.tree.leaves(tree)


def test_trees_shrink_to_a_leaf():
    assert minimal(vs.pytrees(st.integers(0, 3)), lambda t: True) == 0


def test_problems_shrink_to_single_entries():
    drawn = minimal(vs.conv_problems(), lambda d: True)
    assert [a.shape for a in drawn.args] == [(1, 1, 1, 1), (1, 1, 1, 1)]
    assert repr(drawn) == (
        "Drawn(args=(float32[[[[0.0]]]], float32[[[[0.0]]]]), "
        "options={'strides': (1, 1), 'padding': 'VALID', 'dilation': (1, 1), 'groups': 1})"
    )
    wide = minimal(vs.conv_problems(), lambda d: d.options["strides"][0] > 1 and d.args[0].shape[1] > 1)
    assert [a.shape for a in wide.args] == [(1, 2, 1, 1), (1, 1, 1, 1)]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: vs.arrays((2, -1)), TypeError, "`shape` must be a length, a sequence of lengths"),
        (lambda: vs.arrays("ab"), TypeError, "`shape` must be a length"),
        (lambda: vs.arrays(2, np.complex64), TypeError, "`dtype` must be floating, integer or boolean; got complex64"),
        (lambda: vs.arrays(2, low=2, high=1), ValueError, "no sixteenth lies between low=2 and high=1"),
        (lambda: vs.arrays(2, np.int32, low=0.2, high=0.4), ValueError, "no whole number lies between"),
        (lambda: vs.arrays(2, low=0, elements=st.just(1)), ValueError, "`elements` already says"),
        (lambda: vs.shapes(min_dims=3, max_dims=2), ValueError, "`min_dims` must be at least 0 and at most `max_dims`"),
        (lambda: vs.pytrees(3), TypeError, "`leaves` must be a Hypothesis strategy; got int"),
        (lambda: vs.conv_problems(strides=[]), ValueError, "`strides` must offer at least one value"),
        (lambda: minimal(vs.conv_problems(strides=0), lambda d: True), ValueError, "`strides` must be a positive"),
        (lambda: minimal(vs.conv_problems(padding="FULL"), lambda d: True), ValueError, "`padding` must be 'SAME'"),
        (lambda: minimal(vs.pool_problems(window=[(1, 2, 3)]), lambda d: True), ValueError, "`window` must be"),
    ],
    ids=[
        "negative side", "text", "complex", "no number between", "no integer between", "elements and bounds",
        "bounds reversed", "leaves", "no stride", "stride zero", "unknown padding", "three sides",
    ],
)  # fmt: skip
def test_strategies_that_cannot_be_are_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_without_hypothesis_verify_imports_and_the_error_names_the_extra():
    code = """
import sys
sys.modules["hypothesis"] = None
import verify
for use in (lambda: verify.strategies, lambda: verify.search(lambda x: x, {"args": (1.0,)})):
    try:
        use()
    except ImportError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = "verify.search and verify.strategies need Hypothesis: install the extra, `pip install jaxcnn[search]`."
    assert done.stdout.splitlines() == [said, said]


def test_an_unknown_name_of_verify_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'verify' has no attribute 'strategy'"):
        _ = verify.strategy
    assert hasattr(verify, "strategies")
