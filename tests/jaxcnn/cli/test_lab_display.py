"""On a terminal a lab shows a bar with loss, accuracy and speed; elsewhere a line for every epoch."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from jaxcnn.cli.lab_display import Display
from jaxcnn.training import EpochRecord, Progress, Score

RECORD = EpochRecord(1, Score(0.5, 0.75), {"test": Score(0.4, 0.875)}, 2.5)
SEEN = Progress(1, 300, Score(0.6, 0.625), 1234.0)


@pytest.fixture
def shown():
    """Return `shown(terminal)`: what is written while a part of a lab goes on."""

    def shown(terminal):
        file = io.StringIO()
        with Display(Console(file=file, force_terminal=terminal, width=120), Path("state")) as display:
            display.stage("tiny", 600)
            display.seen("tiny", 300, SEEN)
            display._bars.refresh()
            display.epoch("tiny", RECORD)
            display.note("goes on after epoch 2")
            assert display.folder == Path("state")
        return file.getvalue()

    return shown


def test_a_terminal_shows_loss_accuracy_and_speed_and_no_lines(shown):
    text = shown(True)
    assert "tiny, epoch 1  loss 0.6000  accuracy 62.50 %  1,234 samples/s" in text
    assert "test 87.50 %" not in text
    assert "note: goes on after epoch 2" in text


def test_elsewhere_there_is_a_line_for_every_epoch_and_no_bar(shown):
    assert shown(False) == "tiny, epoch 1  loss 0.5000  test 87.50 %  2.5 s\nnote: goes on after epoch 2\n"
