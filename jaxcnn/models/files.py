"""Models in files: the ending of the name decides the form."""

import os
from collections.abc import Callable
from pathlib import Path

from jaxcnn._files import written_whole
from jaxcnn.models.errors import ModelError
from jaxcnn.models.model import Model

Form = tuple[Callable[[Path, Model], None], Callable[[Path], Model]]  # how to write a file, and how to read it


def save_model(path: str | os.PathLike[str], model: Model) -> None:
    """Write a model to a file, whole or not at all.

    Args:
        path: ends in `.h5` or `.hdf5`, which Keras 3 loads, or in `.safetensors`, which can hold every network.
        model: what to write.

    Raises:
        ModelError: for another ending, or if Keras has no layer for one of the network's.
        ImportError: if the package is missing that writes it; names the extra.
        OSError: if it cannot be written; an older file is untouched.
    """
    write, _ = _form(Path(path))
    with written_whole(Path(path)) as temporary:
        write(temporary, model)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Return the model in a file: `.h5` or `.hdf5`, ours or Keras's own, or `.safetensors` of ours.

    Raises:
        ModelError: if the file is damaged, altered, or holds something that we do not have; names the file.
        ImportError: if the package is missing that reads it; names the extra.
        OSError: if it cannot be opened.
    """
    _, read = _form(Path(path))
    return read(Path(path))


def _form(path: Path) -> Form:
    if path.suffix not in _FORMS:
        raise ModelError(f"`path` must end in one of {', '.join(_FORMS)}; got {path}.")
    return _FORMS[path.suffix]()


# Imported at their use: they would be half of what importing the package takes, and few programs need them.
def _keras() -> Form:
    from jaxcnn.models.keras_file import read_keras, write_keras

    return write_keras, read_keras


def _tensors() -> Form:
    from jaxcnn.models.tensor_file import read_tensors, write_tensors

    return write_tensors, read_tensors


_FORMS = {".h5": _keras, ".hdf5": _keras, ".safetensors": _tensors}
