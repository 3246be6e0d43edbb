"""`jaxcnn train`: what it leaves in its folder, how it resumes, and what it refuses."""

import dataclasses
import json
import re
import sys

import numpy as np
import pytest
from PIL import Image

from jaxcnn import load_model
from jaxcnn.cli import main
from jaxcnn.datasets import load
from jaxcnn.models import evaluate
from jaxcnn.training import Augmentation
from jaxcnn.training.config import TrainConfig
from jaxcnn.zoo import MLP

OPTIONS = ("--per-class", "20", "--batch", "16", "--epochs", "2", "--seed", "3", "--validation", "100")


@pytest.fixture
def train(capsys):
    """Return `train(*arguments)`: run `jaxcnn train` and return its exit code, stdout and stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit, match=r"^\d$") as ended:
            main(["train", *map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a run that has come to its end."""
    out = tmp_path_factory.mktemp("runs") / "first"
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["train", "mlp", "--out", str(out), *OPTIONS])
    return out


def history(folder):
    return json.loads((folder / "history.json").read_text())


def test_the_history_says_what_was_trained_on_what_and_how_it_went(folder):
    told = history(folder)
    assert told["network"] == "mlp"
    assert told["layers"] == repr(MLP)
    assert told["data"] == "digits"
    assert told["images"] == {"train": 200, "validation": 100, "test": 355}
    assert told["sha256"]["test"] == load("digits", "test").sha256 != told["sha256"]["train"]
    given = {field.name: told[field.name] for field in dataclasses.fields(TrainConfig)}
    config = TrainConfig(**{**given, "augmentation": Augmentation(**given["augmentation"])})
    assert (config.batch_size, config.epochs, config.seed) == (16, 2, 3)
    assert [epoch["number"] for epoch in told["history"]] == [1, 2]
    assert set(told["history"][0]["scores"]) == {"validation", "test"}
    assert told["history"][1]["running"]["loss"] < told["history"][0]["running"]["loss"]


def test_the_model_is_the_one_that_was_scored(folder):
    found = evaluate(load_model(folder / "model.h5"), load("digits", "test"))
    assert found.accuracy == history(folder)["history"][-1]["scores"]["test"]["accuracy"]


def test_the_learning_curves_are_a_picture(folder):
    with Image.open(folder / "curves.png") as picture:
        assert picture.size > (600, 300)
        assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 10


def test_a_run_resumed_for_more_epochs_of_another_kind_is_refused_and_of_its_own_kind_is_done(train, folder):
    code, out, err = train("mlp", "--out", folder, *OPTIONS)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"jaxcnn: .*checkpoints holds checkpoints of an earlier run: resume it, or .*\n", err)
    code, out, err = train("mlp", "--out", folder, *OPTIONS, "--resume", "--lr", 0.1)
    assert (code, out) == (2, "")
    assert re.match(r"jaxcnn: checkpoint 2 in .* is of another run: learning_rate was 0.001 and is 0.1", err)
    before = history(folder)
    (folder / "history.json").unlink()  # as after a kill between the last checkpoint and the history
    code, out, err = train("mlp", "--out", folder, *OPTIONS, "--resume")
    assert (code, err) == (0, "")
    assert history(folder) == before


def test_the_table_has_a_row_for_every_epoch_and_stderr_a_line(train, tmp_path):
    code, out, err = train("mlp", "--out", tmp_path / "run", *OPTIONS, "--no-plot")
    assert code == 0
    header, first, second, _, last = out.splitlines()
    assert re.split(r"  +", header.strip()) == [
        "epoch",
        *(f"{name} {of}" for name in ("training", "validation", "test") for of in ("loss", "accuracy")),
        "seconds",
    ]
    assert [row.split()[0] for row in (first, second)] == ["1", "2"]
    assert last == f"kept in {tmp_path / 'run'}"
    assert [line.split("  ")[0] for line in err.splitlines()] == ["epoch 1/2", "epoch 2/2"]
    assert not (tmp_path / "run" / "curves.png").exists()


@pytest.mark.parametrize("package", ["h5py", "orbax.checkpoint", "matplotlib.figure"])
def test_a_missing_package_is_told_before_anything_is_trained(package, train, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    code, out, err = train("mlp", "--out", tmp_path / "run", *OPTIONS)
    assert (code, out) == (2, "")
    assert re.fullmatch("jaxcnn: .*pip install .*jaxcnn.*\n", err)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resnet",), "There is no network called 'resnet'; the networks are filters, backprop"),
        (("mlp", "--optimizer", "lion"), "`optimizer` must be one of sgd, .*; got 'lion'"),
        (("mlp", "--augment", "shift=2,blur=1"), "`--augment` must be like shift=2,rotate=10, .*; got 'blur=1'"),
        (("mlp", "--augment", "shift=far"), "`--augment` must be like .*; got 'shift=far'"),
        (("mlp", "--patience", "2"), "`patience` needs a split called 'validation' to look at; got test"),
        (("mlp", "--data", "nothing"), ".*'nothing'.*"),
        (("mlp", "--lr", "-1"), "`learning_rate` must be finite, above 0; got -1.0"),
        (
            ("mlp", "--seed", str(2**70)),
            "`seed` must be a whole number from 0 to 4294967295; got 118",
        ),
        (("mlp", "--validation", "inf"), "`--validation` must be a share below 1 or a whole number .*; got inf"),
        (("mlp", "--validation", "1.5"), "`--validation` must be a share below 1 or a whole number .*; got 1.5"),
        (
            ("mlp", "--optimizer", "momentum", "--momentum", "0"),
            "`momentum` must .* above 0 and below 1; got 0.0",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_ends_in_one_sentence(train, tmp_path, arguments, message):
    code, out, err = train(*arguments, "--out", tmp_path / "run")
    assert (code, out) == (2, "")
    assert re.fullmatch(f"jaxcnn: {message}.*\n", err)
    assert not (tmp_path / "run").exists()


def test_networks_lists_the_zoo(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["networks"])
    out = capsys.readouterr().out
    assert re.search(r"^filters +28x28x1 +158,858 +conv32@3x3 relu pool2 conv64@3x3", out, re.M)
    assert re.search(r"^depth-40-lecun .* 40 x \(dense32 lecun_tanh\) dense10 *$", out, re.M)
