"""What one GPU makes of the labs: speed beside plain JAX and PyTorch, shares of the hardware's peaks, and exactness.

    python -m benchmarks.gpu [--data-dir DIR] [--limit SECONDS] [--json FILE] [--only SECTION ...] [--smoke]

Needs no network and no more than jaxcnn and verify do (scikit-learn for the embedded digits where no data directory is
given); PyTorch takes part where it is installed. Every section has a process of its own, so that one that fails,
however it fails, is a line of the table and not the end of it; results are saved after each. What `--limit` leaves no
time for is listed as not run. Runs on a CPU as well, where its figures mean nothing: `--smoke` says whether it works.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.on_gpu.options import Options
from benchmarks.record import Row, record, save

# What is run, in this order, and the most seconds that each may take. What is not timed runs side by side.
STAGES = (
    {"peaks": 60},
    {"convolutions": 100, "rules": 100, "checking": 100},
    {"to_accuracy": 115},
    {"torch_peer": 85},
    {"throughput": 240},
)
SECTIONS = {name: seconds for stage in STAGES for name, seconds in stage.items()}
MARK = "ROW "
PEAK = {True: "product, bf16", False: "product, float32, default"}


def main(words: Sequence[str] | None = None) -> int:
    options = arguments(words)
    if options.section:
        return _section(options)
    board = Board(options)
    board.say(f"device: {board.device}")
    for stage in STAGES:
        names = [name for name in stage if name in (options.only or SECTIONS)]
        with ThreadPoolExecutor(max(1, len(names))) as pool:
            list(pool.map(board.run, names))
    board.say("done\n")
    for line in table(board.recorded()):
        print(line, flush=True)
    failed = [row for row in board.rows if row.value is None and "not " not in row.note]
    return 1 if options.smoke and failed else 0


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", metavar="DIR", help="folders mnist, fashion_mnist and svhn of original files")
    parser.add_argument("--limit", type=float, default=480, metavar="SECONDS", help="of all sections together")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save everything, after each section")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--cases", nargs="+", default=[], metavar="TITLE", help='trained for speed: "mlp, batch 256"')
    parser.add_argument("--smoke", action="store_true", help="everything as small as can be: does it run?")
    parser.add_argument("--section", choices=SECTIONS, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def _section(options: argparse.Namespace) -> int:
    """Measure one section, in this process, and print its rows one by one."""
    module = importlib.import_module(f"benchmarks.on_gpu.{options.section}")
    for row in module.rows(Options(options.smoke, options.data_dir, tuple(options.cases))):
        print(MARK + json.dumps(dataclasses.asdict(row)), flush=True)
    return 0


class Board:
    """What has been found so far, printed and saved row by row."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.rows, self._lock, self._began = options, [], threading.Lock(), time.monotonic()
        self.device = _device()
        self._base = record("gpu", (), device=self.device)

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:5.0f} s] {text}", flush=True)

    def add(self, row: Row) -> None:
        with self._lock:
            self.rows.append(row)
            self.say(f"  {row.what}: {_number(row)} {row.unit} {row.note}")
            if self.options.json:
                save(self.options.json, self.recorded())

    def recorded(self) -> dict[str, Any]:
        found = [dataclasses.asdict(row) for row in with_ratios(self.rows)]
        return {**self._base, "seconds": time.monotonic() - self._began, "rows": found}

    def run(self, name: str) -> None:
        """Run a section in a process of its own, for as long as there is time."""
        left = min(self.options.limit - (time.monotonic() - self._began), SECTIONS[name])
        if left < 5:
            self.add(Row(name, name, note="not run: the time was over"))
            return
        self.say(f"{name} ...")
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            process = subprocess.Popen(
                self._command(name), env=self._environment(name), stdout=subprocess.PIPE, stderr=errors, text=True
            )
            over = threading.Timer(left, process.kill)
            over.start()
            try:
                self._read(process)
                code = process.wait()
            finally:
                over.cancel()
                process.kill()
            errors.seek(0)
            told = [line.strip() for line in errors.read().splitlines() if line.strip()]
        if over.finished.is_set() and code == -signal.SIGKILL:
            self.add(Row(name, name, note=f"the rest was not run: its {left:.0f} s were over"))
        elif code:
            print("\n".join(told[-15:]), flush=True)
            self.add(Row(name, name, note=f"ended with {code}: {' '.join(told[-1:])[:300]}"))

    def _command(self, name: str) -> list[str]:
        command = [sys.executable, "-m", "benchmarks.gpu", "--section", name]
        command += ["--smoke"] if self.options.smoke else []
        command += ["--cases", *self.options.cases] if self.options.cases else []
        return command + (["--data-dir", self.options.data_dir] if self.options.data_dir else [])

    def _environment(self, name: str) -> dict[str, str]:
        """Sections that run side by side share the memory of the device."""
        alone = any(set(stage) == {name} for stage in STAGES)
        return {**os.environ, **({} if alone else {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"})}

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(MARK):
                self.add(Row(**json.loads(line[len(MARK) :])))
            else:
                print(line.rstrip(), flush=True)


def with_ratios(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with their ratio: of ours to the best peer in the same precision, of others to the peak."""
    peaks = {row.what: row.value for row in rows if row.section == "peaks" and row.value}
    return [_shares(_beside(row, rows), peaks) for row in rows]


def _beside(row: Row, rows: Sequence[Row]) -> Row:
    case, _, name = row.what.partition(": ")
    if row.section != "training" or not row.value or not name.startswith("jaxcnn"):
        return row
    half = name.endswith("bf16")
    peers = [
        other for other in rows
        if other.section == row.section and other.value and other.what.startswith(case + ": ")
        and "jaxcnn" not in other.what and other.what.endswith("bf16") == half
    ]  # fmt: skip
    if not peers:
        return row
    best = max(peers, key=lambda other: other.value or 0.0)
    assert best.value
    return dataclasses.replace(row, beside=best.what.partition(": ")[2], ratio=row.value / best.value)


def _shares(row: Row, peaks: dict[str, Any]) -> Row:
    peak = peaks.get(PEAK[row.what.endswith("bf16")])
    if row.section != "training" or not row.value or not peak or "operations" not in row.more:
        return row
    return dataclasses.replace(row, more={**row.more, "of peak": row.value * row.more["operations"] / 1e12 / peak})


def table(recorded: dict[str, Any]) -> Iterator[str]:
    """Give the lines of one table in Markdown; rows in which a peer is faster than we are stand in bold."""
    yield f"{recorded['device']}; {recorded['machine']['cores']} cores; commit {recorded['commit']}"
    yield ", ".join(f"{name} {version}" for name, version in recorded["versions"].items())
    yield ""
    yield "| section | what | median | unit | smallest | largest | n | times the best peer | of peak | note |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for saved in recorded["rows"]:
        row = Row(**saved)
        slower = row.ratio is not None and row.ratio < 1
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} ({row.beside})"
        share = f"{100 * row.more['of peak']:.2g} %" if "of peak" in row.more else ""
        low, high = ("" if one is None else f"{one:,.4g}" for one in (row.low, row.high))
        cells = [row.section, row.what, _number(row), row.unit, low, high, str(row.n), ratio, share]
        told = "; ".join([row.note, *(f"{name} {value:.4g}" for name, value in row.more.items() if name in _TOLD)])
        cells = [f"**{cell}**" if slower and cell else cell for cell in cells]
        yield f"| {' | '.join([*cells, told.strip('; ').replace('|', '/')])} |"


_TOLD = ("cold, s", "first call, s", "relative error", "samples/s, evaluation included")


def _number(row: Row) -> str:
    if row.value is None:
        return "-"
    return f"{row.value:,.0f}" if abs(row.value) >= 1000 or row.value == int(row.value) else f"{row.value:.4g}"


def _device() -> str:
    """Return what JAX runs on, asked in another process, so that this one holds no memory of the device."""
    ask = "import jax; d = jax.devices(); print(len(d), d[0].platform, d[0].device_kind)"
    found = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False, env=os.environ)
    told = found.stdout.strip() or " ".join(found.stderr.split())[-300:]
    return told or "unknown"


if __name__ == "__main__":
    sys.exit(main())
