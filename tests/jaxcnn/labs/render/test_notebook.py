"""The notebook holds what the run gave, and gives the same again."""

import jax
import nbformat
import pytest


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
    assert f"\nuse_cores({jax.local_device_count()})\nconfig = Config(" in code[0].source
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
    assert outputs(saved) == list(map(html, report.sections[:-1]))


# From a fresh kernel, every lab's: thorough/test_notebooks.py.
def test_its_code_gives_the_same_again(saved, report):
    names = {}
    sections = []
    for cell in saved.cells:
        if cell.cell_type == "code" and cell.outputs:
            sections.append(eval(cell.source, names))
        elif cell.cell_type == "code":
            exec(cell.source, names)
    assert [section.title for section in sections] == [section.title for section in report.sections[:-1]]
    assert list(map(html, sections)) == list(map(html, report.sections[:-1]))


def html(section):
    return section._repr_mimebundle_()["text/html"]
