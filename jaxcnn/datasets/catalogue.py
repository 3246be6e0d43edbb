"""The published data sets that are known by name: their files, where they are published, and what must be in them."""

import dataclasses
from typing import Literal

from jaxcnn.datasets.errors import DataError

_DIGITS = tuple("0123456789")
_CLOTHES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


@dataclasses.dataclass(frozen=True)
class File:
    """A file as it was published.

    Attributes:
        name: its name; a `.gz` may also lie there uncompressed, without the ending.
        size: its bytes.
        sha256: of the file.
        content: of what is compressed in it, or None where it is no `.gz`.
    """

    name: str
    size: int
    sha256: str
    content: str | None = None


@dataclasses.dataclass(frozen=True)
class Split:
    """How many examples there are, and the files that hold them: for IDX first images, then labels."""

    examples: int
    files: tuple[File, ...]


@dataclasses.dataclass(frozen=True)
class Source:
    """A published data set.

    Attributes:
        name: by which it is loaded, and the folder of its files.
        title: for people.
        shape: of one image, (H, W, C).
        classes: their names.
        form: the format of its files.
        url: the folder in which they are published.
        splits: "train" and "test".
        licence: under which terms it may be used.
    """

    name: str
    title: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    form: Literal["idx", "mat"]
    url: str
    splits: dict[str, Split]
    licence: str


def _idx(name: str, size: int, sha256: str, content: str) -> File:
    return File(f"{name}-ubyte.gz", size, sha256, content)


# The sums are those of the original files, recomputed here, and equal those that tensorflow-datasets 4.9.10 records.
MNIST = Source(
    name="mnist",
    title="handwritten digits",
    shape=(28, 28, 1),
    classes=_DIGITS,
    form="idx",
    url="https://ossci-datasets.s3.amazonaws.com/mnist/",
    splits={
        "train": Split(
            60_000,
            (
                _idx(
                    "train-images-idx3",
                    9912422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                ),
                _idx(
                    "train-labels-idx1",
                    28881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                ),
            ),
        ),
        "test": Split(
            10_000,
            (
                _idx(
                    "t10k-images-idx3",
                    1648877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                ),
                _idx(
                    "t10k-labels-idx1",
                    4542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                ),
            ),
        ),
    },
    licence="CC BY-SA 3.0 (Y. LeCun, C. Cortes)",
)
FASHION_MNIST = Source(
    name="fashion_mnist",
    title="articles of clothing",
    shape=(28, 28, 1),
    classes=_CLOTHES,
    form="idx",
    url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # no https there; the sums guard the download
    splits={
        "train": Split(
            60_000,
            (
                _idx(
                    "train-images-idx3",
                    26421880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                ),
                _idx(
                    "train-labels-idx1",
                    29515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                ),
            ),
        ),
        "test": Split(
            10_000,
            (
                _idx(
                    "t10k-images-idx3",
                    4422102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                ),
                _idx(
                    "t10k-labels-idx1",
                    5148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                ),
            ),
        ),
    },
    licence="MIT (Zalando SE)",
)
# Sums and sizes as tensorflow-datasets 4.9.10 records them.
SVHN = Source(
    name="svhn",
    title="house numbers, cropped digits",
    shape=(32, 32, 3),
    classes=_DIGITS,
    form="mat",
    url="http://ufldl.stanford.edu/housenumbers/",  # no https there either
    splits={
        "train": Split(
            73_257,
            (
                File(
                    "train_32x32.mat",
                    182040794,
                    "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
                ),
            ),
        ),
        "test": Split(
            26_032,
            (
                File(
                    "test_32x32.mat",
                    64275384,
                    "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
                ),
            ),
        ),
    },
    licence="non-commercial use only (Netzer et al., 2011)",
)
CATALOGUE = {source.name: source for source in (MNIST, FASHION_MNIST, SVHN)}
NAMES = ("digits", *CATALOGUE)


def known(name: str) -> Source:
    """Return the published data set of that name.

    Raises:
        DataError: if there is none.
    """
    if name not in CATALOGUE:
        raise DataError(f"`name` must be one of {', '.join(NAMES)}, or the path of a folder; got {name!r}.")
    return CATALOGUE[name]
