"""`jaxcnn evaluate` and `jaxcnn predict`: tables, JSON, and one sentence with exit code 2."""

import dataclasses
import json
import re

import numpy as np
import pytest
from PIL import Image

from jaxcnn import MLP
from jaxcnn.cli import main
from jaxcnn.datasets import load, read_grey, read_picture
from jaxcnn.models import Model, evaluate, save_model
from jaxcnn.photographs import digit_of
from tests.jaxcnn.photographs._papers import ink, photograph


@pytest.fixture
def jaxcnn(capsys):
    """Return `jaxcnn(*arguments)`: run the command line and return its exit code, stdout and stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit, match=r"^\d$") as ended:
            main(list(map(str, arguments)))
        return ended.value.code, *capsys.readouterr()

    return run


CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "[seven]", "eight", "nine")


@pytest.fixture(scope="module")
def trained():
    """Return a model that recognises digits by the mean image of each class, without training."""
    data = load("digits", "train")
    rows = data.images.reshape(len(data), -1) / 255
    means = np.stack([rows[data.labels == label].mean(0) for label in range(10)])
    # The nearest mean has the largest m.x - |m|²/2; the hidden sigmoid of the MLP is used where it is nearly a line.
    small = 0.01
    hidden = {"kernel": np.zeros((784, 64)), "bias": np.zeros(64)}
    hidden["kernel"][:, :10] = small * means.T
    last = {"kernel": np.zeros((64, 10)), "bias": -((means**2).sum(1)) / 2}
    last["kernel"][:10] = 4 / small * np.eye(10)
    last["bias"] -= 4 / small / 2
    return Model(MLP, {"dense_0": hidden, "dense_1": last}, (28, 28, 1), CLASSES)


@pytest.fixture
def file(trained, tmp_path):
    save_model(tmp_path / "model.h5", trained)
    return tmp_path / "model.h5"


def test_evaluate_counts_class_by_class(jaxcnn, file, trained):
    code, out, err = jaxcnn("evaluate", file)
    expected = evaluate(trained, load("digits", "test"))
    assert expected.accuracy > 0.8
    assert (code, err) == (0, "")
    header, *rows, _, summary = out.splitlines()
    assert re.split(r"  +", header.strip()) == ["class", "images", "recognised", "share", "most often taken for"]
    assert [row.split()[0] for row in rows] == list(CLASSES)
    assert [int(row.split()[2]) for row in rows] == [row[i] for i, row in enumerate(expected.confusion)]
    assert summary == (
        f"355 images of digits, split test: accuracy {100 * expected.accuracy:.2f} %, loss {expected.loss:.4f}"
    )


def test_evaluate_as_json(jaxcnn, file, trained):
    code, out, err = jaxcnn("evaluate", file, "--data", "digits", "--split", "train", "--json")
    told, expected = json.loads(out), evaluate(trained, load("digits", "train"))
    assert (code, err) == (0, "")
    assert told["classes"] == list(CLASSES)
    assert (told["data"], told["split"], told["examples"]) == ("digits", "train", 1442)
    assert (told["accuracy"], told["loss"]) == (expected.accuracy, expected.loss)
    assert told["confusion"] == [list(row) for row in expected.confusion]


@pytest.fixture
def drawn(tmp_path):
    """Write three digits as pictures, one of another size and one in colours; return the files and their classes."""
    data, files = load("digits", "test"), []
    for row in range(3):
        image = Image.fromarray(data.images[row, ..., 0])
        image = image.resize((112, 112)) if row == 1 else image.convert("RGB") if row == 2 else image
        files.append(tmp_path / f"{row}.png")
        image.save(files[-1])
    return files, data


def test_predict_says_class_and_probability(jaxcnn, file, trained, drawn):
    files, data = drawn
    code, out, err = jaxcnn("predict", file, *files)
    assert (code, err) == (0, "")
    header, *rows = out.splitlines()
    assert header.split() == ["image", "class", "probability", "next"]
    p = trained.probabilities(data.images[:3])
    for row, path, one in zip(rows, files, p, strict=True):
        assert row.split()[:2] == [str(path), CLASSES[one.argmax()]]
    assert rows[0].split()[2] == f"{p[0].max():.4f}"


def test_predict_as_json(jaxcnn, file, trained, drawn):
    files, data = drawn
    code, out, err = jaxcnn("predict", "--json", file, files[0])
    told = json.loads(out)
    assert (code, err) == (0, "")
    (image,) = told["images"]
    (p,) = trained.probabilities(data.images[:1])
    assert (image["image"], image["class"]) == (str(files[0]), CLASSES[p.argmax()])
    assert image["probabilities"] == [float(one) for one in p]


@pytest.fixture
def digits_file(trained, tmp_path):
    """Return a model that says of its classes that they are the digits 0 to 9."""
    save_model(tmp_path / "digits.h5", dataclasses.replace(trained, classes=tuple("0123456789")))
    return tmp_path / "digits.h5"


@pytest.fixture
def photographed(tmp_path):
    """Write three digits as photographs, dark on lit paper; return the files."""
    files = []
    for row in range(3):
        files.append(tmp_path / f"photograph-{row}.jpg")
        Image.fromarray(photograph(ink(row), light=0.4)).convert("RGB").save(files[-1])
    return files


def test_predict_finds_the_digit_in_photographs_and_shows_what_the_network_saw(
    jaxcnn, digits_file, trained, photographed, tmp_path
):
    code, out, err = jaxcnn("predict", "--json", digits_file, *photographed, "--show", tmp_path / "seen.png")
    assert (code, err) == (0, "")
    seen = np.stack([digit_of(read_grey(path)) for path in photographed])
    expected = trained.probabilities(seen)
    told = json.loads(out)["images"]
    assert [row["class"] for row in told] == [str(one.argmax()) for one in expected]
    assert [row["probabilities"] for row in told] == [[float(one) for one in p] for p in expected]
    shown = np.asarray(Image.open(tmp_path / "seen.png"))
    np.testing.assert_array_equal(shown[::8, ::8], np.concatenate(seen, axis=1)[..., 0])
    np.testing.assert_array_equal(shown, shown[::8, ::8].repeat(8, 0).repeat(8, 1))


def test_predict_looks_for_no_digit_as_is_nor_for_other_models(jaxcnn, digits_file, file, trained, photographed):
    (expected,) = trained.probabilities(read_picture(photographed[0], (28, 28, 1))[None])
    for arguments in (["--as-is", digits_file], [file]):
        code, out, _ = jaxcnn("predict", "--json", *arguments, photographed[0])
        assert code == 0
        assert json.loads(out)["images"][0]["probabilities"] == [float(one) for one in expected]


def test_predict_deskews_where_it_is_asked_to(jaxcnn, digits_file, trained, photographed):
    code, out, _ = jaxcnn("predict", "--json", "--deskew", digits_file, photographed[1])
    assert code == 0
    (expected,) = trained.probabilities(digit_of(read_grey(photographed[1]), deskew=True)[None])
    assert json.loads(out)["images"][0]["probabilities"] == [float(one) for one in expected]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["digits.h5", "white.png"], r"white\.png: Nothing in the picture stands out from its background: .*\."),
        (["digits.h5", "dot.png"], r"dot\.png: A picture must have at least 5 pixels to hold a digit; got 1 x 1\."),
        (["--deskew", "--as-is", "digits.h5", "white.png"], r"`--deskew` is for pictures in which a digit is found .*"),
        (["--show", "none/seen.png", "digits.h5", "white.png"], r"`none/seen\.png` cannot be written: the folder .*"),
    ],
    ids=["blank", "too small", "deskew", "show"],
)
def test_a_picture_without_a_digit_is_one_sentence_and_exit_code_2(
    arguments, sentence, jaxcnn, digits_file, monkeypatch
):
    monkeypatch.chdir(digits_file.parent)
    for name, size in (("white.png", (40, 50)), ("dot.png", (1, 1))):
        Image.new("L", size, 255).save(name)
    code, out, err = jaxcnn("predict", *arguments)
    assert (code, out) == (2, "")
    assert re.fullmatch(f"jaxcnn: {sentence}\n", err)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["evaluate", "missing.h5"], r"missing\.h5: No such file or directory\."),
        (["evaluate", "."], r"`path` must end in one of \.h5, \.hdf5, \.safetensors; got \.\."),
        (["evaluate", "broken.h5"], r"broken\.h5 cannot be used: it is no HDF5 file, .*\."),
        (["evaluate", "model.h5", "--data", "cifar"], "`name` must be one of digits, mnist, .*; got 'cifar'."),
        (["evaluate", "model.h5", "--split", "half"], r"`split` must be 'train' or 'test'; got 'half'\."),
        (["predict", "model.h5", "missing.png"], r"missing\.png: No such file or directory\."),
        (["predict", "model.h5", "broken.h5"], r"broken\.h5 is no PNG or JPEG picture\."),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, sentence, jaxcnn, file, monkeypatch):
    monkeypatch.chdir(file.parent)
    (file.parent / "broken.h5").write_text("not at all")
    code, out, err = jaxcnn(*arguments)
    assert (code, out) == (2, "")
    assert re.fullmatch(f"jaxcnn: {sentence}\n", err)


def test_predict_needs_an_image(jaxcnn, file):
    code, out, err = jaxcnn("predict", file)
    assert (code, out) == (2, "")
    assert "Missing argument 'IMAGE'" in err
