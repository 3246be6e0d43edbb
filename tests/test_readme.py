"""The README's blocks run, and print what they are said to print."""

import contextlib
import io
import re
from pathlib import Path

import jax
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
PYTHON = [
    (source, BLOCKS[i + 1][1])
    for i, (language, source) in enumerate(BLOCKS[:-1])
    if language == "python" and BLOCKS[i + 1][0] == "text"
]


def without_rounding(text):
    """Return the text less the tolerance and its ratio: their digits depend on how the machine rounds tanh."""
    return re.sub(r"tolerance \S+, ratio \S+", "tolerance, ratio", text.strip())


@pytest.mark.parametrize(("source", "printed"), PYTHON, ids=[source.splitlines()[-1][:40] for source, _ in PYTHON])
def test_a_python_block_prints_the_text_block_below_it(source, printed, tmp_path):
    out = io.StringIO()
    # as a reader runs it: the tests' own strictness would refuse some of the shapes that are tried
    as_a_reader = (jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"))
    with contextlib.redirect_stdout(out), contextlib.chdir(tmp_path), as_a_reader[0], as_a_reader[1]:
        exec(compile(source, "README.md", "exec"), {"__name__": "readme"})
    assert without_rounding(out.getvalue()) == without_rounding(printed)


def test_every_python_block_is_followed_by_its_output():
    assert len(PYTHON) == sum(language == "python" for language, _ in BLOCKS) >= 3


def test_ci_runs_the_test_command_of_the_readme():
    commands = [
        line.split("#")[0].strip() for language, block in BLOCKS if language == "sh" for line in block.splitlines()
    ]
    assert "python3 run.py test" in commands
    assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_file_and_folder_that_the_layout_names_exists():
    layout = next(block for language, block in BLOCKS if language == "text" and "benchmarks/corpus/" in block)
    named = re.findall(r"(?:^|\s)((?:jaxcnn|verify|benchmarks)/[\w/.]*)", layout)
    assert len(named) >= 8
    assert all((ROOT / name).exists() for name in named)
