"""What the labs' full runs reached, one line each, from their committed numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.page_tables import markdown, read

Results = Mapping[str, Any]


def _backprop(of: Results) -> str:
    return ", ".join(f"{name} {e[-1]['scores']['test']['accuracy']:.0%}" for name, e in of["Three optimisers"].items())


def _depth(of: Results) -> str:
    return ", ".join(f"{name}: {e[-1]['scores']['test']['accuracy']:.1%}" for name, e in of["Test scores"].items())


def _filters(of: Results) -> str:
    runs = of["What the learning rate does"].items()
    return ", ".join(f"{name}: {run['test accuracy per epoch'][-1]:.1%}" for name, run in runs)


def _both(of: Results) -> str:
    nets = ("perceptron", "convolutional network")
    return ", ".join(f"{net} {of[f'The {net} on the test images']['test accuracy']:.1%}" for net in nets)


def _matrices(of: Results) -> str:
    kept = of["All test images"]
    free = of["How well it does"]["test accuracy"]
    return f"free design {free:.2%}, network as matrices {kept['test accuracy']:.1%}, {kept['relu']['same']:,} same"


def _house(of: Results) -> str:
    return f"{of['Training, stopped early']['test accuracy']:.1%}"


def _digits(of: Results) -> str:
    return f"{of['The test images']['accuracy']:.2%}"


ACCURACY: dict[str, Callable[[Results], str]] = {
    "filters": _filters,
    "backprop": _backprop,
    "depth": _depth,
    "house-numbers": _house,
    "house-numbers-borrowed": _house,
    "best-digits": _digits,
    "mlp-vs-cnn": _both,
    "conv-as-matrix": _matrices,
}


def table() -> str:
    """Test accuracies and seconds of every full run."""
    cells = []
    for name, accuracy in ACCURACY.items():
        saved = read(f"labs/{name}.json")
        seconds = saved["seconds"]
        machine = f"{saved['machine']['cores']} cores, jax {saved['versions']['jax']}"
        told = [f"{seconds[part]:.0f}" for part in ("training", "sections")]
        cells.append((name, accuracy(saved["results"]), *told, machine))
    return markdown(("lab", "test accuracy", "training, s", "sections, s", "machine"), cells)
