"""A report as a Jupyter notebook: one cell per step, saved with what the run itself gave, and good to be run again."""

from collections.abc import Callable
from typing import Any

import jax

from jaxcnn.labs.lab import Lab
from jaxcnn.labs.report import LabReport
from jaxcnn.labs.settings import LabConfig


def notebook(lab: Lab, config: LabConfig, report: LabReport) -> str:
    """Return the notebook as the text of its file.

    Args:
        lab: that was run.
        config: its settings.
        report: what came of it; its sections are the outputs of the cells.

    Raises:
        ImportError: if nbformat is missing; names the extra.
    """
    nbformat = require_nbformat()
    make = nbformat.v4
    caution = f"**{report.caution}**\n\n" if report.caution else ""
    intro = f"# {report.title}\n\n{report.question}\n\n{caution}Run all cells to compute everything again."
    cells = [make.new_markdown_cell(intro), _code(make, _beginning(lab, config), 1)]
    cells.append(_code(make, f"run = {lab.train.__name__}(config, {lab.load.__name__}(config))", 2))
    for number, (step, section) in enumerate(zip(lab.steps, report.sections, strict=False), start=3):
        shown = make.new_output("execute_result", data=section._repr_mimebundle_(), execution_count=number)
        cells.append(_code(make, f"{step.__name__}(run)", number, shown))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # not a random one, so that equal runs are equal files
    made = make.new_notebook(cells=cells)
    made.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made.metadata.language_info = {"name": "python"}
    nbformat.validate(made)
    return str(nbformat.writes(made)) + "\n"


def _beginning(lab: Lab, config: LabConfig) -> str:
    """Return the code that imports the lab and makes its settings."""
    modules: dict[str, list[str]] = {}
    parts: tuple[Callable[..., Any], ...] = (lab.config, lab.load, lab.train, *lab.steps)
    for part in parts:
        modules.setdefault(part.__module__, []).append(part.__name__)
    lines = [f"from {module} import {', '.join(names)}" for module, names in modules.items()]
    if jax.default_backend() == "cpu":  # sums over other parts of a batch would be rounded otherwise
        lines = ["from jaxcnn.cli.cores import use_cores", *lines, "", f"use_cores({jax.local_device_count()})"]
    return "\n".join([*lines, f"config = {config!r}"])


def _code(make: Any, source: str, number: int, *outputs: Any) -> Any:
    return make.new_code_cell(source, execution_count=number, outputs=list(outputs))


def require_nbformat() -> Any:
    """Return nbformat, or raise an `ImportError` that names the extra."""
    try:
        import nbformat
    except ImportError as error:
        raise ImportError(
            "Notebooks are written with nbformat, which is not installed: pip install 'jaxcnn[labs]'."
        ) from error
    return nbformat
