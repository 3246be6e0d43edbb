"""PNG images, one folder for every class: 8-bit grey or RGB, all of one size."""

from pathlib import Path
from typing import Any

import numpy as np

from jaxcnn.datasets.dataset import LARGEST
from jaxcnn.datasets.errors import DataError

_CHANNELS = {"L": 1, "RGB": 3}


def classes_of(folder: Path) -> tuple[str, ...]:
    """Return, sorted, the names of the folders in `folder` that hold PNG images."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(part.name for part in folder.iterdir() if part.is_dir() and _images_in(part)))


def read_png_folder(
    folder: Path, classes: tuple[str, ...] | None = None
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return images (N, H, W, C) uint8, labels, and the classes; files in the order of their names, class by class.

    Args:
        folder: holds one folder of `*.png` for every class.
        classes: what the classes must be among; None takes the names found, sorted.

    Raises:
        DataError: if a file is no PNG image, damaged, or differs in size or mode from the first; or for a new class.
        ImportError: if Pillow is not installed.
    """
    found = classes_of(folder)
    classes = found if classes is None else classes
    if unknown := set(found) - set(classes):
        raise DataError(f"{folder} holds the class {min(unknown)}, which the training images do not have.")
    files = [(file, classes.index(name)) for name in found for file in _images_in(folder / name)]
    if not files:
        raise DataError(f"{folder} holds no folder with PNG images.")
    first = _pixels(files[0][0], None)
    if first.size * len(files) > LARGEST:
        raise DataError(f"{folder} holds {len(files)} images like {first.shape}: more than is read, {LARGEST} bytes.")
    images = np.empty((len(files), *first.shape), np.uint8)
    for row, (file, _) in enumerate(files):
        images[row] = _pixels(file, first.shape)
    return images, np.array([label for _, label in files], np.int32), classes


def _images_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() == ".png")


def _pixels(file: Path, expected: tuple[int, ...] | None) -> np.ndarray:
    """Return one image, (H, W, C); size and mode are compared before anything is decompressed."""
    image_module = pillow()
    try:
        with image_module.open(file, formats=["PNG"]) as image:
            channels = _CHANNELS.get(image.mode)
            shape = (image.height, image.width, channels or 0)
            if channels is None:
                raise DataError(f"{file} is an image of mode {image.mode}: save it as 8-bit grey (L) or RGB.")
            if expected is not None and shape != expected:
                raise DataError(
                    f"{file} is {shape} (height, width, channels), but the images before it are {expected}."
                )
            if shape[0] * shape[1] * channels > LARGEST:
                raise DataError(f"{file} declares {shape}, more than is read, {LARGEST} bytes.")
            return np.asarray(image).reshape(shape)
    except image_module.DecompressionBombError as error:
        raise DataError(f"{file} is larger than any image that is read: {error}") from error
    except DataError:
        raise
    # What Pillow raises for a file that is no PNG, is cut short or is damaged; OSError also when it cannot be opened.
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise DataError(f"{file} is no PNG image or is damaged: {str(error).splitlines()[0]}.") from error


def pillow() -> Any:
    """Return Pillow's module of images.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("Images are read by Pillow, which is not installed: pip install 'jaxcnn[data]'.") from error
    return Image
