"""What the project promises about itself: its pins, its version, its size, and what no file of it does."""

import ast
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import jaxcnn

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
# constraints.txt is what run.py installs; constraints-all.txt holds the extras that the tests do not need as well.
TESTED = ("dev", "test", "checkpoints", "data", "digits", "html", "labs", "models")
INSTALLED = [*PROJECT["dependencies"], *(requirement for extra in TESTED for requirement in EXTRAS[extra])]
LOCKS = {
    "constraints.txt": [*INSTALLED, *EXTRAS["search"], *PYPROJECT["build-system"]["requires"]],
    "constraints-all.txt": [*INSTALLED, *(requirement for extra in EXTRAS.values() for requirement in extra)],
}

SILENCED = {"nan_to_num": "a NaN must fail, not pass as 0"}
UNPICKLING = dict.fromkeys(("pickle", "cloudpickle", "dill", "shelve"), "reading a pickle runs the code in it")
NOT_RUN = dict.fromkeys(("skip", "skipif", "xfail", "importorskip"), "a test that does not run proves nothing")


def pins(lock: str) -> dict[str, list[str]]:
    """Return the versions that a lock allows for each package: one, or one for each range of Python versions."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^ ;]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found


def tracked_files() -> list[Path]:
    """Return what git tracks, or the source folders where there is no git checkout."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listing.stdout.split("\0") if listing.returncode == 0 else ()
    folders = ("benchmarks", "jaxcnn", "tests", "verify")
    files = [ROOT / name for name in names if name] or [f for d in folders for f in (ROOT / d).rglob("*")]
    return [file for file in files if file.is_file()]


def uses(source: str, forbidden: dict[str, str]) -> list[str]:
    """Return a line and a reason for every forbidden name that the code uses; strings and comments may say it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = [getattr(node, "attr", None), getattr(node, "module", None)]
        if isinstance(node, ast.Import | ast.ImportFrom):
            names += [alias.name for alias in node.names]
        found += [f"line {node.lineno}: {name}: {forbidden[name]}" for name in names if name in forbidden]
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and "pickle" in forbidden:
            found.append(f"line {node.lineno}: allow_pickle: {forbidden['pickle']}")
    return found


def run_module() -> ModuleType:
    """Import run.py, which is a script beside the packages."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text("utf-8").replace(" \\\n", " ")
    assert "http" not in text
    for line in text.splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [^#@]+?)?( +--hash=sha256:[0-9a-f]{64})+", line), line


@pytest.mark.parametrize(("lock", "required"), LOCKS.items(), ids=LOCKS)
def test_every_requirement_of_the_project_is_pinned_at_a_version_it_allows(lock, required):
    pinned = pins(lock)
    for requirement in map(Requirement, required):
        if requirement.name != "jaxcnn":
            versions = pinned.get(canonicalize_name(requirement.name), [])
            assert versions, f"{requirement} is not in {lock}"
            assert all(map(requirement.specifier.contains, versions)), f"{requirement} does not allow {versions}"


def test_the_two_locks_agree():
    assert pins("constraints.txt").items() <= pins("constraints-all.txt").items()


def test_the_version_is_written_once_and_read_everywhere():
    assert jaxcnn.__version__ == importlib.metadata.version("jaxcnn") == PROJECT["version"]
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_no_tracked_file_is_larger_than_one_mebibyte():
    assert [file for file in tracked_files() if file.stat().st_size > 2**20] == []


def test_no_code_hides_a_nan_or_reads_a_pickle():
    files = [file for file in tracked_files() if file.suffix == ".py"]
    assert {str(file): found for file in files if (found := uses(file.read_text("utf-8"), SILENCED | UNPICKLING))} == {}


def test_no_test_is_skipped_or_expected_to_fail():
    files = [file for file in tracked_files() if file.suffix == ".py" and "tests" in file.parts]
    assert {str(file): found for file in files if (found := uses(file.read_text("utf-8"), NOT_RUN))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "jnp.nan_to_num(x)",
        "from numpy import nan_to_num",
        "import pickle",
        "from pickle import load",
        "np.load(file, allow_pickle=True)",
        "pytest.skip('no GPU')",
        "@pytest.mark.xfail\ndef test(): ...",
    ],
)
def test_a_source_that_does_what_none_may_do_is_noticed(source):
    assert len(uses(source, SILENCED | UNPICKLING | NOT_RUN)) >= 1


def test_a_source_that_only_speaks_of_it_is_not():
    assert uses("'never nan_to_num'  # nor pickle", SILENCED | UNPICKLING | NOT_RUN) == []


def test_continuous_integration_runs_the_tests_and_the_linters_and_stops_at_the_first_failure():
    script = ROOT / ".ci" / "run"
    commands = [line for line in script.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert commands[0] == "set -euo pipefail"
    assert commands[-2:] == ["python3 run.py test", "python3 run.py lint"]
    assert os.access(script, os.X_OK)


def test_the_environment_is_stale_when_any_part_of_what_made_it_changes(tmp_path):
    run = run_module()
    assert run.digest("ab", "c") != run.digest("a", "bc")
    stamp = tmp_path / "stamp"
    assert not run.stamped(stamp, run.digest("lock"))
    stamp.write_text(run.digest("lock"))
    assert run.stamped(stamp, run.digest("lock"))
    assert not run.stamped(stamp, run.digest("lock", "more"))


def test_a_failed_set_up_step_shows_its_output_and_says_so_in_a_sentence(capfd):
    run = run_module()
    with pytest.raises(run.SetupError, match=r"^planning failed \(exit code 5\); its output is above\.$"):
        run.step("planning", [sys.executable, "-c", "print('the cause'); raise SystemExit(5)"])
    assert "the cause" in capfd.readouterr().err


def test_a_python_without_venv_is_told_what_to_install():
    run = run_module()
    with pytest.raises(run.SetupError, match="install its venv module"):
        run.step("making .venv", [sys.executable, "-c", "raise SystemExit('No module named venv')"])


def test_the_tests_keep_their_bytecode_even_where_python_is_told_not_to(monkeypatch):
    run = run_module()
    kept = []

    def become(arguments):
        kept.append("PYTHONDONTWRITEBYTECODE" not in os.environ)
        raise SystemExit(0)

    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(run, "prepare", lambda: None)
    monkeypatch.setattr(run, "replace_by", become)
    with pytest.raises(SystemExit, match=r"^0$"):
        run.main(["test"])
    assert kept == [True]


def test_run_without_a_command_prints_its_usage_and_exits_with_2(capsys):
    assert run_module().main([]) == 2
    assert "run.py verify" in capsys.readouterr().out
