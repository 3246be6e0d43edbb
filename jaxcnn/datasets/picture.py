"""One picture of any size, such as a photograph or a scan, as the pixels that a network takes, or as it is in grey.

What is done is plain: turned as the camera says, laid on white where it is transparent, made grey where the network
takes grey, and resized without keeping its proportions. A picture of the network's own size and mode stays as it is.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jaxcnn.datasets.errors import DataError
from jaxcnn.datasets.png import pillow

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_FORMATS = ("PNG", "JPEG")
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK")
_LARGEST = 2**26  # pixels; what a picture of some kilobytes may declare without filling the memory


def read_picture(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Return the pixels of a PNG or JPEG file, uint8.

    Args:
        path: the file.
        shape: what the network takes, (H, W, 1 or 3).

    Raises:
        DataError: if it is no such picture, or damaged, or larger than any that is read.
        ValueError: if the network takes no pictures.
        ImportError: if Pillow is not installed.
        OSError: if it cannot be opened.
    """
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ValueError(f"The network must take pictures, (height, width, 1 or 3), to be given one; it takes {shape}.")
    return _read(path, lambda image: _resized(image, shape))


def read_grey(path: Path) -> np.ndarray:
    """Return a PNG or JPEG file in grey, (H, W) uint8, upright and in its own size.

    What is transparent is white, or black where nothing but white would be seen.

    Raises:
        DataError: if it is no such picture, or damaged, or larger than any that is read.
        ImportError: if Pillow is not installed.
        OSError: if it cannot be opened.
    """
    return _read(path, _grey)


def _read(path: Path, pixels: "Callable[[Picture], np.ndarray]") -> np.ndarray:
    image_module = pillow()
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("error", image_module.DecompressionBombWarning)
        try:
            with image_module.open(file, formats=_FORMATS) as image:
                if image.width * image.height > _LARGEST or image.mode not in _MODES:
                    raise DataError(f"{path} is not read: {image.width} x {image.height} pixels of mode {image.mode}.")
                return pixels(image)
        except (image_module.DecompressionBombError, image_module.DecompressionBombWarning) as error:
            raise DataError(f"{path} is larger than any picture that is read, {_LARGEST} pixels.") from error
        except image_module.UnidentifiedImageError as error:
            raise DataError(f"{path} is no PNG or JPEG picture.") from error
        except DataError:
            raise
        # What Pillow raises for a file that is no picture, is cut short or is damaged.
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise DataError(f"{path} is a damaged picture: {str(error).splitlines()[0]}.") from error


def _grey(image: "Picture") -> np.ndarray:
    found = np.asarray(_upright(image, "white").convert("L"), np.uint8)
    return np.asarray(_upright(image, "black").convert("L"), np.uint8) if found.min() == 255 else found


def _upright(image: "Picture", under: str) -> "Picture":
    """Return the picture as the camera says, on a colour where it is transparent."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        return Image.alpha_composite(Image.new("RGBA", upright.size, under), upright.convert("RGBA"))
    return upright


def _resized(image: "Picture", shape: tuple[int, ...]) -> np.ndarray:
    from PIL import Image

    height, width, channels = shape
    plain = _upright(image, "white").convert("L" if channels == 1 else "RGB")
    if plain.size != (width, height):
        plain = plain.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(plain, np.uint8).reshape(shape)
