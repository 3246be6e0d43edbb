"""`jaxcnn jacobians`: the seven Jacobians of the perceptron with their shapes, next to autodiff's."""

import json
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from jaxcnn.cli.output import console


def jacobians(
    entries: Annotated[int, typer.Option(help="Entries shown of each, along its longest axes.", min=0, max=20)] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the parameters and of the digit.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Print the seven Jacobians of the 784-64-10 perceptron in closed form, next to autodiff's, and check them."""
    from jaxcnn.verification import Digits, seven_rows

    rows = seven_rows(Digits.load(seed), seed=seed)
    ok = all(row.report.ok for row in rows)
    if as_json:
        print(json.dumps({"ok": ok, "seed": seed, "jacobians": [_as_json(row) for row in rows]}, indent=2))
        raise typer.Exit(0 if ok else 1)
    out = console()
    out.print(
        "a1 = W1ᵀ x + b1   f1 = σ(a1)   a2 = W2ᵀ f1 + b2   L = -log p\\[label]   kernels W are (inputs, outputs)\n"
    )
    out.print(_table(rows))
    for row in rows if entries else ():
        out.print(f"\n{_corner(row, entries)}", markup=False, highlight=False, soft_wrap=True)
    for row in rows:
        for finding in row.report.failures:
            out.print(f"\n{row.closed.name}: {finding}", markup=False, highlight=False, soft_wrap=True)
    out.print("\n[bold green]all held[/bold green]" if ok else "\n[bold red]some FAILED[/bold red]")
    raise typer.Exit(0 if ok else 1)


def _table(rows: Any) -> Table:
    table = Table("Jacobian", "closed form", "shape", box=None, header_style="bold", pad_edge=False)
    for title in ("largest entry", "differs from autodiff by"):
        table.add_column(title, justify="right")
    table.add_column("verify")
    for row in rows:
        name, formula, value = row.closed[:3]
        verdict = "[green]held[/green]" if row.report.ok else "[red]FAILED[/red]"
        largest = float(np.max(np.abs(value)))
        cells = (name, formula.replace("[", "\\["), _shape(value), f"{largest:.4g}", f"{row.difference:.2g}")
        table.add_row(*cells, verdict)
    return table


def _corner(row: Any, entries: int) -> str:
    """The part of a Jacobian with the largest entry in it, closed form to the left and autodiff to the right."""
    value = np.asarray(row.closed.value)
    flat, beside = (np.atleast_2d(a.reshape(len(value), -1) if a.ndim > 1 else a) for a in (value, row.autodiff))
    top, left = np.unravel_index(int(np.argmax(np.abs(flat))), flat.shape)
    rows, columns = (_window(int(at), n, entries) for at, n in zip((top, left), flat.shape, strict=True))
    title = f"{row.closed.name} {_shape(value)}, rows {rows.start} .. {rows.stop - 1} and columns {columns.start} .. "
    lines = [f"{title}{columns.stop - 1} of {flat.shape[0]} x {flat.shape[1]}: closed form | autodiff"]
    for ours, theirs in zip(flat[rows, columns], beside[rows, columns], strict=True):
        left_side, right_side = ("".join(f"{entry:11.6f}" for entry in line) for line in (ours, theirs))
        lines.append(f"{left_side}  | {right_side}")
    return "\n".join(lines)


def _window(at: int, length: int, entries: int) -> slice:
    start = max(0, min(at, length - entries))
    return slice(start, min(length, start + entries))


def _shape(value: Any) -> str:
    return " x ".join(map(str, np.shape(value)))


def _as_json(row: Any) -> dict[str, Any]:
    return {
        "name": row.closed.name,
        "formula": row.closed.formula,
        "shape": list(np.shape(row.closed.value)),
        "largest_difference_to_autodiff": row.difference,
        "report": json.loads(row.report.to_json()),
    }
