"""How many samples a second is each of the labs' networks trained with, beside PyTorch, Keras and plain JAX?

Each contender has a process of its own and they take turns, a few rounds of about a second each, so that whatever else
the machine does falls on all; medians with the smallest and largest, in one run. PyTorch is taken at its best: tensors
in memory, fused optimisers, malloc told to keep memory, one thread or all, either memory format. Claims, as ratios to
the best PyTorch, are in `benchmarks/contenders/cases.py`; and 4 times the Flax loop on `filters` and `backprop`, 30
times a NumPy loop over examples on `mlp`. "in all" counts 60,000 samples from a cold start, compilation included,
imports not.

    python -m benchmarks.training [--network NAME]... [--without CONTENDER]... [--keras-python PATH] [--smoke]
                                  [--json FILE]

PyTorch and Keras take part where they are installed (`pip install torch`; `--keras-python`, an interpreter with keras,
tensorflow and jax, since they may not go together with the rest); others are named as missing. Exit status 1 if a claim
does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.command import finish, parser
from benchmarks.contenders.cases import CASES, Case
from benchmarks.judged import small, text
from benchmarks.record import Row

TORCH = ("torch", "torch 1 thread", "torch channels last", "torch DataLoader")
BEST = TORCH[:3]  # the DataLoader is another question
OTHERS = ("keras", "flax loop", "jax scan")
ALL = 60_000  # samples: an epoch of MNIST
# glibc gives large buffers back to the system at once and takes new ones, page by page, unless it is told to keep them.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "10000000000"}
MALLOC["MALLOC_TOP_PAD_"] = "200000000"


class Worker:
    """A contender's process."""

    def __init__(self, name: str, case: Case, python: str) -> None:
        command = [python, "-W", "ignore", "-m", "benchmarks.contenders.worker", name, case.name]
        env = {**os.environ, **(MALLOC if name.startswith("torch") else {}), "JAX_ENABLE_COMPILATION_CACHE": "false"}
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def ask(self, what: object) -> float:
        """Send a line and return the number that comes back."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(what, file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            words = " ".join(map(str, self.process.args[3:])) if isinstance(self.process.args, list) else ""
            raise RuntimeError(f"ended with {self.process.wait()}: run `python {words}` by itself to see why.")
        return float(line)

    def close(self) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            self.process.stdin.close()
        self.process.wait()


@dataclasses.dataclass(frozen=True)
class Result:
    """What was measured of one contender: seconds of the first updates with compilation, samples/s of each round."""

    first: float
    rates: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rates)

    @property
    def in_all(self) -> float:
        return ALL / (self.first + ALL / self.median)


def measure(
    case: Case, names: Sequence[str], keras_python: str | None, rounds: int, seconds: float
) -> tuple[dict[str, Result], dict[str, str]]:
    """Let all contenders of one case take turns; of a peer that ends before its time, the reason.

    Raises:
        RuntimeError: ours ended before its time.
    """
    workers = {name: Worker(name, case, keras_python or "" if name == "keras" else sys.executable) for name in names}
    firsts: dict[str, float] = {}
    counts: dict[str, int] = {}
    rates: dict[str, list[float]] = {name: [] for name in names}
    ended: dict[str, str] = {}

    def warm_up(name: str, worker: Worker) -> None:
        firsts[name] = worker.ask(16)
        worker.ask(16)  # the second call may still compile: another layout, a donated buffer
        counts[name] = max(16, 16 * int(seconds / max(worker.ask(16), 1e-6)))

    def turn(name: str, worker: Worker) -> None:
        rates[name].append(counts[name] * case.batch / worker.ask(counts[name]))

    for part in (warm_up, *[turn] * rounds):
        for name, worker in workers.items():
            if name in ended:
                continue
            try:
                part(name, worker)
            except RuntimeError as error:
                if name == "jaxcnn":
                    raise
                ended[name] = str(error)
    for worker in workers.values():
        worker.close()
    return {name: Result(firsts[name], tuple(rates[name])) for name in names if name not in ended}, ended


def contenders(case: Case, keras_python: str | None, without: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return who takes part, and who does not and why."""
    convolves = case.shape and any(layer.op == "conv" for network in case.members.values() for layer in network)
    torch = [name for name in TORCH if convolves or "channels" not in name]
    wanted = ["jaxcnn", *torch, *OTHERS, *(["numpy"] if case.name == "mlp" else [])]
    missing = {}
    if subprocess.run([sys.executable, "-c", "import torch"], capture_output=True, check=False).returncode:
        missing |= dict.fromkeys(torch, "not installed: `pip install torch`")
    if not keras_python:
        missing["keras"] = "not asked for: --keras-python"
    return [name for name in wanted if name not in [*missing, *without]], missing


