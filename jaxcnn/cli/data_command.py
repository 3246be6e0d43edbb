"""`jaxcnn data`: which data sets there are, getting them ready, and checking them; tables and an exit code."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from jaxcnn.cli.output import console

if TYPE_CHECKING:
    from jaxcnn.datasets import Dataset

app = typer.Typer(help="Data sets: list, prepare, verify.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="digits, mnist, fashion_mnist, svhn, or the path of a folder.")]
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; else $JAXCNN_DATA, else the user's cache folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]


@app.command("list", short_help="List the data sets known by name.")
def list_data(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the data sets that are known by name, and which of them are there."""
    from jaxcnn.datasets import data_directory
    from jaxcnn.datasets.catalogue import CATALOGUE
    from jaxcnn.datasets.loading import state

    rows: list[dict[str, Any]] = [
        {"name": "digits", "title": "handwritten digits, small scans", "shape": [28, 28, 1], "train": 1442, "test": 355}
        | {"there": ["scikit-learn"], "licence": "CC BY 4.0 (E. Alpaydin, C. Kaynak)"}
    ]
    for source in CATALOGUE.values():
        counts = {split: part.examples for split, part in source.splits.items()}
        rows.append(
            {"name": source.name, "title": source.title, "shape": list(source.shape), **counts}
            | {"there": list(state(source, data_dir)), "licence": source.licence}
        )
    directory = data_directory(data_dir)
    if as_json:
        print(json.dumps({"directory": str(directory), "data": rows}, indent=2))
        return
    table = Table("name", "what", "image", "train", "test", "there", "licence", box=None, pad_edge=False)
    for row in rows:
        image = " x ".join(map(str, row["shape"]))
        there = ", ".join(row["there"]) or "no"
        table.add_row(row["name"], row["title"], image, str(row["train"]), str(row["test"]), there, row["licence"])
    console().print(table)
    console().print(f"\nin {directory}", markup=False, highlight=False, soft_wrap=True)


@app.command("prepare", short_help="Download what is missing, and check it.")
def prepare_data(name: Name, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Download what is missing, check it, and write records where tensorflow-datasets is installed."""
    from jaxcnn.datasets import prepare

    out = console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=out, disable=not out.is_terminal
    ) as bar:
        tasks: dict[str, Any] = {}

        def watch(file: str, come: int, size: int) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file, total=size)
            bar.update(tasks[file], completed=come)

        found = prepare(name, data_dir, watch=watch)
    _show([_row(dataset) for dataset in found.values()], as_json)


@app.command("verify", short_help="Read every split, and compare it.")
def verify_data(name: Name, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Read every split by every route that is there, compare it with what was published, and count; downloads nothing.

    The exit code is 1 if anything is missing, damaged, or differs.
    """
    from jaxcnn.datasets import SPLITS, DataError, load
    from jaxcnn.datasets.catalogue import CATALOGUE, NAMES, known
    from jaxcnn.datasets.loading import Route, state

    if name not in NAMES and not Path(name).expanduser().is_dir():
        known(name)  # says which names there are
    routes: list[Route] = ["files"]
    if name in CATALOGUE and "records" in (there := state(known(name), data_dir)):
        routes = ["files", "records"] if "files" in there else ["records"]
    rows: list[dict[str, Any]] = []
    for route in routes:
        for split in SPLITS:
            try:
                rows.append(_row(load(name, split, data_dir, route=route, download=False)))
            except DataError as error:
                rows.append({"name": name, "split": split, "ok": False, "fault": str(error)})
    _show(rows, as_json)
    raise typer.Exit(0 if all(row["ok"] for row in rows) else 1)


def _row(dataset: "Dataset") -> dict[str, Any]:
    from jaxcnn.datasets import statistics

    provenance = dataclasses.asdict(dataset.provenance)
    return {**provenance, "ok": True, "classes": dataset.classes, **dataclasses.asdict(statistics(dataset))}


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"ok": all(row["ok"] for row in rows), "splits": rows}, indent=2))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("data", "split", "route", "content", "examples", "image", "mean", "std", "per class"):
        table.add_column(title, no_wrap=title != "per class")
    for row in (row for row in rows if row["ok"]):
        low, high = min(row["class_counts"]), max(row["class_counts"])
        table.add_row(
            row["name"],
            row["split"],
            row["route"],
            row["content"],
            str(row["examples"]),
            " x ".join(map(str, row["shape"])),
            " ".join(f"{value:.4f}" for value in row["mean"]),
            " ".join(f"{value:.4f}" for value in row["std"]),
            f"{low} .. {high} of {len(row['class_counts'])} classes",
        )
    if table.row_count:
        console().print(table)
    for row in (row for row in rows if not row["ok"]):
        text = f"FAILED {row['name']}, split {row['split']}: {row['fault']}"
        console().print(text, style="red", markup=False, highlight=False, soft_wrap=True)
