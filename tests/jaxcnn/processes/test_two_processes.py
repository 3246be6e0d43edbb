"""Two processes with four devices each come to the parameters of one device."""

import numpy as np

from tests.jaxcnn.processes import _exact
from tests.jaxcnn.processes._running import ended, started


def by_numpy(order, data):
    """Return the perceptron's parameters, in sixty-fourths, after an epoch in whole numbers."""
    rows, labels = data.images.reshape(len(data), -1).astype(np.int64), data.labels
    rows = np.concatenate([rows, np.ones((len(rows), 1), np.int64)], axis=1)
    params = np.zeros((rows.shape[1], 10), np.int64)
    for batch in order.reshape(-1, _exact.BATCH):
        taken = (rows[batch] @ params).argmax(axis=1)  # the first of the largest, as JAX's
        change = np.zeros_like(params)
        np.subtract.at(change.T, taken, rows[batch])
        np.add.at(change.T, labels[batch], rows[batch])
        params += change
    return params


def test_on_whole_numbers_their_parameters_are_those_of_one_device_bit_for_bit(tmp_path):
    file, data = tmp_path / "params.npz", _exact.pictures()
    with started("-m", "tests.jaxcnn.processes._exact", "--out", file) as running:
        order, one = _exact.epoch(1, data)
        assert ended(running) == [(0, "", "")] * 2
    with np.load(file) as found:
        eight = dict(found)
    assert sorted(order) == list(range(len(data)))
    whole = by_numpy(order, data)
    assert abs(whole).max() > 20  # something was learned, in many updates
    for name, expected in (("kernel", whole[:-1]), ("bias", whole[-1])):
        assert np.array_equal(64 * one[name], expected)
        assert one[name].tobytes() == eight[name].tobytes()
