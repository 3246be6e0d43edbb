"""`jaxcnn evaluate` and `jaxcnn predict`: a model file on a data set, and on pictures."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from jaxcnn._files import written_whole
from jaxcnn.cli.output import check_writable, console

if TYPE_CHECKING:
    from jaxcnn.models import Evaluation, Model

ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="A model: .h5 (ours or Keras's) or .safetensors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
_ENLARGED = 8  # times, so that pixels are seen

DataDir = Annotated[Path | None, typer.Option(help="Where data lie; else $JAXCNN_DATA, else the user's cache folder.")]


def evaluate(
    model_file: ModelFile,
    data: Annotated[str, typer.Option(help="digits, mnist, fashion_mnist, svhn, or the path of a folder.")] = "digits",
    split: Annotated[str, typer.Option(help="train or test.")] = "test",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Count how many images of a data set a model recognises, class by class."""
    from jaxcnn.datasets import load
    from jaxcnn.models import evaluate as evaluated
    from jaxcnn.models import load_model

    model = load_model(model_file)
    found = evaluated(model, load(data, split, data_dir))
    if as_json:
        told = {"model": str(model_file), "data": data, "split": split, "classes": list(model.classes)}
        print(json.dumps({**told, **dataclasses.asdict(found)}, indent=2))
        return
    console().print(_per_class(model, found))
    console().print(
        f"\n{found.examples} images of {data}, split {split}: accuracy {100 * found.accuracy:.2f} %, "
        f"loss {found.loss:.4f}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def predict(
    model_file: ModelFile,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="PNG or JPEG files of any size.")],
    as_json: AsJson = False,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="The pictures are ready: only resize them, do not look for a digit.")
    ] = False,
    deskew: Annotated[bool, typer.Option("--deskew", help="Straighten slanted digits.")] = False,
    show: Annotated[Path | None, typer.Option(help="PNG file to write: what the network saw.")] = None,
) -> None:
    """Say which class a model takes pictures for, and how sure it is.

    For a model of the digits 0 to 9 in MNIST's form, 28 x 28 in grey, the digit is found in each picture first.
    """
    from jaxcnn.models import load_model

    if show is not None:
        check_writable(show)
    model = load_model(model_file)
    seen = _prepared(model, images, as_is, deskew)
    if show is not None:
        _show(show, seen)
    probabilities = model.probabilities(seen)
    best = np.argmax(probabilities, axis=1)
    if as_json:
        rows = [
            {"image": str(image), "class": model.classes[top], "probabilities": [float(one) for one in p]}
            for image, top, p in zip(images, best, probabilities, strict=True)
        ]
        print(json.dumps({"model": str(model_file), "classes": list(model.classes), "images": rows}, indent=2))
        return
    table = Table("image", "class", "probability", "next", box=None, header_style="bold", pad_edge=False)
    for image, p in zip(images, probabilities, strict=True):
        first, *others = np.argsort(-p, kind="stable")[:3]
        rest = ", ".join(f"{model.classes[other]} {p[other]:.4f}" for other in others)
        table.add_row(Text(str(image)), Text(model.classes[first]), f"{p[first]:.4f}", Text(rest))
    console().print(table)


def _prepared(model: "Model", images: list[Path], as_is: bool, deskew: bool) -> np.ndarray:
    """Return what the network is given of every picture, (N, *input shape) uint8.

    Raises:
        ValueError: if no digit is found in one; names the file.
    """
    from jaxcnn.datasets import read_grey, read_picture
    from jaxcnn.photographs import PhotographError, digit_of
    from jaxcnn.photographs.digit import SHAPE

    of_digits = (model.input_shape, model.classes) == (SHAPE, tuple("0123456789"))
    if deskew and (as_is or not of_digits):
        raise ValueError("`--deskew` is for pictures in which a digit is found first, which these are not.")
    if as_is or not of_digits:
        return np.stack([read_picture(image, model.input_shape) for image in images])
    found = []
    for image in images:
        try:
            found.append(digit_of(read_grey(image), deskew=deskew))
        except PhotographError as error:
            raise PhotographError(f"{image}: {error}") from error
    return np.stack(found)


def _show(path: Path, seen: np.ndarray) -> None:
    """Write a PNG file of all images side by side, enlarged by whole pixels to be looked at."""
    from PIL import Image

    row = np.concatenate(seen, axis=1).repeat(_ENLARGED, 0).repeat(_ENLARGED, 1)
    with written_whole(path) as temporary:
        Image.fromarray(row[..., 0] if row.shape[2] == 1 else row).save(temporary, "PNG")


def _per_class(model: "Model", found: "Evaluation") -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("class", no_wrap=True)
    for title in ("images", "recognised", "share"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("most often taken for")
    for label, (name, row) in enumerate(zip(model.classes, found.confusion, strict=True)):
        count, right = sum(row), row[label]
        wrong = sorted(((n, other) for other, n in enumerate(row) if other != label and n), reverse=True)[:2]
        mistakes = ", ".join(f"{model.classes[other]} ({n})" for n, other in wrong)
        share = f"{100 * right / count:.2f} %" if count else ""
        # As text: the brackets in a name would be read as markup.
        table.add_row(Text(name), str(count), str(right), share, Text(mistakes))
    return table
