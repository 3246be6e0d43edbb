"""How many samples a second is each of the labs' networks trained with, beside PyTorch, Keras and plain JAX?

Each contender has a process of its own and they take turns, a few rounds of about a second each, so that whatever else
the machine does falls on all; medians with the smallest and largest, in one run. PyTorch is taken at its best: tensors
in memory, fused optimisers, malloc told to keep memory, one thread or all, either memory format. Claims, as ratios to
the best PyTorch, are in `benchmarks/contenders/cases.py`; and 4 times the Flax loop on `filters` and `backprop`, 30
times a NumPy loop over examples on `mlp`. "in all" counts 60,000 samples from a cold start, compilation included,
imports not.

    python -m benchmarks.training [--network NAME]... [--without CONTENDER]... [--keras-python PATH] [--smoke]

PyTorch and Keras take part where they are installed (`pip install torch`; `--keras-python`, an interpreter with keras,
tensorflow and jax, since they may not go together with the rest); others are named as missing. Exit status 1 if a claim
does not hold.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.contenders.cases import CASES, Case

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
        print(what, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"{self.process.args} has ended with {self.process.wait()}: run it by itself to see why."
            )
        return float(line)

    def close(self) -> None:
        assert self.process.stdin is not None
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


def measure(case: Case, names: list[str], keras_python: str | None, rounds: int, seconds: float) -> dict[str, Result]:
    """Let all contenders of one case take turns."""
    workers = {name: Worker(name, case, keras_python or "" if name == "keras" else sys.executable) for name in names}
    firsts, counts, rates = {}, {}, {name: [] for name in names}
    for name, worker in workers.items():
        firsts[name] = worker.ask(16)
        worker.ask(16)  # the second call may still compile: another layout, a donated buffer
        counts[name] = max(16, 16 * int(seconds / max(worker.ask(16), 1e-6)))
    for _ in range(rounds):
        for name, worker in workers.items():
            rates[name].append(counts[name] * case.batch / worker.ask(counts[name]))
    for worker in workers.values():
        worker.close()
    return {name: Result(firsts[name], tuple(rates[name])) for name in names}


def contenders(case: Case, keras_python: str | None, without: list[str]) -> list[str]:
    """Return who takes part."""
    there = ["jaxcnn"]
    if subprocess.run([sys.executable, "-c", "import torch"], capture_output=True, check=False).returncode == 0:
        convolves = case.shape and any(layer.op == "conv" for network in case.members.values() for layer in network)
        there += [name for name in TORCH if convolves or "channels" not in name]
    there += [name for name in OTHERS if name != "keras" or keras_python]
    there += ["numpy"] if case.name == "mlp" else []
    return [name for name in there if name not in without]


def claims(case: Case, found: dict[str, Result]) -> list[tuple[str, float, float]]:
    """Return (what, ratio, least) of every claim that can be judged."""
    ours, told = found["jaxcnn"].median, []
    if torch := [found[name].median for name in BEST if name in found]:
        told.append((f"{case.name}: best PyTorch (aim {case.aim:g})", ours / max(torch), case.least))
    if case.name.startswith(("filters", "backprop")) and "flax loop" in found:
        told.append((f"{case.name}: Flax loop", ours / found["flax loop"].median, 4.0))
    if "numpy" in found:
        told.append((f"{case.name}: NumPy loop", ours / found["numpy"].median, 30.0))
    return told


def show(out: Console, case: Case, found: dict[str, Result], peak: float) -> None:
    models = f", {len(case.networks)} models" if len(case.networks) > 1 else ""
    table = Table("contender", title=f"{case.name}: batch {case.batch}, {case.optimizer}{models}", box=None)
    for title in (
        "samples/s",
        "smallest",
        "largest",
        "jaxcnn is",
        "first call, s",
        "in all, samples/s",
        "of GEMM peak",
    ):
        table.add_column(title, justify="right")
    for name, one in sorted(found.items(), key=lambda item: -item[1].median):
        share = one.median * case.operations / peak / 1e9
        ratio = f"{found['jaxcnn'].median / one.median:.2f}x"
        speeds = (f"{speed:,.0f}" for speed in (one.median, min(one.rates), max(one.rates)))
        table.add_row(name, *speeds, ratio, f"{one.first:.2f}", f"{one.in_all:,.0f}", f"{100 * share:.0f} %")
    out.print(table, "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", action="append", choices=CASES, help="only this case; may be repeated")
    parser.add_argument("--without", action="append", default=[], help="leave out a contender; may be repeated")
    parser.add_argument("--keras-python", help="an interpreter that has keras, tensorflow and jax")
    parser.add_argument("--smoke", action="store_true", help="one short round each: does it run?")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.7, help="of each round of each contender")
    parser.add_argument("--json", help="also write what was measured to this file")
    options = parser.parse_args()
    rounds, seconds = (1, 0.02) if options.smoke else (options.rounds, options.seconds)
    out, told, all_found = Console(width=140), [], {}
    peak_worker = Worker("jaxcnn", next(iter(CASES.values())), sys.executable)
    peak = peak_worker.ask("peak")
    peak_worker.close()
    out.print(f"{len(os.sched_getaffinity(0))} cores, GEMM peak {peak:.0f} GFLOP/s, medians of {rounds} rounds\n")
    for name in options.network or CASES:
        case = CASES[name]
        names = contenders(case, options.keras_python, options.without)
        found = all_found[name] = measure(case, names, options.keras_python, rounds, seconds)
        show(out, case, found, peak)
        told += claims(case, found)
        missing = {*BEST[:1], *OTHERS} - set(found)
        out.print(f"not there: {', '.join(sorted(missing))}\n" if missing else "")
    verdicts = Table("claim: times as fast as", box=None)
    for title in ("least", "found", "holds"):
        verdicts.add_column(title, justify="right")
    for what, ratio, least in told:
        verdicts.add_row(what, f"{least:g}", f"{ratio:.2f}", "yes" if ratio >= least else "NO")
    out.print(verdicts)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(
                {name: {who: dataclasses.asdict(r) for who, r in one.items()} for name, one in all_found.items()}, file
            )
    return 0 if options.smoke else int(any(ratio < least for _, ratio, least in told))


if __name__ == "__main__":
    sys.exit(main())
