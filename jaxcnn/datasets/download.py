"""Original files from where they are published, compared with their sums before they get their names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jaxcnn.datasets.catalogue import File, Source
from jaxcnn.datasets.errors import DataError
from jaxcnn.datasets.original import where_to_put

Watch = Callable[[str, int, int], None]  # the file, how many bytes have come, how many there are
_CHUNK = 2**16
_PATIENCE = 30  # seconds without a byte


def fetch(source: Source, files: tuple[File, ...], folder: Path, watch: Watch | None = None) -> None:
    """Download files into a folder; one that does not match its sum never appears there.

    Args:
        source: the data set they belong to.
        files: which; none of them may be in the folder.
        folder: is made if it is missing.
        watch: is called as the bytes come.

    Raises:
        DataError: if a file cannot be had, or is not the published one; says which to put where by hand.
        ImportError: if pooch is not installed; says the same.
    """
    by_hand = where_to_put(source, files, folder)
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            f"{source.name} is downloaded by pooch, which is not installed: pip install 'jaxcnn[data]', or {by_hand}."
        ) from error
    pooch.get_logger().setLevel("WARNING")  # it would print its own account of every file
    for file in files:
        downloader = pooch.HTTPDownloader(progressbar=_Bar(file, watch), chunk_size=_CHUNK, timeout=_PATIENCE)
        try:
            pooch.retrieve(source.url + file.name, f"sha256:{file.sha256}", file.name, folder, downloader=downloader)
        # What requests raises for a failed connection or answer, and pooch for a wrong sum.
        except (OSError, ValueError) as error:
            raise DataError(
                f"{file.name} of {source.name} could not be downloaded ({_cause(error)}): go online, or {by_hand}."
            ) from error


class _Bar:
    """What pooch asks of a progress bar; it also ends a download that is longer than the file can be."""

    total: Any = None  # pooch sets what the server claims; we know the size

    def __init__(self, file: File, watch: Watch | None) -> None:
        self._file, self._watch, self._come = file, watch, 0

    def update(self, count: int) -> None:
        self._come += count
        if self._come - _CHUNK > self._file.size:
            raise DataError(f"the server sends more than its {self._file.size} bytes")
        if self._watch is not None:
            self._watch(self._file.name, min(self._come, self._file.size), self._file.size)

    def reset(self) -> None:
        self._come = 0

    def close(self) -> None:
        """Do nothing: the watcher sees the last byte come."""


def _cause(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if 0 < len(text) <= 160 else type(error).__name__
