"""Processes that have not the same installed end at once, in a sentence, and leave what is there as it is."""

import pytest

from tests._installed import other_version
from tests.jaxcnn.datasets._files import draw, idx_bytes
from tests.jaxcnn.processes._running import TRAIN, ended, started

SAVED = {"checkpoints/1.json": b"of an epoch", "history.json": b"{}"}


@pytest.fixture
def pictures(tmp_path):
    """Return a folder of data that are sooner there than the digits."""
    images, labels = draw(100, (28, 28))
    (tmp_path / "pictures").mkdir()
    for name, array in (("images-idx3", images), ("labels-idx1", labels)):
        (tmp_path / "pictures" / f"train-{name}-ubyte").write_bytes(idx_bytes(array))
    return tmp_path / "pictures"


def test_with_another_version_in_one_of_them_both_say_so_and_nothing_saved_is_touched(pictures, tmp_path):
    run = tmp_path / "run"
    for name, content in SAVED.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(content)
    own = ({}, {"PYTHONPATH": other_version(tmp_path / "site", "optax", "0.0.7")})
    options = ("--data", pictures, "--out", run, "--resume", "--no-plot")
    with started(*TRAIN, "mlp", *options, environment=own) as running:
        (code, out, err), other = ended(running)
    assert (code, out, err) == other
    assert (code, out) == (2, "")
    assert err.startswith("jaxcnn: Process 1 does not fit process 0: optax is '0.0.7' there and '")
    assert err.count("\n") == 1
    assert {file.relative_to(run).as_posix(): file.read_bytes() for file in run.rglob("*") if file.is_file()} == SAVED
