"""A campaign from its first check to its last record: where it runs, and the file that keeps what it finds."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from verify.scanning import agreement, campaign, cluster, workers
from verify.scanning.process import Work
from verify.scanning.record import Scanned
from verify.scanning.store import Store

if TYPE_CHECKING:
    from distributed import Client

_ALWAYS = ("jax", "jaxlib", "numpy")  # whose versions decide what is found, beside those of the campaign


def possible(work: Work, dask: Client | str | None) -> None:
    """Refuse what cannot be conducted.

    Raises:
        OSError: processes cannot be limited here.
        ValueError: a number is not positive, or processes are counted for two machines.
    """
    if os.name != "posix":
        raise OSError("verify needs processes that can be limited: run it on Linux or macOS.")
    for name, value in {"jobs": work.jobs, "limit": work.limit, "memory": work.memory}.items():
        if not value > 0:
            raise ValueError(f"`{name}` must be positive; got {value}.")
    if dask is not None and work.jobs != 1:
        raise ValueError(f"`jobs` counts processes of this machine: leave it out with `dask`; got {work.jobs}.")


def versions(*packages: str) -> dict[str, str]:
    """The versions of what decides the findings, as far as they are installed packages."""
    found = {}
    for package in dict.fromkeys([*_ALWAYS, *packages]):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # a library of one's own, not installed
            found[package] = importlib.metadata.version(package)
    return found


def conduct(
    names: Mapping[str, Sequence[str]],
    work: Work,
    header: Mapping[str, object],
    *,
    libraries: Sequence[str],
    dask: Client | str | None = None,
    resume: str | Path | None = None,
    progress: campaign.Progress | None = None,
) -> list[Scanned]:
    """The records of all names, in their order.

    Args:
        names: What is examined, each with its aliases.
        work: How.
        header: What the file `resume` must have been begun with, beside the same sources and examiner.
        libraries: Targets, or their top-level names, that the workers of a cluster must have as this process has.
        dask: Where: on the workers of this scheduler, or on this machine.
        resume: The file that keeps every record.
        progress: Told of every record.
    """
    with contextlib.ExitStack() as stack:
        examine: campaign.Examine = workers.examined
        tops = tuple(dict.fromkeys(re.split("[.:]", name)[0] for name in (*libraries, work.examiner)))
        if dask is not None:
            client = stack.enter_context(cluster.connected(dask))
            examine = functools.partial(cluster.examined, client=client, libraries=tops)
        store = None
        if resume is not None:  # what an edited library has shown is not what it would show now
            begun = {**header, "examiner": work.examiner, "sources": agreement.here(tops)}
            store = stack.enter_context(Store(Path(resume), begun))
        return campaign.run(names, work, store, progress, examine)
