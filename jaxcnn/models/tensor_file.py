"""`.safetensors` files: every network, also one that Keras cannot have; arrays are called LAYER.PART.

The metadata `network` describes the network and the shape of its inputs as JSON, `jaxcnn` the rest.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from jaxcnn._types import Parameters
from jaxcnn.models.errors import ModelError
from jaxcnn.models.hdf5.content import LARGEST
from jaxcnn.models.metadata import NAME, check_sum, described, json_object, parsed
from jaxcnn.models.model import Model
from jaxcnn.models.plain import from_plain, to_plain


def write_tensors(path: Path, model: Model) -> None:
    """Write a file.

    Raises:
        ImportError: if safetensors is not installed.
    """
    safetensors = _safetensors()
    text = json.dumps({"input_shape": list(model.input_shape), "layers": to_plain(model.network)})
    arrays = {f"{name}.{part}": np.asarray(v) for name, layer in model.params.items() for part, v in layer.items()}
    safetensors.numpy.save_file(arrays, path, {"network": text, NAME: described(model, text)})


def read_tensors(path: Path) -> Model:
    """Return the model in a file.

    Raises:
        ModelError: if it is damaged, altered, or no model of ours.
        ImportError: if safetensors is not installed.
        OSError: if it cannot be opened.
    """
    try:
        texts, params = _content(path)
        if not {"network", NAME} <= texts.keys():
            raise ModelError("it holds arrays, but no network that jaxcnn has saved")
        shape, told = json_object(texts["network"]), parsed(texts[NAME])
        input_shape = shape.get("input_shape")
        if not isinstance(input_shape, list) or not all(isinstance(n, int) and n > 0 for n in input_shape):
            raise ModelError(f"the shape of its inputs must be whole numbers; got {input_shape}")
        network = from_plain(shape.get("layers"))
        model = Model(network, params, tuple(input_shape), tuple(told["classes"]), told["low"], told["high"])
        check_sum(model, told, texts["network"])
        return model
    except ModelError as error:
        raise ModelError(f"{path} cannot be used: {str(error).rstrip('.')}.") from error


def _content(path: Path) -> tuple[dict[str, str], Parameters]:
    if path.stat().st_size > LARGEST:
        raise ModelError(f"it holds {path.stat().st_size} bytes, more than is read, {LARGEST}")
    safetensors = _safetensors()
    params: Parameters = {}
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            for name in file.keys():
                layer, _, part = name.rpartition(".")
                params.setdefault(layer, {})[part] = file.get_tensor(name)
            return file.metadata() or {}, params
    except safetensors.SafetensorError as error:
        raise ModelError(f"it is no safetensors file or is damaged: {error}") from error


def _safetensors() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "`.safetensors` files need the package of that name, which is not installed: pip install 'jaxcnn[models]'."
        ) from error
    return safetensors
