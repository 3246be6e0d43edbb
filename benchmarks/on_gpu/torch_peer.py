"""Samples a second of the labs' networks in PyTorch with data on the device: eager, and as CUDA graphs.

Products may use tf32, as JAX's do by default; a CUDA graph replays a whole update, batch gathered and optimiser too.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

from benchmarks.contenders.cases import RATES, Case
from benchmarks.on_gpu.options import Options, guarded, speed, timed
from benchmarks.record import Row

SECTION = "training"
SECONDS = 0.25


def rows(options: Options) -> Iterator[Row]:
    try:
        import torch
    except ImportError:
        yield Row(SECTION, "PyTorch", note="not installed")
        return
    from benchmarks.on_gpu.throughput import cases, title

    compiled = None if options.smoke or options.cases or not torch.cuda.is_available() else cases(options)[0]
    for case in cases(options):
        # an assertion that fails on a GPU ends all that its process could still do there
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            try:
                yield from pool.submit(_case_rows, case, options, case is compiled).result()
            except BrokenProcessPool as error:
                yield Row(SECTION, title(case), note=f"PyTorch ended its process: {error}")


def _case_rows(case: Case, options: Options, compiled: bool) -> list[Row]:
    import torch

    from benchmarks.on_gpu.throughput import in_half, title

    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    found: list[Row] = []
    for name, graph, half in _ways(torch.cuda.is_available(), in_half(case)):
        what = f"{title(case)}: {name}"
        found += guarded(SECTION, what, partial(_measured, what, case, options, graph, half))
    if compiled:
        what = f"{title(case)}: torch compile"
        found += guarded(SECTION, what, partial(_measured, what, case, options, True, False, compiled=True))
    return found


def _ways(cuda: bool, half: bool) -> list[tuple[str, bool, bool]]:
    """Return (name, whether by a CUDA graph, whether in bfloat16)."""
    graph = [("torch graph", True, False)] if cuda else []
    graph += [("torch graph, bf16", True, True)] if cuda and half else []
    eager = [("torch eager, bf16", False, True)] if half and not cuda else []
    return [*graph, ("torch eager", False, False), *eager]


def _measured(what: str, case: Case, options: Options, graph: bool, half: bool, compiled: bool = False) -> Row:
    start = time.perf_counter()
    run = make(case, graph=graph, half=half, compiled=compiled)
    count = 4 if options.smoke else 256
    run(count)
    first = time.perf_counter() - start
    if not options.smoke:
        (took,) = timed(lambda: run(count), 1)
        count = max(32, round(count * SECONDS / took))
    more = {"operations": float(case.operations), "first call, s": first, "updates": float(count)}
    return speed(
        SECTION, what, count * case.batch, "samples/s", timed(lambda: run(count), options.rounds), more=more
    )  # fmt: skip


def make(case: Case, *, graph: bool, half: bool, compiled: bool = False) -> Callable[[int], None]:
    import torch

    from benchmarks.contenders.torch_eager import module

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    images, labels = case.data()
    inputs = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255).contiguous().to(device)
    targets = torch.from_numpy(labels).long().to(device)
    nets = [module(network, case.shape).to(device) for network in case.members.values()]
    models: list[Any] = [torch.compile(net) if compiled else net for net in nets]
    optimizers = [_optimizer(torch, case, net, graph) for net in nets]
    rows = torch.zeros(case.batch, dtype=torch.long, device=device)

    def update() -> None:
        x, y = inputs[rows], targets[rows]
        for model, optimizer in zip(models, optimizers, strict=True):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()

    step = _captured(torch, update) if graph else update

    def run(count: int) -> None:
        order = torch.randint(0, len(inputs), (count, case.batch), device=device)
        for i in range(count):
            rows.copy_(order[i])
            step()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return run


def _optimizer(torch: Any, case: Case, net: Any, graph: bool) -> Any:
    if case.optimizer == "sgd":
        return torch.optim.SGD(net.parameters(), lr=RATES["sgd"], foreach=True)
    return torch.optim.Adam(net.parameters(), lr=RATES["adam"], fused=True, capturable=graph)


def _captured(torch: Any, update: Callable[[], None]) -> Callable[[], None]:
    """Return the replay of one update, after some on a stream of their own, as PyTorch asks for."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(4):
            update()
    torch.cuda.current_stream().wait_stream(stream)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        update()
    replay: Callable[[], None] = graph.replay
    return replay
