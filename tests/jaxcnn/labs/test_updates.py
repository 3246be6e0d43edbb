"""The first updates of a training, one at a time, are those that the training makes."""

import jax
import numpy as np

from jaxcnn.labs.updates import first_updates
from jaxcnn.training import TrainConfig, Training
from tests.jaxcnn.training._small import NETWORK, data

TRAIN = data(50)
CONFIG = TrainConfig(learning_rate=0.02, batch_size=16, epochs=1, dropout=0.2)


def test_they_are_those_of_the_training_bit_for_bit_and_leave_it_as_it_was():
    training = Training(NETWORK, CONFIG, TRAIN)
    updates = list(first_updates(training, 100))
    assert [update.number for update in updates] == [1, 2, 3, 4]
    assert sorted(np.concatenate([update.rows for update in updates])) == list(range(50))
    state, record = next(training.epochs())
    jax.tree.map(np.testing.assert_array_equal, updates[-1].params, dict(state.params))
    sizes = np.array([len(update.rows) for update in updates])
    assert list(sizes) == [16, 16, 16, 2]
    for name in ("loss", "accuracy"):
        found = sum(sizes * [getattr(update, name) for update in updates]) / 50
        np.testing.assert_allclose(found, getattr(record.running, name), rtol=1e-6)
    few = list(first_updates(training, 2))
    jax.tree.map(np.testing.assert_array_equal, few[-1].params, updates[1].params)
