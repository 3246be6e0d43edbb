"""The training by hand that the suite ends with."""

import pytest

from jaxcnn.verification import Digits, train
from jaxcnn.verification.demonstration import EPOCHS


@pytest.fixture(scope="module")
def digits():
    return Digits.load()


def test_training_by_hand_learns_both_networks_and_reports_every_epoch(digits):
    seen = []
    history = train(digits, on_epoch=seen.append)
    assert history == tuple(seen)
    assert [(step.network, step.epoch) for step in history] == [
        (n, e) for n in ("lenet", "mlp") for e in range(1, EPOCHS + 1)
    ]
    assert all(step.accuracy > 0.88 for step in history if step.epoch == 5)
    first, last = ([step for step in history if step.epoch == epoch] for epoch in (1, EPOCHS))
    assert all(after.loss < before.loss / 4 for before, after in zip(first, last, strict=True))
