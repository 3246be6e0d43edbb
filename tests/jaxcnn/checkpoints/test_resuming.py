"""Where a run begins."""

import numpy as np
import pytest

from jaxcnn.checkpoints import CheckpointError, about, begin, save_checkpoint

FRESH, LATER = {"w": np.zeros(3, np.float32)}, {"w": np.full(3, 1 / 3, np.float32)}
CONFIG = {"rate": 0.1, "network": [{"op": "relu"}], "epochs": 4, "shape": (1, 2)}
HISTORY = [{"loss": 0.1 + 0.2}, {"loss": 2.0**-1074}]


@pytest.fixture
def folder(tmp_path):
    save_checkpoint(tmp_path / "run", 1, FRESH, about(CONFIG, HISTORY[:1]))
    save_checkpoint(tmp_path / "run", 2, LATER, about(CONFIG, HISTORY))
    return tmp_path / "run"


def test_a_new_run_begins_afresh(tmp_path):
    start = begin(tmp_path / "run", FRESH, CONFIG, resume=False)
    assert start.state is FRESH
    assert (start.done, start.history, start.notes) == (0, [], ())


def test_a_run_that_is_resumed_goes_on_where_it_was(folder):
    start = begin(folder, FRESH, CONFIG, resume=True)
    np.testing.assert_array_equal(start.state["w"], LATER["w"], strict=True)
    assert (start.done, start.history, start.notes) == (2, HISTORY, ())


def test_a_checkpoint_of_an_older_version_goes_on_though_it_names_what_does_not_matter(tmp_path):
    folder, neutral = tmp_path / "run", ("devices", "micro_batch")
    save_checkpoint(folder, 1, LATER, about(CONFIG | {"devices": 2, "micro_batch": 16}, HISTORY[:1]))
    assert begin(folder, FRESH, CONFIG, resume=True, neutral=neutral).done == 1
    assert begin(folder, FRESH, CONFIG | {"devices": 1}, resume=True, neutral=neutral).done == 1
    with pytest.raises(CheckpointError, match=r"is of another run: rate was 0\.1 and is 0\.2; give what it"):
        begin(folder, FRESH, CONFIG | {"rate": 0.2}, resume=True, neutral=neutral)
    with pytest.raises(CheckpointError, match=r"is of another run: devices was 2 and is None, micro_batch was 16 and"):
        begin(folder, FRESH, CONFIG, resume=True)


def test_a_damaged_checkpoint_is_passed_over_with_a_note(folder):
    (folder / "2.json").write_text("")
    start = begin(folder, FRESH, CONFIG, resume=True)
    assert (start.done, start.history) == (1, HISTORY[:1])
    assert start.notes == (f"checkpoint 2 in {folder} is not used: 2.json is cut short or was altered",)


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_afresh_with_a_note(tmp_path):
    start = begin(tmp_path / "run", FRESH, CONFIG, resume=True)
    assert start.state is FRESH
    assert start.notes == (f"{tmp_path / 'run'} holds no checkpoint: the run begins afresh",)


def test_an_earlier_run_is_not_overwritten(folder):
    with pytest.raises(CheckpointError, match=r"holds checkpoints of an earlier run: resume it, or choose another fol"):
        begin(folder, FRESH, CONFIG, resume=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"rate": 0.2},
            r"is of another run: rate was 0\.1 and is 0\.2; give what it was begun with, or choose another folder\.$",
        ),
        ({"epochs": 5, "more": 1}, r"is of another run: epochs was 4 and is 5, more was None and is 1; give what"),
    ],
)
def test_another_run_is_not_continued(changes, message, folder):
    with pytest.raises(CheckpointError, match=message):
        begin(folder, FRESH, CONFIG | changes, resume=True)
