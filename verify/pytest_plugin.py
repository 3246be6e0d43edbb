"""The pytest plugin: two fixtures, failures told in `verify`'s own words, and one file with every report of a run.

    pytest --verify-report reports.html        (.html, .json or .xml, for JUnit)

pytest loads it by itself where the project is installed, elsewhere with `-p verify.pytest_plugin`. Under pytest-xdist
the workers send their reports to the controller, which writes the file.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import jax
import pytest

from verify import _collected, observers
from verify.report import Report, VerificationError

_OPTION = "--verify-report"
_SENT = "verify_reports"  # where a worker of pytest-xdist puts its reports


@pytest.fixture
def verify_x64() -> Iterator[None]:
    """Run the test with 64-bit types on."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def verify_strict_promotion() -> Iterator[None]:
    """Run the test with strict dtype promotion: arithmetic of unequal dtypes is an error."""
    with jax.numpy_dtype_promotion("strict"):
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--verify-report FILE`."""
    parser.getgroup("verify", "verification of derivatives").addoption(
        _OPTION, metavar="FILE", help="write every report of the run to one file: .html, .json or .xml (JUnit)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to collect, if a file is asked for.

    Raises:
        pytest.UsageError: the file cannot be written, or its suffix says no form.
    """
    named = config.getoption(_OPTION)
    if named is None:
        return
    if not hasattr(config, "workerinput"):
        _check(Path(named))
    config.pluginmanager.register(_Collector(config, Path(named)), "verify-collector")


def _check(file: Path) -> None:
    forms = list(_collected.FORMS)
    folder = file.absolute().parent
    if file.suffix not in forms:
        raise pytest.UsageError(f"{_OPTION} must name a file ending in {', '.join(forms)}; got {str(file)!r}.")
    if file.suffix == ".html" and importlib.util.find_spec("jinja2") is None:
        raise pytest.UsageError(f"{_OPTION} {file} needs Jinja2: `pip install jaxcnn[html]`, or name a .json file.")
    if file.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise pytest.UsageError(f"{_OPTION} must name a file in a folder that can be written to; got {str(file)!r}.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a `VerificationError` as its message, below the line of the test that raised it."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, VerificationError) and report.failed:
        own = [entry for entry in call.excinfo.traceback if Path(str(entry.path)) == item.path]
        line = f"{item.location[0]}:{own[-1].lineno + 1}" if own else item.nodeid
        report.longrepr = f"{line}: {call.excinfo.value}"
    return report


class _Collector:
    """Collects the reports of this process and, on the controller, those of the workers; writes them in the end."""

    def __init__(self, config: pytest.Config, file: Path) -> None:
        self._config = config
        self._file = file.absolute()
        self._test = ""
        self._mine: list[_collected.Plain] = []
        self._sent: list[list[_collected.Plain]] = []
        self._lost = 0
        self._watch = contextlib.ExitStack()
        self._watch.enter_context(observers.watching(self._see))

    def _see(self, report: Report) -> None:
        self._mine.append(_collected.to_plain(self._test, report))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._test = item.nodeid
        try:
            return (yield)
        finally:
            self._test = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """A worker of pytest-xdist is done, or has crashed and sent nothing."""
        sent = getattr(node, "workeroutput", {}).get(_SENT)
        self._lost += sent is None
        self._sent.append([] if sent is None else json.loads(sent))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        output: Any = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_SENT] = json.dumps(self._mine)
            return
        try:
            _write(self._file, _collected.FORMS[self._file.suffix](_collected.merged([self._mine, *self._sent])))
        except OSError as error:
            pytest.exit(f"{_OPTION}: {self._file} could not be written: {error}", pytest.ExitCode.USAGE_ERROR)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        reports = [*self._mine, *(plain for part in self._sent for plain in part)]
        failed = sum(not plain["ok"] for plain in reports)
        terminalreporter.write_line(f"verify: {len(reports)} reports ({failed} failed) in {self._file}")
        if self._lost:
            terminalreporter.write_line(f"verify: the reports of {self._lost} crashed workers are missing in it")

    def pytest_unconfigure(self) -> None:
        self._watch.close()


def _write(file: Path, text: str) -> None:
    """Write the whole file or none: under a temporary name beside it, then renamed."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
