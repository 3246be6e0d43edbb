"""`jaxcnn lab all --quick`: every lab comes to its end, and its report is whole in every form."""

import json
import re

import nbformat
import numpy as np
import pytest
from PIL import Image

from jaxcnn.cli import main
from jaxcnn.labs import LABS
from tests.jaxcnn.labs.render._page import Page


# One test for all labs: they share what is compiled, and each rule is verified once.
def test_every_lab_comes_to_its_end_and_its_report_is_whole(tmp_path, capsys):
    out = tmp_path / "labs"
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["lab", "all", "--quick", "--out", str(out)])
    told = capsys.readouterr().out
    index = Page((out / "index.html").read_text("utf-8"))
    for name, lab in LABS.items():
        assert f"{name}: {out / name / 'report.html'}\n" in told
        assert f"{name}/report.html" in index.addresses
        check_page(out / name)
        check_numbers(name, out / name)
        check_notebook(lab, out / name)
        check_pictures(out / name)
        assert len(re.findall(rb"/Type /Page\b", (out / name / "report.pdf").read_bytes())) >= 2
    assert sorted(file.name for file in out.iterdir()) == sorted([*LABS, "index.html", "summary.json"])


def check_page(folder):
    page = Page((folder / "report.html").read_text("utf-8"))
    assert page.open == []
    assert "This is the quick form" in page.text
    for address in page.addresses:
        beside = (folder / address).is_file() if not re.match(r"#|data:|https://", address) else True
        assert beside, f"{folder.name}: {address} is not there"
    fetched = [image["src"] for image in page.all("img") if not image["src"].startswith("data:image/")]
    assert fetched == page.all("script") == page.all("link") == []
    assert all(image["alt"] for image in page.all("img"))
    assert "nan" not in page.text.lower().split()


def check_numbers(name, folder):
    numbers = json.loads((folder / "numbers.json").read_text())
    assert (numbers["lab"], numbers["settings"]["quick"], numbers["settings"]["data"]) == (name, True, "digits")
    counts = [rule for rule in numbers["results"]["The derivatives, verified"].values() if isinstance(rule, dict)]
    assert counts
    for rule in counts:
        assert rule["held"] >= 1
        assert rule["failed"] == rule["undecided"] == 0


def check_notebook(lab, folder):
    notebook = nbformat.read(folder / "report.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert "**This is the quick form" in notebook.cells[0].source
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code[2:]] == [f"{step.__name__}(run)" for step in lab.steps]
    assert all("text/html" in output["data"] for cell in code[2:] for output in cell.outputs)


def check_pictures(folder):
    names = sorted(file.stem for file in (folder / "figures").glob("*.png"))
    assert names
    assert names == sorted(file.stem for file in (folder / "figures").glob("*.svg"))
    for name in names:
        with Image.open(folder / "figures" / f"{name}.png") as picture:
            pixels = np.asarray(picture.convert("L"))
        assert pixels.shape[1] > 400
        assert len(np.unique(pixels)) > 8, f"{folder.name}: nothing is to be seen on {name}"
