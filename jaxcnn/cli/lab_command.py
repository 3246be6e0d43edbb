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
    from jaxcnn.labs import Lab, LabConfig

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
    from jaxcnn.labs import LABS, named

    chosen = list(LABS.values()) if name == ALL else [named(name)]
    if name == ALL and (settings or data):
        raise ValueError("`--set` and `--data` are for one lab, not for all of them: name the lab.")
    folder = (Path("labs") if name == ALL else Path("labs") / name) if out is None else out
    configs = [_config(one, data, data_dir, quick, seed, settings or []) for one in chosen]
    for one, config in zip(chosen, configs, strict=True):
        _run(one, config, folder / one.name if name == ALL else folder)


def _config(
    lab: "Lab", data: str | None, data_dir: Path | None, quick: bool, seed: int, settings: list[str]
) -> "LabConfig":
    config = lab.config()
    config = config.quickened() if quick else config
    folder = None if data_dir is None else str(data_dir)
    given = dataclasses.replace(config, seed=seed, data=data or config.data, data_dir=folder)
    return given.changed(settings)


def _run(lab: "Lab", config: "LabConfig", folder: Path) -> None:
    """Run one lab and write its report; the state of its training is kept beside it until then."""
    from jaxcnn.cli.lab_display import Display
    from jaxcnn.labs.render.output import check_folder, write_report

    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    check_folder(folder)
    state = folder.with_name(f".{folder.name}.state")
    with Display(console(stderr=True), None if config.quick else state) as display:
        report = lab.run(config, progress=display)
        display.stage(f"{lab.name}: writing the report")
        write_report(lab, config, report, folder)
    shutil.rmtree(state, ignore_errors=True)
    console().print(f"{lab.name}: {folder / 'report.html'}", markup=False, highlight=False, soft_wrap=True)
