"""`verify.sweep`: one search with many seeds, each in a process of its own, on this machine or on a Dask cluster."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from verify import targets
from verify.scanning import campaign, conduct
from verify.scanning.process import Work
from verify.scanning.record import ScanFinding, Scanned
from verify.scanning.report import ScanReport
from verify.searching import shard

if TYPE_CHECKING:
    from distributed import Client

_EXAMINER = "verify.searching.shard:examine"


def sweep(
    make: str,
    domain: str,
    *,
    seeds: int = 16,
    max_examples: int = 100,
    jobs: int = 1,
    dask: Client | str | None = None,
    seed: int = 0,
    limit: float = 300.0,
    memory: int = 8 * 2**30,
    resume: str | Path | None = None,
    examples: str | Path | None = None,
    progress: campaign.Progress | None = None,
) -> ScanReport:
    """Search with many seeds for options, shapes and values at which a rule is wrong; every finding is told once.

    Args:
        make: "package.module:name" of what `verify.search` takes as `make`: the processes that search import it.
        domain: "package.module:name" of a strategy, of `verify.configurations(...)` or of a dict.
        seeds: How many searches; they have the seeds from `seed` on.
        max_examples: How many problems each of them draws.
        jobs: How many processes at once, on this machine.
        dask: The address of a Dask scheduler, or a client, as in `verify.scan`.
        seed: The first one.
        limit: Seconds for each search; it ends by itself at four fifths of that, and is killed at the limit.
        memory: Bytes for each process.
        resume: A file that keeps the outcome of every search as it comes, and from which a stopped sweep goes on.
        examples: A folder that all processes see, in which Hypothesis keeps failing examples: what one search has found
            the others try first, so that they find and shrink the same one. The findings then depend on who was first.
        progress: As in `verify.scan`.

    Returns:
        A report with one record for `make`, which holds the findings of all searches, each law and argument once, at
        the smallest example; searches that crashed or were not done in time have records of their own.

    Raises:
        ValueError, TypeError, ImportError, AttributeError: an argument cannot be used; the message says which.
        ConnectionError: no Dask scheduler answers, or it is gone.
    """
    folder = None if examples is None else str(Path(examples).absolute())
    options = {"make": make, "domain": domain, "max_examples": max_examples, "examples": folder}
    work = Work(_EXAMINER, jobs, limit, memory, seed, options)
    conduct.possible(work, dask)
    for name, value in {"seeds": seeds, "max_examples": max_examples}.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer; got {value!r}.")
    importlib.import_module("verify.strategies")  # which has the error for a missing Hypothesis
    if not callable(targets.load(make, "`make`")):
        raise TypeError(f"`make` must name a function of the options that returns the rule; {make} is none.")
    targets.load(domain, "`domain`")
    began = time.monotonic()
    tops = [target.partition(":")[0].partition(".")[0] for target in (make, domain)]
    versions = conduct.versions("hypothesis", *tops)
    header = {"modules": [make], "seed": seed, "limit": limit, "memory": memory, "versions": versions, **options}
    names: dict[str, tuple[str, ...]] = {shard.named(make, own): () for own in range(seeds)}
    records = conduct.conduct(
        names, work, header, libraries=(*tops, "hypothesis"), dask=dask, resume=resume, progress=progress
    )
    lost = (record for record in records if record.status != "checked")
    return ScanReport((make,), seed, versions, (_merged(make, records), *lost), seconds=time.monotonic() - began)


def _merged(make: str, records: Sequence[Scanned]) -> Scanned:
    """One record for all searches: of equal findings the one whose example reads shortest."""
    done = [record for record in records if record.status == "checked"]
    found: dict[tuple[str, ...], ScanFinding] = {}
    for finding in (finding for record in done for finding in record.findings):
        at = (finding.mode, finding.argument, finding.verdict, finding.why)
        found[at] = min(found.get(at, finding), finding, key=lambda one: (len(one.at), one.at))
    return Scanned(
        function=make,
        status="checked" if done else "failed",
        detail="" if len(done) == len(records) else f"{len(done)} of {len(records)} searches done",
        calls=len(done),
        seconds=round(sum(record.seconds for record in records), 3),
        findings=tuple(found.values()),
    )
