"""The notebook of every lab, in its quick form, gives the same again from a fresh kernel."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from jaxcnn.labs import LABS
from jaxcnn.labs.render.notebook import notebook

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("name", LABS)
def test_a_notebook_gives_the_same_again(name, tmp_path):
    lab = LABS[name]
    config = lab.config().quickened()
    saved = notebook(lab, config, lab.run(config))
    (tmp_path / "saved.ipynb").write_text(saved, "utf-8")
    command = [sys.executable, "-c", "from nbclient.cli import main; main()", "--timeout=900"]
    command += [str(tmp_path / "saved.ipynb"), "--output", str(tmp_path / "again.ipynb")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert told(nbformat.read(tmp_path / "again.ipynb", as_version=4)) == told(nbformat.reads(saved, as_version=4))


def told(notebook):
    """Return the outputs, less pictures (which differ where seconds are drawn) and numbers of seconds."""
    pages = [output["data"]["text/html"] for cell in notebook.cells for output in cell.get("outputs", ())]
    pages = [re.sub(r'src="data:[^"]*"', "", page) for page in pages]
    return [re.sub(r"\d+(\.\d+)?(e-?\d+)?(?=</td></tr>)|[\d.]+ s\b", "", page) for page in pages]
