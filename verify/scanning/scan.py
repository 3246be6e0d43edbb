"""`verify.scan`: the derivatives of every public function of a library, where they tend to be wrong."""

from __future__ import annotations

import importlib.util
import time
import types
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from verify.scanning import baseline as known_findings
from verify.scanning import campaign, conduct, functions
from verify.scanning.process import Work
from verify.scanning.report import ScanReport

if TYPE_CHECKING:
    from distributed import Client

EXAMINER = "verify.scanning.examine:examine"


def scan(
    *targets: types.ModuleType | str,
    jobs: int = 1,
    seed: int = 0,
    limit: float = 60.0,
    memory: int = 8 * 2**30,
    resume: str | Path | None = None,
    baseline: str | Path | None = None,
    only: str | None = None,
    dask: Client | str | None = None,
    progress: campaign.Progress | None = None,
    examiner: str = EXAMINER,
) -> ScanReport:
    """Check the derivatives of every public function of modules: forward and reverse, first and second order.

    Each function is examined in a process that may take its time, crash or fill its memory without the others noticing.
    Equal seeds and versions give equal findings, whatever the number of processes. Needs the extra `scan`.

    Args:
        targets: Modules, or the dotted names of modules and functions ("jax.scipy.special", "jax.nn.gelu").
        jobs: How many processes run at once.
        seed: Of all random points.
        limit: Seconds for each function; what takes longer is recorded as timed out. After four fifths of it no further
            call of a function is begun, and the record says which was left out.
        memory: Bytes for each process; what needs more is recorded as crashed.
        resume: A file (JSON lines) that keeps every record as it comes. Where it exists already, what it holds is not
            done again: so a scan that was killed goes on.
        baseline: A file of known findings, as `ScanReport.save_baseline` writes it: only others fail.
        only: Leave out the functions whose name does not contain this text.
        dask: The address of a Dask scheduler (HOST:PORT), or a `distributed.Client`, on whose workers the functions are
            examined, in isolated processes there, as many at once as they have threads. Needs the extra `cluster`.
        progress: Called with how many functions of how many are done and the last record (None at first).
        examiner: "package.module:function" that examines one function, where another one than verify's own is wanted.

    Returns:
        The report, `ok` if nothing is wrong but what the baseline knows.

    Raises:
        ValueError: a target is no module with public functions and no function, no name contains `only`, or a file is
            not what it should be, or a Dask worker has other versions than this process.
        ImportError: mpmath is not installed, or Dask is not.
        ConnectionError: no Dask scheduler answers, or it is gone.
        Interrupted: by Ctrl-C (a KeyboardInterrupt).
    """
    work = Work(examiner, jobs, limit, memory, seed)
    conduct.possible(work, dask)
    if not targets:
        raise ValueError("`targets` must name at least one module; got none.")
    if examiner == EXAMINER and importlib.util.find_spec("mpmath") is None:
        raise ImportError("verify.scan needs mpmath: install the extra, `pip install jaxcnn[scan]`.")
    began = time.monotonic()
    named = [target if isinstance(target, str) else target.__name__ for target in targets]
    names, versions = _functions(named, only), conduct.versions("mpmath", *(name.partition(".")[0] for name in named))
    known = None if baseline is None else known_findings.load(Path(baseline))
    header = {"modules": named, "seed": seed, "limit": limit, "memory": memory, "versions": versions}
    records = conduct.conduct(names, work, header, libraries=named, dask=dask, resume=resume, progress=progress)
    return ScanReport(tuple(named), seed, versions, tuple(records), known, time.monotonic() - began)


def _functions(named: Sequence[str], only: str | None) -> dict[str, tuple[str, ...]]:
    modules = [name for name in named if isinstance(functions.resolve(name), types.ModuleType)]
    found = dict(functions.public_functions(*modules)) if modules else {}
    for name in named:
        if name in modules:
            continue
        if not callable(functions.resolve(name)):
            raise ValueError(f"`targets` must be modules or functions; {name} is neither.")
        found.setdefault(name, ())
    kept = {name: aliases for name, aliases in found.items() if only is None or only in name}
    if not kept:
        raise ValueError(f"`only` must be part of a function's name; none of {len(found)} contains {only!r}.")
    return kept
