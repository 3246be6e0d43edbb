"""PyTorch eager with tensors in memory, fused optimisers; threads, memory format and a DataLoader by the name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn

from benchmarks.contenders.cases import RATES, Case
from jaxcnn.layers import Conv, Dense, Flatten, MaxPool
from jaxcnn.network import Network

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def make(case: Case, threads: int, *, channels_last: bool = False, loader: bool = False) -> Callable[[int], None]:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    images, labels = case.data()
    inputs = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255).contiguous()
    targets = torch.from_numpy(labels).long()
    nets = [module(network, case.shape) for network in case.members.values()]
    if channels_last:
        inputs, nets = (
            inputs.to(memory_format=torch.channels_last),
            [n.to(memory_format=torch.channels_last) for n in nets],
        )
    kind, rate = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[case.optimizer], RATES[case.optimizer]
    optimizers = [kind(net.parameters(), lr=rate, fused=True) for net in nets]
    batches = (_loaded if loader else _indexed)(inputs, targets, case.batch)

    def run(count: int) -> None:
        for _ in range(count):
            x, y = next(batches)
            for net, optimizer in zip(nets, optimizers, strict=True):
                optimizer.zero_grad()
                nn.functional.cross_entropy(net(x), y).backward()
                optimizer.step()

    return run


def _indexed(inputs: torch.Tensor, targets: torch.Tensor, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    while True:
        for rows in torch.randperm(len(inputs)).split(size):
            yield inputs[rows], targets[rows]


def _loaded(inputs: torch.Tensor, targets: torch.Tensor, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    data = torch.utils.data.TensorDataset(inputs, targets)
    while True:
        yield from torch.utils.data.DataLoader(data, batch_size=size, shuffle=True)


def module(network: Network, shape: tuple[int, ...]) -> nn.Sequential:
    parts: list[nn.Module] = []
    for layer, before in zip(network, network.shapes((1, *shape)), strict=False):
        if isinstance(layer, Conv):
            padding = layer.kernel_size[0] // 2 if layer.padding == "SAME" else 0
            parts.append(nn.Conv2d(before[3], layer.features, layer.kernel_size, padding=padding))
        elif isinstance(layer, Dense):
            parts.append(nn.Linear(before[1], layer.features))
        elif isinstance(layer, MaxPool):
            parts.append(nn.MaxPool2d(layer.window))
        else:
            parts.append(nn.Flatten() if isinstance(layer, Flatten) else ACTIVATIONS[layer.op]())
    return nn.Sequential(*parts)
