"""The by-hand reading against autodiff of the same ops, bit for bit up to the logits; and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn import (
    LENET,
    MLP,
    Conv,
    Dense,
    Flatten,
    Network,
    Relu,
    Softmax,
    apply,
    apply_with_rules,
    backward,
    forward,
    init_parameters,
    loss_and_gradients_by_hand,
)
from jaxcnn.ops import cross_entropy, softmax

SHAPE = (2, 28, 28, 1)


def whole_numbers(network, integers, dtype):
    """Return parameters, images and a cotangent of the logits that are whole numbers."""
    shapes = network.parameter_shapes(SHAPE)
    params = {
        name: {"kernel": integers(layer["kernel"], -1, 1, dtype), "bias": integers(layer["bias"], -2, 2, dtype)}
        for name, layer in shapes.items()
    }
    return params, integers(SHAPE, 0, 2, dtype), integers((2, 10), -2, 2, dtype)


def by_hand(params, images, cotangent):
    logits, residuals = forward(LENET, params, images)
    return logits, backward(LENET, residuals, cotangent)


def by_autodiff(params, images, cotangent):
    logits, vjp = jax.vjp(lambda params, images: apply(LENET, params, images), params, images)
    d_params, d_images = vjp(cotangent)
    return logits, (d_images, d_params)


def test_on_whole_numbers_lenet_has_exactly_the_gradients_of_autodiff(integers):
    case = whole_numbers(LENET, integers, jnp.float32)
    found, expected = jax.jit(by_hand)(*case), jax.jit(by_autodiff)(*case)
    jax.tree.map(np.testing.assert_array_equal, found, expected)
    # The same in float64: nothing was rounded in float32, so equality above was equality of whole numbers.
    with jax.enable_x64(True):
        exact = jax.jit(by_autodiff)(*jax.tree.map(lambda x: np.asarray(x, np.float64), case))
    jax.tree.map(np.testing.assert_array_equal, found, exact)


def test_one_altered_entry_is_noticed(integers):
    _, (_, gradients) = jax.jit(by_hand)(*whole_numbers(LENET, integers, jnp.float32))
    altered = jax.tree.map(lambda x: x, gradients)
    altered["conv_1"]["kernel"] = altered["conv_1"]["kernel"].at[4, 0, 2, 1].add(1)
    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 400"):
        jax.tree.map(np.testing.assert_array_equal, altered, gradients)


@pytest.mark.parametrize("network", [LENET, MLP], ids=["lenet", "mlp"])
@pytest.mark.parametrize("reading", [apply, apply_with_rules])
def test_the_gradient_of_the_loss_is_that_of_both_autodiff_readings(network, reading, reals):
    with jax.enable_x64(True):
        params = init_parameters(network, jax.random.key(3), SHAPE, dtype=jnp.float64)
        images, labels = reals(SHAPE, jnp.float64), jnp.asarray([7, 2])

        def loss(params, images):
            return cross_entropy(reading(network, params, images), labels)

        found = jax.jit(lambda *case: loss_and_gradients_by_hand(network, *case, labels))(params, images)
        wanted = jax.jit(jax.value_and_grad(loss))(params, images)
        # Sums of at most 2 * 784 terms below 10, eight layers deep: 8 * 1568 * 10 roundings of eps at most.
        bound = 8 * 1568 * 10 * np.finfo(np.float64).eps
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=bound), found, wanted)


def test_a_softmax_in_the_last_place_is_fused_with_the_loss_and_kept_in_the_outputs(reals):
    with_softmax = Network(*MLP.layers, Softmax())
    params, images, labels = init_parameters(MLP, jax.random.key(0), SHAPE), reals(SHAPE), jnp.asarray([1, 0])
    fused = loss_and_gradients_by_hand(with_softmax, params, images, labels)
    jax.tree.map(np.testing.assert_array_equal, fused, loss_and_gradients_by_hand(MLP, params, images, labels))
    outputs, _ = forward(with_softmax, params, images)
    np.testing.assert_array_equal(outputs, softmax(forward(MLP, params, images)[0]))


def test_gradients_have_the_structure_of_the_parameters():
    params = init_parameters(MLP, jax.random.key(0), SHAPE)
    _, gradients = loss_and_gradients_by_hand(MLP, params, jnp.ones(SHAPE), jnp.asarray([1, 0]))
    assert jax.tree.structure(gradients) == jax.tree.structure(params)
    assert list(gradients) == list(params)


NETWORK = Network(Conv(2, 3), Relu(), Flatten(), Dense(3))
PARAMS = init_parameters(NETWORK, jax.random.key(0), (2, 4, 4, 1))
IMAGES, LABELS = np.ones((2, 4, 4, 1), np.float32), np.array([0, 2])
NAN = IMAGES.copy()
NAN[1, 2, 0, 0] = np.nan


def with_layer(name, **changes):
    return PARAMS | {name: PARAMS[name] | changes}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((PARAMS, IMAGES.astype(np.uint8), LABELS), TypeError, "^`images` must be floating point; got uint8: scale"),
        ((PARAMS, IMAGES[:0], LABELS[:0]), ValueError, r"at least one example, .*; got shape \(0, 4, 4, 1\)"),
        ((PARAMS, NAN, LABELS), ValueError, r"^`images` must be free of NaN; got 1, the first at \(1, 2, 0, 0\)"),
        ((PARAMS, IMAGES[..., 0], LABELS), ValueError, r"^conv_0: inputs must be images .*; got \(2, 4, 4\)"),
        ((PARAMS, IMAGES[:, :3], LABELS), ValueError, r"^`params\['dense_0'\]\['kernel'\]` must have shape \(24, 3\)"),
        (
            (with_layer("conv_0", bias=np.ones(3, np.float32)), IMAGES, LABELS),
            ValueError,
            r"shape \(2,\) .* got \(3,\)",
        ),
        ((with_layer("conv_0", bias=jnp.ones(2, jnp.bfloat16)), IMAGES, LABELS), TypeError, "float32; got bfloat16"),
        (({"conv_0": PARAMS["conv_0"]}, IMAGES, LABELS), ValueError, r"missing: params\['dense_0'\]"),
        ((PARAMS | {"dense_1": {"bias": np.ones(1)}}, IMAGES, LABELS), ValueError, r"unknown: params\['dense_1'\]"),
        ((PARAMS, IMAGES, LABELS[:1]), ValueError, r"^`labels` must have shape \(2,\) or \(2, 3\); got \(1,\)\.$"),
        ((PARAMS, IMAGES, LABELS.astype(float)), TypeError, "^`labels` must be integers or one row per example"),
        ((PARAMS, IMAGES, np.array([0, 3])), ValueError, r"^`labels` must be from 0 to 2; got 3\.$"),
        ((PARAMS, IMAGES, np.array([-1, 0])), ValueError, r"^`labels` must be from 0 to 2; got -1\.$"),
    ],
)
def test_a_wrong_argument_is_explained_in_a_sentence(arguments, error, message):
    with pytest.raises(error, match=message):
        loss_and_gradients_by_hand(NETWORK, *arguments)


def test_under_jit_shapes_are_still_checked():
    step = jax.jit(lambda images: loss_and_gradients_by_hand(NETWORK, PARAMS, images, LABELS)[0])
    with pytest.raises(ValueError, match=r"^`params\['dense_0'\]\['kernel'\]` must have shape"):
        step(IMAGES[:, :3])


def test_residuals_of_another_network_are_refused():
    with pytest.raises(ValueError, match=r"^`residuals` must have one entry per layer, 4; got 2"):
        backward(NETWORK, (None, None), jnp.ones((2, 3)))