def claims(case: Case, found: dict[str, Result]) -> list[Row]:
    """What is claimed of ours beside several of the others, each with the least ratio."""
    told = []
    if torch := {name: found[name] for name in BEST if name in found}:
        best = max(torch, key=lambda name: torch[name].median)
        told.append((f"the best PyTorch (aim {case.aim:g})", best, case.least))
    if case.name.startswith(("filters", "backprop")):
        told.append(("a Flax loop", "flax loop", 4.0))
    told.append(("a NumPy loop", "numpy", 30.0))
    return [
        _row(f"{case.name}: claims", f"jaxcnn beside {what}", found["jaxcnn"], beside=name, least=least,
             ratio=found["jaxcnn"].median / found[name].median)
        for what, name, least in told if name in found
    ]  # fmt: skip


def rows(case: Case, found: dict[str, Result], missing: dict[str, str], peak: float) -> list[Row]:
    """The rows of all contenders, ours first and beside the best of the others, and what is claimed."""
    title = f"{case.name}, batch {case.batch}, {case.optimizer}"
    best = max((name for name in found if name != "jaxcnn"), key=lambda name: found[name].median, default="")
    made = []
    for name, one in sorted(found.items(), key=lambda item: item[0] != "jaxcnn"):
        share = one.median * case.operations / peak / 1e9
        more = {"first call, s": one.first, "in all, samples/s": one.in_all, "of GEMM peak": share}
        ratio = found[name].median / found[best].median if best and name == "jaxcnn" else None
        note = f"first call {one.first:.2f} s, {100 * share:.0f} % of the GEMM peak"
        made.append(_row(title, name, one, beside=best if ratio else "", ratio=ratio, note=note, more=more))
    made += [Row(title, name, note=why) for name, why in missing.items()]
    return made + claims(case, found)


def _row(section: str, what: str, one: Result, **more: Any) -> Row:
    return Row(section, what, one.median, "samples/s", min(one.rates), max(one.rates), len(one.rates), **more)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    made = parser("training", __doc__, smoke="one short round of one network")
    made.add_argument("--network", action="append", choices=CASES, help="only this case; may be repeated")
    made.add_argument("--without", action="append", default=[], help="leave out a contender; may be repeated")
    made.add_argument("--keras-python", help="an interpreter that has keras, tensorflow and jax")
    made.add_argument("--rounds", type=int, default=7)
    made.add_argument("--seconds", type=float, default=0.7, help="of each round of each contender")
    options = made.parse_args(words)
    if options.smoke:
        options.network, options.rounds, options.seconds = ["mlp"], 1, 0.02
    return options


def main(words: Sequence[str] | None = None) -> int:
    options, all_rows = arguments(words), []
    peak_worker = Worker("jaxcnn", next(iter(CASES.values())), sys.executable)
    size = 256 if options.smoke else 2048
    peak = peak_worker.ask(f"peak {size}")
    peak_worker.close()
    print(f"{len(os.sched_getaffinity(0))} cores, GEMM peak {peak:.0f} GFLOP/s, medians of {options.rounds} rounds\n")
    for name in options.network or CASES:
        case = CASES[name]
        names, missing = contenders(case, options.keras_python, options.without)
        found, ended = measure(case, names, options.keras_python, options.rounds, options.seconds)
        made = rows(case, found, {**missing, **ended}, peak)
        print(text([small(row) for row in made] if options.smoke else made), "\n", flush=True)
        all_rows += made
    machine = Row("this machine", "GEMM peak", peak, "GFLOP/s", note=f"{size} x {size}, float32, the best of 12")
    return finish("training", [*all_rows, machine], options, printed=True)


if __name__ == "__main__":
    sys.exit(main())
