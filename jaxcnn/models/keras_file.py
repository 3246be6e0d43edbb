"""`.h5` files as Keras has them: written with h5py and read without it, and in neither case with Keras.

The attribute `model_config` is Keras's configuration of the network, as JSON; `jaxcnn`, in files of ours only, the
classes, the scaling of pixels and a sum. The parameters of a layer are in `model_weights/LAYER`, under the names that
its attribute `weight_names` lists.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from jaxcnn._types import Parameters, Shape
from jaxcnn.models.errors import ModelError
from jaxcnn.models.from_keras import from_keras
from jaxcnn.models.hdf5 import Hdf5
from jaxcnn.models.keras_reading import Reading
from jaxcnn.models.metadata import NAME, check_sum, described, json_object, parsed
from jaxcnn.models.model import Model
from jaxcnn.models.to_keras import to_keras
from jaxcnn.network import Network

_WRITTEN_AS = {"keras_version": "3.0.0", "backend": "jax"}  # whose conventions of layout the parameters follow


def write_keras(path: Path, model: Model) -> None:
    """Write a file that `keras.models.load_model` loads.

    Raises:
        ModelError: if Keras has no layer for one of the network's.
        ImportError: if h5py is not installed.
    """
    h5py = require_h5py()
    config = to_keras(model.network, model.input_shape)
    text = json.dumps(config)
    with h5py.File(path, "w") as file:
        file.attrs.update({"model_config": text, NAME: described(model, text), **_WRITTEN_AS})
        weights = file.create_group("model_weights")
        names = [layer["config"]["name"] for layer in config["config"]["layers"][1:]]
        weights.attrs.update({"layer_names": names, **_WRITTEN_AS})
        for name in names:
            group, parts = weights.create_group(name), model.params.get(name, {})
            group.attrs["weight_names"] = [f"{name}/{part}" for part in ("kernel", "bias") if part in parts]
            for part, values in parts.items():
                group.create_dataset(f"{name}/{part}", data=np.asarray(values, "<f4"))
        weights.create_group("top_level_model_weights").attrs["weight_names"] = []


def read_keras(path: Path) -> Model:
    """Return the model in a file, ours or Keras's own.

    Raises:
        ModelError: if it is damaged, altered, or holds something that we do not have.
        OSError: if it cannot be opened.
    """
    try:
        file = Hdf5(path)
        text = _text(file, "model_config")
        if text is None:
            raise ModelError("it holds no model: save the whole of it, not its weights alone")
        reading = from_keras(json_object(text))
        network, shape = reading.finished()
        params = _params(file, network, shape, reading)
        told_text = _text(file, NAME)
        if told_text is None:
            classes = tuple(map(str, range(network.shapes((1, *shape))[-1][-1])))
            return Model(network, params, shape, classes, reading.low, reading.high)
        told = parsed(told_text)
        model = Model(network, params, shape, tuple(told["classes"]), told["low"], told["high"])
        check_sum(model, told, text)
        return model
    except ModelError as error:
        raise ModelError(f"{path} cannot be used: {str(error).rstrip('.')}.") from error


def _text(file: Hdf5, name: str) -> str | None:
    found = file.attribute("", name)
    if found is not None and len(found) != 1:
        raise ModelError(f"its attribute {name} must be one text; got {len(found)}")
    return None if found is None else found[0]


def _params(file: Hdf5, network: Network, shape: Shape, reading: Reading) -> Parameters:
    expected = network.parameter_shapes((1, *shape))
    needed = 2 * sum(math.prod(dims) for layer in expected.values() for dims in layer.values())  # at least float16
    if needed > file.size:
        raise ModelError(f"its network has parameters of {needed} bytes or more, and it only has {file.size}")
    return {
        name: _layer(file, source, with_bias, expected[name]["bias"])
        for name, (source, with_bias) in zip(expected, reading.sources, strict=True)
    }


def _layer(file: Hdf5, source: str, with_bias: bool, bias_shape: Shape) -> dict[str, Any]:
    where = f"model_weights/{source}"
    names = file.attribute(where, "weight_names") or []
    if len(names) != 1 + with_bias:
        raise ModelError(f"its layer {source!r} must have {1 + with_bias} arrays of parameters; got {len(names)}")
    arrays = [file.array(f"{where}/{name}").astype(np.float32) for name in names]
    return {"kernel": arrays[0], "bias": arrays[1] if with_bias else np.zeros(bias_shape, np.float32)}


def require_h5py() -> Any:
    """Return h5py, or raise an `ImportError` that names the extra."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            "`.h5` files are written by h5py, which is not installed: pip install 'jaxcnn[models]'."
        ) from error
    return h5py
