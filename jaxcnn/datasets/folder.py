"""A folder of one's own: IDX files, `.mat` files, or a folder of PNG images for every class.

    train-images-idx3-ubyte[.gz], train-labels-idx1-ubyte[.gz]; for the test split `t10k-` or `test-`
    train_32x32.mat, test_32x32.mat (or train.mat, test.mat) with X and y as SVHN has them
    train/CLASS/*.png, test/CLASS/*.png, or CLASS/*.png alone

`classes.txt`, one name a line, names the classes of IDX and `.mat` files. Where there is no test split, every fifth
example of each class is held out for it, by chance with seed 0.
"""

from pathlib import Path

import numpy as np

from jaxcnn.datasets.arrays import from_idx, from_mat
from jaxcnn.datasets.dataset import Dataset, Provenance
from jaxcnn.datasets.errors import DataError
from jaxcnn.datasets.png import classes_of, read_png_folder
from jaxcnn.datasets.splits import hold_out

_PREFIXES = {"train": ("train",), "test": ("test", "t10k")}
_HELD_OUT = 0.2
_FORMS = {
    "idx": "train-images-idx3-ubyte and train-labels-idx1-ubyte, each also as .gz",
    "mat": "train_32x32.mat or train.mat",
    "png": "CLASS/*.png or train/CLASS/*.png",
}


def read_folder(folder: Path, split: str) -> Dataset:
    """Return a split of the data in a folder.

    Raises:
        DataError: if there is none, more than one form of it, or a file is damaged.
    """
    found = {form: files for form in _FORMS if (files := _files(folder, "train", form))}
    if len(found) != 1:
        expected = "; ".join(_FORMS.values())
        what = f"both {' and '.join(found)} files" if found else "no training data"
        raise DataError(f"{folder} holds {what}; expected one of: {expected}.")
    (form,) = found
    train = _read(folder, "train", form, found[form], None)
    test_files = _files(folder, "test", form)
    if test_files:
        return train if split == "train" else _read(folder, "test", form, test_files, train.classes)
    if np.bincount(train.labels).max() * _HELD_OUT < 1:
        raise DataError(f"{folder} holds no test data, and too few examples of each class to hold out every fifth.")
    kept, held_out = hold_out(train, _HELD_OUT, seed=0, by_class=True)
    return kept if split == "train" else held_out


def _files(folder: Path, split: str, form: str) -> tuple[Path, ...]:
    """Return the files of a split in one form, or none; of PNG images, the folder that holds the classes."""
    for prefix in _PREFIXES[split]:
        if form == "idx":
            pair = [_first(folder, prefix, kind) for kind in ("images-idx3", "labels-idx1")]
            if any(pair):
                return _both(folder, prefix, pair)
        elif form == "mat":
            if file := next((f for n in ("_32x32", "") if (f := folder / f"{prefix}{n}.mat").is_file()), None):
                return (file,)
        elif classes_of(folder / prefix):
            return (folder / prefix,)
    return (folder,) if form == "png" and split == "train" and classes_of(folder) else ()


def _first(folder: Path, prefix: str, kind: str) -> Path | None:
    stems = (f"{prefix}-{kind}-ubyte", f"{prefix}-{kind.replace('-', '.')}-ubyte")
    return next((f for stem in stems for end in ("", ".gz") if (f := folder / f"{stem}{end}").is_file()), None)


def _both(folder: Path, prefix: str, pair: list[Path | None]) -> tuple[Path, ...]:
    images, labels = pair
    if images is None or labels is None:
        absent = f"{prefix}-{'images-idx3' if images is None else 'labels-idx1'}-ubyte"
        raise DataError(f"{folder} holds {(images or labels)} but no {absent} or {absent}.gz.")
    return images, labels


def _read(folder: Path, split: str, form: str, files: tuple[Path, ...], classes: tuple[str, ...] | None) -> Dataset:
    """Read one split; `classes` are those of the training split, where this is another one."""
    if form == "png":
        images, labels, classes = read_png_folder(files[0], classes)
    else:
        classes = classes or _names(folder)
        images, labels = from_idx(*files) if form == "idx" else from_mat(files[0], len(classes or range(10)))
        if classes is None:
            classes = tuple(map(str, range(10 if form == "mat" else labels.max() + 1)))
    provenance = Provenance(str(folder), split, "folder", "unchecked", tuple(map(str, files)))
    return Dataset(images, labels.astype(np.int32), classes, provenance)


def _names(folder: Path) -> tuple[str, ...] | None:
    file = folder / "classes.txt"
    if not file.is_file():
        return None
    try:
        names = tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip())
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is no text in UTF-8.") from error
    if not names or len(set(names)) != len(names):
        raise DataError(f"{file} must hold one name a line, each once; got {len(names)} lines.")
    return names
