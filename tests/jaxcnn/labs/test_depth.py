"""The lab `depth`: who wins, and which depths are refused. Trained networks: thorough/."""

import dataclasses
from types import SimpleNamespace

import pytest

from jaxcnn.labs.depth import sections
from jaxcnn.labs.depth.training import Config, named
from jaxcnn.training import EpochRecord, Score

CONFIG = dataclasses.replace(Config().quickened(), depths="1,6", epochs=1, learning_rate=0.1)


def test_a_tie_and_a_loss_that_is_no_number_are_no_win_of_either():
    def history(loss):
        return (EpochRecord(1, Score(1.0, 0.5), {"test": Score(loss, 0.5)}, 1.0),)

    losses = {1: (0.5, 0.5), 2: (0.4, 0.5), 3: (0.5, 0.4), 4: (float("nan"), 0.4)}
    histories = {
        named(name, depth): history(loss)
        for depth, both in losses.items()
        for name, loss in zip(("lecun", "tanh"), both, strict=True)
    }
    config = dataclasses.replace(CONFIG, depths="1,2,3,4")
    section = sections.lecun_curves(SimpleNamespace(config=config, networks=SimpleNamespace(histories=histories)))
    assert section.numbers == {"lower test loss with LeCun's": [2], "with tanh": [3]}
    assert section.blocks[0].text.endswith(
        "with 2 hidden layers, tanh with 3. Neither loss is the lower one with 1, 4."
    )


@pytest.mark.parametrize("depths", ["", "5;20", "x"])
def test_depths_that_are_no_numbers_are_refused(depths):
    with pytest.raises(ValueError, match="`depths` must be whole numbers with commas between, such as 5,20; got"):
        Config(depths=depths)


def test_a_depth_of_nothing_is_refused():
    with pytest.raises(ValueError, match="`depths` must be a positive whole number; got 0"):
        Config(depths="5,0")
    assert len(Config().networks()) == 12
