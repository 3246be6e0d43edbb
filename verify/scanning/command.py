"""`python -m verify scan MODULE...`: the scan of a library from a shell, and how far it has come."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import rich.console
import rich.progress
import typer

from verify.scanning import campaign, page
from verify.scanning.record import Scanned
from verify.scanning.scan import EXAMINER, scan

_INTERRUPTED = 130  # as shells count SIGINT
_PLAIN = 20  # lines of progress where nobody looks at a terminal


def command(
    targets: Annotated[
        list[str], typer.Argument(metavar="MODULE", help="Modules or functions: jax.scipy.special jax.nn.gelu ...")
    ],
    jobs: Annotated[int, typer.Option(help="Processes at once.", min=1)] = 1,
    dask: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Examine on the workers of this Dask scheduler, not here.")
    ] = None,
    only: Annotated[str | None, typer.Option(help="Only functions whose name contains this text.")] = None,
    limit: Annotated[float, typer.Option(help="Seconds for each function.")] = 60.0,
    out: Annotated[
        Path | None, typer.Option(help="Keep every record in this file (JSON lines), so that --resume can go on.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from --out, where the scan was stopped.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page with filters.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    baseline: Annotated[
        Path | None, typer.Option(help="Known findings, kept with the library's sources: only others fail.")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write what fails now into --baseline, and succeed.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of all random points.")] = 0,
    examiner: Annotated[str, typer.Option(hidden=True)] = EXAMINER,
) -> None:
    """Check the derivatives of every public function of a library, each in a process of its own.

    Forward and reverse mode, first and second order, float32 and float64, against mpmath where it has the function.
    What is wrong, NaN, imprecise or raises fails; conventions (kinks, ties, boundaries) and the undecided do not.

    Example: python -m verify scan jax.scipy.special --jobs 2 --out scan.jsonl --html scan.html

    In the CI of a library, fail on new findings only: python -m verify scan mylib --baseline scan-baseline.json;
    the file is written by the same command with --update-baseline.
    """
    _possible(out, resume, html, baseline, update_baseline)
    known = baseline if baseline and (baseline.exists() or not update_baseline) else None
    try:
        with _progress() as progress:
            report = scan(
                *targets,
                jobs=jobs,
                seed=seed,
                limit=limit,
                resume=out,
                baseline=known,
                only=only,
                dask=dask,
                progress=progress,
                examiner=examiner,
            )
    except campaign.Interrupted as error:
        hint = " Say --resume." if out else " Next time, name one with --out."
        print(f"verify: {error}{hint}", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from error
    if html:
        report.save(html)
    print(report.to_json() if json else report)
    if update_baseline and baseline:
        report.save_baseline(baseline)
    raise typer.Exit(0 if report.ok or update_baseline else 1)


def _possible(out: Path | None, resume: bool, html: Path | None, baseline: Path | None, update: bool) -> None:
    """Refuse before the work what cannot be done after it."""
    if resume and not out:
        raise ValueError("--resume goes on from a file: name it with --out.")
    if out and out.exists() and not resume:
        raise ValueError(f"{out} exists: go on from it with --resume, or name another --out.")
    if update and not baseline:
        raise ValueError("--update-baseline writes a file: name it with --baseline.")
    if html and html.suffix != ".html":
        raise ValueError(f"--html must end with .html; got {html.name}.")
    if html:
        page.engine()


@contextlib.contextmanager
def _progress() -> Iterator[campaign.Progress]:
    """On standard error: a bar on a terminal, else a line now and then."""
    console = rich.console.Console(stderr=True)
    if not console.is_terminal:
        yield _line
        return
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("scan", total=None)

        def tell(done: int, total: int, record: Scanned | None) -> None:
            bar.update(task, completed=done, total=total, description=record.function if record else "scan")

        yield tell


def _line(done: int, total: int, record: Scanned | None) -> None:
    before = (done - 1) * _PLAIN // total
    if record is not None and done * _PLAIN // total > before:
        print(f"{done} of {total} functions, the last {record.function} ({record.status})", file=sys.stderr, flush=True)
