"""Where data lie: `data_dir`, else the environment variable JAXCNN_DATA, else the user's cache folder."""

import os
import sys
from pathlib import Path

VARIABLE = "JAXCNN_DATA"


def data_directory(data_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds a folder for every data set; it need not exist.

    The user's cache folder is `jaxcnn/data` in $XDG_CACHE_HOME, or in ~/.cache, on macOS ~/Library/Caches, on Windows
    %LOCALAPPDATA%.
    """
    if data_dir is not None:
        return Path(data_dir).expanduser()
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    return user_cache() / "data"


def user_cache() -> Path:
    """Return our folder in the user's cache folder; it need not exist."""
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named) / "jaxcnn"
    if sys.platform == "win32" and (named := os.environ.get("LOCALAPPDATA")):
        return Path(named) / "jaxcnn"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "jaxcnn"
