"""Models in files: what is written is read, whole or not at all, and what was altered is noticed."""

import json
import re
import sys

import h5py
import numpy as np
import pytest

from jaxcnn import Conv, Dense, Flatten, MaxPool, Network, Softmax
from jaxcnn.models import Model, ModelError, load_model, save_model
from tests.jaxcnn.models._models import make, model, same

ENDINGS = (".h5", ".safetensors")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", ["tiny", "every"])
def test_what_is_saved_is_loaded(name, ending, tmp_path):
    saved = make(name)
    save_model(tmp_path / f"model{ending}", saved)
    same(load_model(tmp_path / f"model{ending}"), saved)


def test_a_network_that_keras_cannot_have_is_told_where_to_go_and_goes_there(tmp_path):
    saved = make("not keras")
    with pytest.raises(ModelError, match=r"^conv_0 has both strides and dilation, .*: save it as \.safetensors\.$"):
        save_model(tmp_path / "model.h5", saved)
    padded = model(Network(MaxPool(2, padding=((1, 1), (0, 1))), Flatten(), Dense(2)), (4, 4, 1))
    with pytest.raises(ModelError, match=r"^max_pool_0 is padded by \(\(1, 1\), \(0, 1\)\), which no layer of Keras"):
        save_model(tmp_path / "model.h5", padded)
    assert list(tmp_path.iterdir()) == []
    save_model(tmp_path / "model.safetensors", saved)
    same(load_model(tmp_path / "model.safetensors"), saved)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_older_file_is_replaced_whole_or_not_at_all(ending, tmp_path, monkeypatch):
    file = tmp_path / f"model{ending}"
    save_model(file, make("tiny"))
    newer = make("tiny", seed=7)
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
        with pytest.raises(OSError, match="the disk is full"):
            save_model(file, newer)
    same(load_model(file), make("tiny"))
    assert list(tmp_path.iterdir()) == [file]
    save_model(file, newer)
    same(load_model(file), newer)


def test_explicit_padding_that_keras_has_by_name_is_written_by_name(tmp_path):
    network = Network(Conv(2, 3, padding=((0, 0), (0, 0))), MaxPool(3, 2, ((0, 1), (0, 1))), Flatten(), Dense(2))
    save_model(tmp_path / "model.h5", model(network, (6, 6, 1)))
    conv, pool, *_ = load_model(tmp_path / "model.h5").network
    assert (conv.padding, pool.padding) == ("VALID", "SAME")


def test_a_softmax_in_the_last_place_is_part_of_every_model():
    made = model(Network(Dense(3), Softmax()), (4,))
    assert made.network == Network(Dense(3))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_parameter_that_was_altered_is_noticed(ending, tmp_path):
    file = tmp_path / f"model{ending}"
    made = make("tiny")
    save_model(file, made)
    content = bytearray(file.read_bytes())
    place = content.find(made.params["dense_0"]["kernel"].tobytes())
    assert place > 0
    content[place] ^= 1  # the last bit of a mantissa
    file.write_bytes(content)
    with pytest.raises(ModelError, match=f"^{re.escape(str(file))} cannot be used: its content does not match its sum"):
        load_model(file)


def test_scaling_and_classes_are_covered_by_the_sum(tmp_path):
    file = tmp_path / "model.h5"
    save_model(file, make("tiny"))
    for key, value in (("low", 0.0), ("classes", ["a", "b", "c", "d"])):
        with h5py.File(file, "r+") as opened:
            told = json.loads(opened.attrs["jaxcnn"])
            opened.attrs["jaxcnn"] = json.dumps(told | {key: value})
        with pytest.raises(ModelError, match="does not match its sum"):
            load_model(file)
        with h5py.File(file, "r+") as opened:
            opened.attrs["jaxcnn"] = json.dumps(told)
    same(load_model(file), make("tiny"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.h5", b"not at all", "cannot be used: it is no HDF5 file"),
        ("model.h5", b"", "cannot be used: it is no HDF5 file"),
        (
            "model.safetensors",
            b"not at all a file of tensors",
            "cannot be used: it is no safetensors file or is damaged",
        ),
        ("model.safetensors", b"", "cannot be used: it is no safetensors file or is damaged"),
        ("model.txt", b"", r"^`path` must end in one of \.h5, \.hdf5, \.safetensors; got .*model\.txt\.$"),
    ],
)
def test_what_is_no_model_file_is_refused(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path / name)


