"""The blocks of README.md and of the pages beside it run, and print what they are said to print."""

import contextlib
import io
import itertools
import re
from pathlib import Path

import jax
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "docs/rules.md", "docs/programs.md", "docs/matrices.md", "docs/training.md"]


def blocks(page):
    """Return the fenced blocks of a page, each with its language."""
    return re.findall(r"```(\w+)\n(.*?)```", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)


PYTHON = [
    (page, source, below)
    for page in PAGES
    for (language, source), (what, below) in itertools.pairwise([*blocks(page), ("", "")])
    if language == "python" and what == "text"
]


def without_rounding(text):
    """Return the text less the tolerance and its ratio: their digits depend on how the machine rounds tanh."""
    return re.sub(r"tolerance \S+, ratio \S+", "tolerance, ratio", text.strip())


@pytest.mark.parametrize(
    ("page", "source", "printed"), PYTHON, ids=[f"{page} {source.splitlines()[-1][:40]}" for page, source, _ in PYTHON]
)
def test_a_python_block_prints_the_text_block_below_it(page, source, printed, tmp_path):
    out = io.StringIO()
    # as a reader runs it: the tests' own strictness would refuse some of the shapes that are tried
    as_a_reader = (jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"))
    with contextlib.redirect_stdout(out), contextlib.chdir(tmp_path), as_a_reader[0], as_a_reader[1]:
        exec(compile(source, page, "exec"), {"__name__": "readme"})
    assert without_rounding(out.getvalue()) == without_rounding(printed)


def test_every_python_block_is_followed_by_its_output():
    assert len(PYTHON) == sum(language == "python" for page in PAGES for language, _ in blocks(page)) >= 9


def test_ci_runs_the_test_command_of_the_readme():
    commands = [
        line.split("#")[0].strip()
        for language, block in blocks("README.md")
        if language == "sh"
        for line in block.splitlines()
    ]
    assert "python3 run.py test" in commands
    assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_file_and_folder_that_the_layout_names_exists():
    layout = next(block for _, block in blocks("CONTRIBUTING.md") if "benchmarks/corpus/" in block)
    named = re.findall(r"(?:^|\s)((?:jaxcnn|verify|benchmarks)/[\w/.]*)", layout)
    assert len(named) >= 8
    assert all((ROOT / name).exists() for name in named)


def prose(page):
    """Return a page without its blocks of code."""
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


def anchors(page):
    """Return the headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page):
    """Return the links of a page to files, and to headings, that are not there."""
    links = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    ends = [link.partition("#") for link in links if "://" not in link]
    return [
        f"{name}#{anchor}"
        for name, _, anchor in ends
        if not (page.parent / name).exists() or (anchor and anchor not in anchors(page.parent / name))
    ]


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md")))]
)
def test_every_link_of_a_page_leads_somewhere(page):
    assert broken_links(ROOT / page) == []


def test_a_link_to_a_heading_or_file_that_is_not_there_is_noticed(tmp_path):
    (tmp_path / "there.md").write_text("# Here I am\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text("[a](there.md#here-i-am) [b](there.md#gone) [c](gone.md) [d](https://example.org/x)", "utf-8")
    assert broken_links(page) == ["there.md#gone", "gone.md#"]
