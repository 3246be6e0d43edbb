"""Models in files: the ending of the name decides the form."""

import os
from collections.abc import Callable
from pathlib import Path

from jaxcnn._files import written_whole
from jaxcnn.models.errors import ModelError
from jaxcnn.models.keras_file import read_keras, write_keras
from jaxcnn.models.model import Model
from jaxcnn.models.tensor_file import read_tensors, write_tensors

_WRITERS: dict[str, Callable[[Path, Model], None]] = {".h5": write_keras, ".safetensors": write_tensors}
_READERS: dict[str, Callable[[Path], Model]] = {".h5": read_keras, ".hdf5": read_keras, ".safetensors": read_tensors}


def save_model(path: str | os.PathLike[str], model: Model) -> None:
    """Write a model to a file, whole or not at all.

    Args:
        path: ends in `.h5`, which Keras 3 loads, or in `.safetensors`, which can hold every network.
        model: what to write.

    Raises:
        ModelError: for another ending, or if Keras has no layer for one of the network's.
        ImportError: if the package is missing that writes it; names the extra.
        OSError: if it cannot be written; an older file is untouched.
    """
    file = Path(path)
    if file.suffix not in _WRITERS:
        raise ModelError(f"`path` must end in {' or '.join(_WRITERS)}; got {file}.")
    with written_whole(file) as temporary:
        _WRITERS[file.suffix](temporary, model)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Return the model in a file: `.h5` or `.hdf5`, ours or Keras's own, or `.safetensors` of ours.

    Raises:
        ModelError: if the file is damaged, altered, or holds something that we do not have; names the file.
        ImportError: if the package is missing that reads it; names the extra.
        OSError: if it cannot be opened.
    """
    file = Path(path)
    if file.suffix not in _READERS:
        raise ModelError(f"`path` must end in one of {', '.join(_READERS)}; got {file}.")
    return _READERS[file.suffix](file)
