"""`jaxcnn verify`: every hand rule and both networks on trial, then training by hand; tables and an exit code."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from jaxcnn.cli.output import check_writable, console, write_text


def verify(
    only: Annotated[str | None, typer.Option(help="Only what matches this name or shell pattern.")] = None,
    plant: Annotated[str | None, typer.Option(help="Plant this named fault first: the run must fail.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of examples, random points and training.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write the reports to this HTML file.")] = None,
) -> None:
    """Check every hand-derived rule and both networks against autodiff and numbers, then train them by hand."""
    from jaxcnn.faults import plant as planted
    from jaxcnn.rules import RULES
    from jaxcnn.verification import Digits, Row, train, trials

    out, progress_out = console(), console(stderr=True)
    if html is not None:
        check_writable(html)
    rules = RULES if plant is None else planted(plant)
    digits = Digits.load(seed)
    rows: list[Row] = []
    todo = trials(digits, rules, only=only, seed=seed)
    _check_planted(plant, only, [trial.name for trial in todo])
    with _progress_bar(progress_out) as bar:
        task = bar.add_task("", total=len(todo))
        for trial in todo:
            bar.update(task, description=trial.name)
            rows.append(Row(trial.name, trial.kind, trial.run()))
            bar.advance(task)
            _log(progress_out, rows[-1], f"{len(rows)}/{len(todo)}")
    ok = all(row.report.ok for row in rows)
    if not as_json:
        out.print(_table(rows))
        _print_failures(out, rows)
    history = () if not ok or only is not None else train(digits, rules, seed=seed, on_epoch=_watcher(out, as_json))
    if as_json:
        print(json.dumps(_as_json(rows, history, ok, seed, plant), indent=2))
    else:
        out.print(_summary(rows, plant))
    if html is not None:
        from verify import reports_html

        write_text(html, reports_html("jaxcnn verify", [row.report for row in rows]))
    raise typer.Exit(0 if ok else 1)


def _check_planted(plant: str | None, only: str | None, names: list[str]) -> None:
    """A fault that nothing on trial could show would look like a rule that held.

    Raises:
        ValueError: `only` leaves out the rule of the planted fault.
    """
    if plant is None or only is None:
        return
    from jaxcnn.faults import FAULTS

    rule = FAULTS[plant].rule
    if not any(name.split()[0] == rule for name in names):
        raise ValueError(f"`--plant {plant}` is a fault of {rule}, which `--only {only}` leaves out: drop `--only`.")


def list_faults(rule: str | None) -> None:
    """Print the planted faults, of one rule or of all.

    Raises:
        ValueError: if there is no such rule.
    """
    from jaxcnn.faults import FAULTS
    from jaxcnn.rules import RULES

    if rule is not None and rule not in RULES:
        raise ValueError(f"`rule` must be one of {', '.join(RULES)}; got {rule!r}.")
    table = Table("fault", "argument", "what is wrong", box=None, header_style="bold", pad_edge=False)
    for fault in FAULTS.values():
        if rule in (None, fault.rule):
            table.add_row(fault.name, fault.argument, fault.description)
    console().print(table)


def _progress_bar(to: Console) -> Progress:
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    return Progress(*columns, console=to, transient=True, disable=not to.is_terminal)


def _log(to: Console, row: Any, count: str) -> None:
    """Without a terminal, print a line for every trial: a log that is silent for minutes looks like one that hangs."""
    if not to.is_terminal:
        told = f"{count}  {row.name}: {_verdict(row.report)}, {row.report.seconds:.1f} s"
        to.print(told, highlight=False, soft_wrap=True)


def _table(rows: list[Any]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("on trial", no_wrap=True)
    for title in ("laws held", "error / tolerance", "seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("verdict")
    for row in rows:
        report = row.report
        laws = len(report.passed) + len(report.failures) + len(report.inconclusive)
        worst = max((f.ratio for f in (*report.passed, *report.failures) if f.ratio is not None), default=0.0)
        table.add_row(
            row.name,
            f"{len(report.passed)} of {laws}",
            "exact" if worst == 0 else f"{worst:.2g}",
            f"{report.seconds:.1f}",
            _verdict(report),
        )
    return table


def _verdict(report: Any) -> str:
    if report.failures:
        return "[red]FAILED[/red] " + ", ".join(dict.fromkeys(str(f.argument or f.law) for f in report.failures))
    return "[green]held[/green]" if not report.inconclusive else "[yellow]held, some undecided[/yellow]"


def _print_failures(out: Console, rows: list[Any]) -> None:
    for row in rows:
        for finding in row.report.failures:
            out.print(f"\n{row.name}: {finding}", markup=False, highlight=False, soft_wrap=True)


def _watcher(out: Console, quiet: bool) -> Any:
    if quiet:
        return None
    out.print("\n[bold]training by hand[/bold] on the embedded digits, Adam, no autodiff")

    def watch(step: Any) -> None:
        out.print(
            f"  {step.network:6} epoch {step.epoch}   loss {step.loss:.3f}   "
            f"held-out accuracy {100 * step.accuracy:5.1f} %   {step.seconds:.1f} s",
            highlight=False,
        )

    return watch


def _summary(rows: list[Any], plant: str | None) -> str:
    failed = [row for row in rows if not row.report.ok]
    laws = sum(len(row.report.passed) for row in rows)
    rules = len({row.name.split()[0] for row in rows if row.kind == "rule"})
    networks = len({row.name.split()[0] for row in rows if row.kind == "network"})
    counted = f"{rules} rules in {sum(row.kind == 'rule' for row in rows)} configurations, {networks} networks"
    if not failed:
        return f"\n[bold green]all held[/bold green]: {laws} findings over {counted}"
    names = ", ".join(row.name for row in failed)
    cause = "" if plant is None else f" (the fault {plant} was planted)"
    return f"\n[bold red]{len(failed)} of {len(rows)} failed[/bold red]{cause}: {names}"


def _as_json(rows: list[Any], history: Any, ok: bool, seed: int, plant: str | None) -> dict[str, Any]:
    import dataclasses

    import jax

    return {
        "ok": ok,
        "seed": seed,
        "planted": plant,
        "jax": jax.__version__,
        "rows": [{"name": row.name, "kind": row.kind, **json.loads(row.report.to_json())} for row in rows],
        "training": [dataclasses.asdict(step) for step in history],
    }
