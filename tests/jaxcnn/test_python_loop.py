"""Training by hand: it learns real digits, it is what Optax would do, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxcnn import (
    LENET,
    MLP,
    Dense,
    Network,
    accuracy,
    init_parameters,
    load_digits,
    loss_and_gradients_by_hand,
    scaled,
    train_by_hand,
)


@pytest.mark.parametrize(("network", "epochs"), [(LENET, 6), (MLP, 10)], ids=["lenet", "mlp"])
def test_held_out_digits_are_recognised_after_a_few_epochs(network, epochs):
    (images, labels), (others, their_labels) = load_digits("train"), load_digits("test")
    seen = []
    params, history = train_by_hand(
        network,
        init_parameters(network, jax.random.key(0), images.shape),
        scaled(images),
        labels,
        optimizer=optax.adam(3e-3),
        epochs=epochs,
        batch_size=32,
        key=jax.random.key(1),
        on_epoch=lambda epoch, _: seen.append(epoch),
    )
    assert accuracy(network, params, scaled(others), their_labels) > 0.93
    assert history == tuple(seen)
    assert [epoch.number for epoch in history] == list(range(1, epochs + 1))
    assert history[-1].loss < history[0].loss / 4


LINEAR = Network(Dense(3))
PARAMS = init_parameters(LINEAR, jax.random.key(0), (5, 4))
ROWS, LABELS = np.linspace(-1, 1, 20, dtype=np.float32).reshape(5, 4), np.array([0, 1, 2, 0, 1])
OPTIONS = {"optimizer": optax.sgd(0.5), "epochs": 1, "batch_size": 5, "key": jax.random.key(0)}


def test_one_full_batch_of_sgd_is_one_step_down_the_gradient():
    params, (epoch,) = train_by_hand(LINEAR, PARAMS, ROWS, LABELS, **OPTIONS)
    loss, gradients = loss_and_gradients_by_hand(LINEAR, PARAMS, ROWS, LABELS)
    # Only the order of the five examples differs: sums of five terms below 1.
    bound = 2 * 5 * np.finfo(np.float32).eps
    assert abs(epoch.loss - float(loss)) <= bound
    expected = jax.tree.map(lambda p, g: p - 0.5 * g, PARAMS, gradients)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=bound), params, expected)


def test_the_key_decides_the_order_and_the_same_key_repeats_it():
    options = OPTIONS | {"batch_size": 2, "epochs": 3}
    one, other, third = (
        train_by_hand(LINEAR, PARAMS, ROWS, LABELS, **(options | {"key": jax.random.key(seed)}))[0]
        for seed in (7, 7, 8)
    )
    jax.tree.map(np.testing.assert_array_equal, one, other)
    assert (one["dense_0"]["kernel"] != third["dense_0"]["kernel"]).any()


def test_accuracy_counts_the_largest_output_for_classes_and_for_rows():
    params = {"dense_0": {"kernel": jnp.eye(3), "bias": jnp.zeros(3)}}
    rows = jnp.asarray([[3.0, 1.0, 2.0], [0.0, 5.0, 1.0], [0.0, 1.0, 2.0], [9.0, 0.0, 0.0]])
    labels = jnp.asarray([0, 1, 2, 1])
    assert accuracy(LINEAR, params, rows, labels) == 0.75
    assert accuracy(LINEAR, params, rows, jax.nn.one_hot(labels, 3)) == 0.75


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 6}, r"^`batch_size` must be at most the number of images, 5; got 6\.$"),
        ({"batch_size": 0}, "^`batch_size` must be a positive whole number; got 0"),
        ({"epochs": 1.5}, r"^`epochs` must be a positive whole number; got 1\.5"),
    ],
)
def test_options_that_cannot_be_are_explained(changes, message):
    with pytest.raises(ValueError, match=message):
        train_by_hand(LINEAR, PARAMS, ROWS, LABELS, **(OPTIONS | changes))


def test_labels_out_of_range_are_found_before_the_first_step():
    with pytest.raises(ValueError, match=r"^`labels` must be from 0 to 2; got 3"):
        train_by_hand(LINEAR, PARAMS, ROWS, LABELS + 2, **OPTIONS)
