"""When a run is saved."""

import numpy as np
import pytest

from jaxcnn.checkpoints import Saver, load_checkpoint

STATE = {"w": np.ones(3, np.float32)}


def saved(saver, epochs, seconds=0.0, clock=None):
    """Return after which of `epochs` epochs, that take `seconds` each, the state was saved."""
    found = []
    for number in range(1, epochs + 1):
        if clock is not None:
            clock["now"] += seconds
        if saver.after_epoch(number, STATE, {"epoch": number}, last=number == epochs):
            found.append(number)
            assert load_checkpoint(saver.folder, STATE).about == {"epoch": number}
    return found


def test_every_so_many_epochs_and_after_the_last(tmp_path):
    assert saved(Saver(tmp_path, epochs=2), 5) == [2, 4, 5]


def test_when_so_many_minutes_have_passed_since_the_last_time(tmp_path):
    clock = {"now": 100.0}
    saver = Saver(tmp_path, epochs=None, minutes=1.5, clock=lambda: clock["now"])
    assert saved(saver, 8, 40.0, clock) == [3, 6, 8]


def test_whichever_comes_first(tmp_path):
    clock = {"now": 0.0}
    saver = Saver(tmp_path, epochs=4, minutes=2, clock=lambda: clock["now"])
    assert saved(saver, 9, 60.0, clock) == [2, 4, 6, 8, 9]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "^`epochs` must be a positive whole number; got 0"),
        ({"minutes": 0.0}, r"^`minutes` must be a positive number; got 0\.0"),
        ({"minutes": float("nan")}, "^`minutes` must be a positive number; got nan"),
    ],
)
def test_what_cannot_be_is_explained(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        Saver(tmp_path, **options)
