"""A process that has another version of a package installed, as far as anybody can ask it."""

import os
import sys


def other_version(folder, package, version):
    """Return the PYTHONPATH of a process of that kind; `folder` is made and comes first in it."""
    (folder / f"{package}-{version}.dist-info").mkdir(parents=True)
    about = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
    (folder / f"{package}-{version}.dist-info" / "METADATA").write_text(about)
    return os.pathsep.join([str(folder), *filter(None, sys.path)])
