"""The fixture that makes autodiff raise, tried on programs that use it and on one that does not."""

import jax
import jax.numpy as jnp
import pytest
from jax import vjp as pulled_back

from jaxcnn import Dense, Flatten, FlaxReading, Network, Sigmoid, apply_with_rules, loss_and_gradients_by_hand
from tests.jaxcnn.labs._no_autodiff import ENTRY_POINTS, AutodiffUsed, no_autodiff

NETWORK = Network(Flatten(), Dense(2), Sigmoid(), Dense(2))
IMAGES, LABELS = jnp.ones((1, 2, 1, 1)), jnp.zeros(1, jnp.int32)
PARAMS = FlaxReading(NETWORK).init(jax.random.key(0), IMAGES.shape)


def square(x):
    return jnp.sum(x * x)


@jax.custom_vjp
def custom(x):
    return square(x)


custom.defvjp(lambda x: (square(x), x), lambda x, g: (2 * g * x,))

# Every entry point by its name, and those that hide: by another name, in a compiled program, behind a rule.
USES = {
    **{name: (lambda name=name: getattr(jax, name)(square, *_arguments(name))) for name in ENTRY_POINTS},
    "another name": lambda: pulled_back(square, IMAGES),
    "compiled": lambda: jax.jit(lambda x: jax.grad(square)(x))(IMAGES),
    "a loop": lambda: jax.lax.fori_loop(0, 2, lambda _, x: x - jax.grad(square)(x), IMAGES),
    "inside JAX": lambda: jax.jacobian(square)(IMAGES),
    "a custom rule": lambda: custom(IMAGES),
    "a network with rules installed": lambda: apply_with_rules(NETWORK, PARAMS, IMAGES),
}


def _arguments(name):
    if name in ("vjp", "linearize", "linear_transpose"):
        return (IMAGES,)
    if name == "jvp":
        return ((IMAGES,), (IMAGES,))
    return ()


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_program_that_uses_autodiff_raises(use):
    with no_autodiff(), pytest.raises(AutodiffUsed, match=r"^jax\.\w+ was called\b"):
        use()


def test_a_program_that_was_compiled_before_is_traced_again():
    hidden = jax.jit(lambda x: jax.grad(square)(x))
    hidden(IMAGES)
    with no_autodiff(), pytest.raises(AutodiffUsed, match=r"^jax\.grad was called\b"):
        hidden(IMAGES)


def test_the_hand_rules_do_not_raise_and_everything_is_as_it_was_afterwards():
    before = {name: getattr(jax, name) for name in ENTRY_POINTS}
    with no_autodiff():
        loss, _ = jax.jit(lambda params: loss_and_gradients_by_hand(NETWORK, params, IMAGES, LABELS))(PARAMS)
        assert jnp.isfinite(loss)
    assert {name: getattr(jax, name) for name in ENTRY_POINTS} == before
    assert pulled_back is jax.vjp
    assert float(jax.grad(square)(1.0)) == 2
    assert float(custom(jnp.ones(()))) == 1
