"""`jaxcnn labs` and `jaxcnn lab`: what labs there are, and one or all of them from the settings to the report."""

import dataclasses
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from jaxcnn.cli.cores import use_cores
from jaxcnn.cli.output import console

if TYPE_CHECKING:
    from jaxcnn.labs import Lab, LabConfig, LabReport

ALL = "all"


def labs() -> None:
    """List the labs, with the settings that --set changes and their defaults."""
    from jaxcnn.labs import LABS

    table = Table("lab", "data", "question", "settings", box=None, header_style="bold", pad_edge=False)
    for lab in LABS.values():
        config = lab.config()
        settings = ", ".join(f"{name}={getattr(config, name)}" for name in config.settable())
        table.add_row(lab.name, config.data, lab.question, settings)
    console().print(table)


def lab(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A lab that `jaxcnn labs` lists, or all.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report; by default labs/NAME, or labs for all.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Instead of the lab's own: a name, or the path of a folder.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where data lie; else $JAXCNN_DATA, else the user's cache folder.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="The same in seconds, on the embedded digits.")] = False,
    seed: Annotated[int, typer.Option(help="Of everything random.", min=0)] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the lab; may be repeated.")
    ] = None,
) -> None:
    """Run a lab, or all of them, and write the report: HTML, figures, and all numbers as JSON.

    What was interrupted goes on where it was, when the same command is given again.
    """
    use_cores()
    from jaxcnn.labs import named

    if name == ALL:
        _run_all(Path("labs") if out is None else out, data, data_dir, quick, seed, settings)
    else:
        chosen = named(name)
        config = _config(chosen, data, data_dir, quick, seed, settings or [])
        _run(chosen, config, Path("labs", name) if out is None else out)


def _run_all(
    folder: Path, data: str | None, data_dir: Path | None, quick: bool, seed: int, settings: list[str] | None
) -> None:
    """Run the labs one after the other, less those that were done before an interruption."""
    from jaxcnn.labs import LABS
    from jaxcnn.labs.render.collection import Collection

    if settings or data:
        raise ValueError("`--set` and `--data` are for one lab and not for all of them: name the lab.")
    configs = {name: _config(lab, None, data_dir, quick, seed, []) for name, lab in LABS.items()}
    collection = Collection(folder, tuple(LABS))
    for name, config in configs.items():
        if collection.has(LABS[name], config):
            console(stderr=True).print(f"note: {name} was done before the interruption", highlight=False)
        else:
            collection.add(config, _run(LABS[name], config, folder / name))
    console().print(f"all: {folder / 'index.html'}", markup=False, highlight=False, soft_wrap=True)


def _config(
    lab: "Lab", data: str | None, data_dir: Path | None, quick: bool, seed: int, settings: list[str]
) -> "LabConfig":
    if data is not None:
        _check_data(data)
    config = lab.config()
    config = config.quickened() if quick else config
    folder = None if data_dir is None else str(data_dir)
    given = dataclasses.replace(config, seed=seed, data=data or config.data, data_dir=folder)
    return given.changed(settings)


def _check_data(data: str) -> None:
    """Raise a ValueError in the words of the command line, unless it is a data set or a folder."""
    from jaxcnn.datasets.catalogue import NAMES

    if data in NAMES or Path(data).expanduser().is_dir():
        return
    if "/" in data:
        raise ValueError(f"`--data` must be a data set or a folder; the folder {data} does not exist.")
    raise ValueError(f"`--data` must be one of {', '.join(NAMES)}, or the path of a folder; got {data!r}.")


def _run(lab: "Lab", config: "LabConfig", folder: Path) -> "LabReport":
    """Run one lab and write its report; the state of its training is kept beside it until then."""
    from jaxcnn.cli.lab_display import Display
    from jaxcnn.labs.render.output import check_folder, require_packages, write_report

    require_packages()
    check_folder(folder, lab.name)
    folder = folder.resolve()
    state = folder.with_name(f".{folder.name}.state")
    with Display(console(stderr=True), None if config.quick else state) as display:
        report = lab.run(config, progress=display)
        display.stage(f"{lab.name}: writing the report")
        write_report(lab, config, report, folder)
    shutil.rmtree(state, ignore_errors=True)
    console().print(f"{lab.name}: {folder / 'report.html'}", markup=False, highlight=False, soft_wrap=True)
    return report
