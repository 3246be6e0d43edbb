"""The lab's network, trained on Fashion-MNIST, and all 10,000 test images by matrices."""

import jax
import numpy as np
import optax
import pytest

from jaxcnn import apply, init_parameters, scaled, train_by_hand
from jaxcnn.datasets import load
from jaxcnn.matrices import network_as_matrices
from jaxcnn.matrices.reading import FORMS
from jaxcnn.zoo import CONV_AS_MATRIX


@pytest.fixture(scope="module")
def trained(request):
    data = request.config.getoption("--data").resolve()
    train, test = (load("fashion_mnist", split, data, route="files", download=False) for split in ("train", "test"))
    images, labels = scaled(train.images[:6400]), train.labels[:6400]
    params, _ = train_by_hand(
        CONV_AS_MATRIX,
        init_parameters(CONV_AS_MATRIX, jax.random.key(0), (1, 28, 28, 1)),
        images,
        labels,
        optimizer=optax.adam(0.001),
        epochs=2,
        batch_size=128,
        key=jax.random.key(1),
    )
    test_images = scaled(test.images)
    one = jax.jit(lambda part: apply(CONV_AS_MATRIX, params, part))
    logits = np.concatenate([np.asarray(one(test_images[k : k + 500])) for k in range(0, len(test_images), 500)])
    assert np.mean(logits.argmax(axis=1) == test.labels) > 0.8
    return params, test_images, logits


def test_all_test_images_agree_within_the_bounds_in_both_forms_and_no_sure_prediction_changes(trained):
    params, images, expected = trained
    assert len(images) == 10_000
    reading = network_as_matrices(CONV_AS_MATRIX, params, (1, 28, 28, 1))
    proved, probable = reading.bound(images), reading.bound(images, probable=True)
    largest = np.sort(expected, axis=1)
    margin = largest[:, -1] - largest[:, -2]
    for form in FORMS:
        logits = reading.forward(images, form=form)
        off = np.abs(logits - expected)
        same = logits.argmax(axis=1) == expected.argmax(axis=1)
        for name, bound in (("proved", proved), ("probable", probable)):
            sure = margin > 2 * bound.max(axis=1)
            print(f"{form}: off by {off.max():.2g}, {name} bound {bound.max():.2g}, {sure.mean():.1%} sure")
            assert np.all(off <= bound)
            assert same[sure].all()
        print(f"{form}: {int((~same).sum())} predictions differ")
