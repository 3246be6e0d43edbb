"""On whole numbers nothing rounds: every fast form equals integer arithmetic bit for bit, ties included."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxcnn.fast import FORMS
from jaxcnn.fast.forms import FLATTEN
from tests.jaxcnn.fast import _whole
from tests.jaxcnn.fast._faults import EVERY, planted

# Every configuration is compiled for a single run: without optimisation that takes half the time.
compiled = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
BLOCKS = FORMS["conv_block"]
LARGEST = 2**24  # up to here every whole number is a float32


def numbers(seed, shape, top=3):
    return np.random.default_rng(seed).integers(-top, top + 1, shape).astype(np.int64)


@st.composite
def blocks(draw, kernel=None, window=None):
    """Draw (shapes, options): a block that fits, with one pooled output at least."""
    kernel = kernel or (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    window = window or (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    padding = draw(st.sampled_from(["VALID", "SAME", "explicit"]))
    if padding == "explicit":
        amounts = st.integers(-1, 2)
        padding = tuple((draw(amounts), draw(amounts)) for _ in range(2))
    # Two more than what a pooled output reads, where one is cropped on each side.
    sizes = tuple(k + p + 1 + draw(st.integers(0, 4)) for k, p in zip(kernel, window, strict=True))
    channels, outs, batch = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    shapes = ((batch, *sizes, channels), (*kernel, channels, outs), (outs,))
    return shapes, {"padding": padding, "relu": draw(st.booleans()), "window": window}


def floats(arrays):
    return tuple(jnp.asarray(one, jnp.float32) for one in arrays)


def differences(forms, arguments, options, expected):
    """Return "form: array" for every array that a form has otherwise than (y, cotangents, g) says."""
    y, cotangents, g = expected

    def run(arguments, g):
        found = {}
        for form in forms:
            outputs, residuals = form.rule().forward(*arguments, **options)
            arrays = (outputs, *form.rule().backward(residuals, g, **options))
            found |= {f"{form.name}: {i}": one for i, one in enumerate(arrays)}
        return found

    found = compiled(run)(floats(arguments), *floats([g]))
    exact = (y, *cotangents)
    assert max(np.abs(one).max(initial=0) for one in exact) < LARGEST
    return [name for name, ours in found.items() if not np.array_equal(ours, exact[int(name[-1])])]


def block_differences(forms, shapes, options, seed=0):
    arguments = [numbers((seed, i), shape) for i, shape in enumerate(shapes)]
    expected = _whole.block(*arguments, lambda shape: numbers((seed, 9), shape), **options)
    return differences(forms, arguments, options, expected)


@settings(max_examples=10)
@given(blocks(), st.integers(0, 9))
def test_a_block_by_patches_and_by_windows_is_exact(case, seed):
    assert block_differences([BLOCKS["patches"], BLOCKS["windows"]], *case, seed) == []


@settings(max_examples=3)
@given(blocks(kernel=(3, 3), window=(2, 2)), st.integers(0, 9))
def test_a_block_by_winograd_is_exact(case, seed):
    # Its halves and quarters are exact as well.
    assert block_differences([BLOCKS["winograd"]], *case, seed) == []


def test_winograd_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match=r"^Winograd's form must have a 3x3 kernel and 2x2 pooling; got \(2, 3\)"):
        block_differences([BLOCKS["winograd"]], ((1, 6, 6, 1), (2, 3, 1, 1), (1,)), OPTIONS)


# Bounds of its docstring, 16 C and 4 T: with C = 3, K = 1, G = 1, T = 12 and O = 2 both are 48.
@pytest.mark.parametrize(("share", "finite"), [(0.999, True), (1.7, False)], ids=["below its bound", "beyond"])
def test_winograd_is_finite_and_right_up_to_its_bound_and_patches_beyond(share, finite):
    random, size = np.random.default_rng(0), float(np.finfo(np.float32).max) * share / 48
    x, kernel = random.uniform(-1, 1, (1, 8, 10, 3)), random.uniform(-1, 1, (3, 3, 3, 2))
    if not finite:  # all alike, so that V has its largest entries
        x, kernel = np.ones_like(x), np.ones_like(kernel)

    @compiled
    def run(*arguments):
        found = {}
        for name in ("patches", "winograd"):
            rule, options = BLOCKS[name].rule(), {"padding": "VALID", "relu": False, "window": (2, 2)}
            outputs, residuals = rule.forward(*arguments, **options)
            found[name] = outputs, *rule.backward(residuals, jnp.ones_like(outputs), **options)
        return found

    found = run(*floats([size * x, kernel, np.zeros(2)]))
    assert all(np.isfinite(one).all() for one in found["patches"])
    assert all(np.isfinite(one).all() for one in found["winograd"]) == finite
    if finite:
        # The largest sums of terms of y, d_inputs, d_kernel, d_bias. Winograd has at most 14, 14, 18, 12 roundings in
        # each, of what is up to 16 / 9, 1, 4, 1 times as large; patches have 27, 8, 12, 12.
        for ours, other, scale in zip(found["winograd"], found["patches"], (27 * size, 8, 12 * size, 12), strict=True):
            assert np.abs(ours / scale - other / scale).max() < (18 * 4 + 12) * 2**-24


def pool_differences(forms, shape, window, seed=0):
    x = numbers(seed, shape, top=1)  # ties everywhere
    y, d_x, g = _whole.pool(x, lambda shape: numbers((seed, 9), shape), window)
    return differences(forms, (x,), {"window": window}, (y, (d_x,), g))


@settings(max_examples=5)
@given(
    st.tuples(st.integers(1, 3), st.integers(3, 8), st.integers(3, 8), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_pooling_by_taps_is_exact(shape, window):
    assert pool_differences(list(FORMS["max_pool"].values()), shape, window) == []


def dense_differences(forms, batch, inputs, outs):
    x, w, b, g = (
        numbers(i, shape) for i, shape in enumerate([(batch, inputs), (inputs, outs), (outs,), (batch, outs)])
    )
    return differences(forms, (x, w, b), {}, (x @ w + b, (g @ w.T, x.T @ g, g.sum(0)), g))


@pytest.mark.parametrize("shape", [(3, 5, 2), (3, 2, 5), (1, 4, 4), (4, 1, 1)])
def test_a_dense_layer_is_exact_with_more_inputs_and_with_fewer_than_outputs(shape):
    assert dense_differences(list(FORMS["dense"].values()), *shape) == []


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 7)])
def test_flatten_keeps_the_order_of_the_plain_layer(shape):
    x, g = numbers(0, shape), numbers(1, (shape[0], int(np.prod(shape[1:]))))
    assert differences([FLATTEN], (x,), {}, (x.reshape(len(x), -1), (g.reshape(shape),), g)) == []


SHAPES = ((2, 6, 5, 2), (3, 3, 2, 3), (3,))
OPTIONS = {"padding": "SAME", "relu": True, "window": (2, 2)}


@pytest.mark.parametrize(("op", "name"), EVERY)
def test_a_fault_is_noticed_where_the_right_form_is_exact(op, name, monkeypatch):
    def compare(form):
        if op == "conv_block":
            return block_differences([form], SHAPES, OPTIONS)
        return (
            pool_differences([form], (2, 4, 6, 2), (2, 3)) if op == "max_pool" else dense_differences([form], 3, 5, 2)
        )

    assert compare(FORMS[op][name]) == []
    assert compare(planted(op, name, monkeypatch)) != []