def test_another_ending_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ModelError, match=r"^`path` must end in one of \.h5, .*; got .*model\.keras\.$"):
        save_model(tmp_path / "model.keras", make("tiny"))
    assert list(tmp_path.iterdir()) == []


def test_tensors_of_somebody_else_are_no_model(tmp_path):
    import safetensors.numpy

    safetensors.numpy.save_file({"weight": np.zeros(3, np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="it holds arrays, but no network that jaxcnn has saved"):
        load_model(tmp_path / "model.safetensors")


@pytest.mark.parametrize("package", ["h5py", "safetensors"])
def test_a_missing_package_is_named_with_its_extra(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    ending = {"h5py": ".h5", "safetensors": ".safetensors"}[package]
    with pytest.raises(ImportError, match=r"not installed: pip install 'jaxcnn\[models\]'"):
        save_model(tmp_path / f"model{ending}", make("tiny"))
    assert list(tmp_path.iterdir()) == []


def test_reading_h5_needs_no_package(tmp_path, monkeypatch):
    save_model(tmp_path / "model.h5", make("tiny"))
    monkeypatch.setitem(sys.modules, "h5py", None)
    same(load_model(tmp_path / "model.h5"), make("tiny"))


def test_a_file_whose_layers_share_their_values_takes_no_more_memory_than_it_has(tmp_path):
    file, names = tmp_path / "model.h5", [f"dense_{row}" for row in range(200)]
    save_model(file, model(Network(Dense(64)), (64,)))
    with h5py.File(file, "r+") as opened:
        config = json.loads(opened.attrs["model_config"])
        inputs, dense, last = config["config"]["layers"]
        many = [{**dense, "config": dense["config"] | {"name": name}} for name in names]
        opened.attrs["model_config"] = json.dumps(config | {"config": {"layers": [inputs, *many, last]}})
        for name in names[1:]:
            opened["model_weights"][name] = opened["model_weights/dense_0"]
    with pytest.raises(ModelError, match=r"its network has parameters of \d+ bytes or more, and it only has \d+\.$"):
        load_model(file)


TINY_PARTS = make("tiny")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ("a", "b")}, r"^The network must give one number per class, \(1, 2\), .* it gives \(1, 4\)\.$"),
        ({"input_shape": (6, 6, 1)}, r"^`params\['dense_0'\]\['kernel'\]` must have shape"),
        ({"input_shape": (6,)}, "^conv_0: inputs must be images"),
        ({"params": {}}, "^`params` must hold exactly"),
        ({"low": 1.0}, r"^All numbers of a model must be finite; low 1\.0 and high 1\.0 are not, or are equal"),
        ({"low": float("nan")}, "^All numbers of a model must be finite; low nan"),
        (
            {"params": {**TINY_PARTS.params, "dense_0": {"kernel": np.full((12, 4), np.inf), "bias": np.zeros(4)}}},
            r"^All numbers of a model must be finite; params\['dense_0'\]\['kernel'\] is not\.$",
        ),
        (
            {"network": Network(Conv(4, 1), MaxPool(9000, padding="SAME"), Flatten()), "input_shape": (9000, 9000, 1)}
            | {"params": {"conv_0": {"kernel": np.ones((1, 1, 1, 4)), "bias": np.ones(4)}}},
            r"^The network makes more than 268435456 values of one example, which is not computed\.$",
        ),
    ],
)
def test_parts_that_do_not_fit_are_no_model(changes, message):
    parts = {"network": TINY_PARTS.network, "params": TINY_PARTS.params, "input_shape": (6, 5, 1)}
    with pytest.raises(ModelError, match=message):
        Model(**{**parts, "classes": TINY_PARTS.classes, **changes})
