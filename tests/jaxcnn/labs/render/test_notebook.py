"""The notebook holds what the run gave, and gives the same again from a fresh kernel."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[4]


def outputs(notebook):
    return [output["data"]["text/html"] for cell in notebook.cells for output in cell.get("outputs", ())]


@pytest.fixture(scope="module")
def saved(folder):
    return nbformat.read(folder / "report.ipynb", as_version=4)


def test_there_is_one_cell_for_every_step_with_what_it_gave(saved, report):
    nbformat.validate(saved)
    code = [cell for cell in saved.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code[1:]] == [
        "run = train(config, load(config))",
        "introduction(run)",
        "curves(run)",
    ]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
    assert outputs(saved) == [section._repr_mimebundle_()["text/html"] for section in report.sections[:-1]]


def test_it_gives_the_same_again_from_a_fresh_kernel(folder, saved, tmp_path):
    command = [sys.executable, "-c", "from nbclient.cli import main; main()"]
    done = subprocess.run(
        [*command, str(folder / "report.ipynb"), "--output", str(tmp_path / "again.ipynb")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    again = nbformat.read(tmp_path / "again.ipynb", as_version=4)
    assert list(map(without_pictures, outputs(again))) == list(map(without_pictures, outputs(saved)))


def without_pictures(html):
    return re.sub(r'src="data:[^"]*"', "", html)
