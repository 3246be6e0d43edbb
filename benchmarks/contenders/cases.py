"""What is trained: networks of the zoo, on random pixels, since speed does not depend on what they show."""

from __future__ import annotations

import dataclasses

import numpy as np

from jaxcnn.network import Network
from jaxcnn.parameters import work
from jaxcnn.zoo import ZOO

EXAMPLES = 8192


@dataclasses.dataclass(frozen=True)
class Case:
    """One line of the table: networks that are trained on the same batches; ratios to the best PyTorch."""

    name: str
    networks: tuple[str, ...]
    batch: int
    optimizer: str
    least: float
    aim: float
    examples: int = EXAMPLES

    @property
    def shape(self) -> tuple[int, ...]:
        return ZOO[self.networks[0]].input_shape

    @property
    def members(self) -> dict[str, Network]:
        return {name: ZOO[name].network for name in self.networks}

    @property
    def operations(self) -> int:
        """Floating point operations of one example: forward, and both products of the backward pass."""
        return sum(6 * work(network, (1, *self.shape)).multiplications for network in self.members.values())

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(0)
        images = random.integers(0, 256, (self.examples, *self.shape), dtype=np.uint8)
        return images, random.integers(0, 10, self.examples).astype(np.int32)


def _depth(depth: int, least: float, aim: float) -> Case:
    return Case(f"depth {depth}", (f"depth-{depth}-relu",), 128, "sgd", least, aim)


NINE = tuple(f"depth-{depth}-{activation}" for depth in (5, 20, 40) for activation in ("relu", "tanh", "sigmoid"))
# The least ratios and the aims are those that the project set itself before it was built.
CASES = {
    case.name: case
    for case in (
        Case("filters", ("filters",), 64, "adam", 1.25, 1.7),
        Case("backprop 10", ("backprop",), 10, "adam", 2.0, 4.0),
        Case("backprop 32", ("backprop",), 32, "adam", 1.6, 2.5),
        _depth(5, 1.3, 1.3),
        _depth(20, 2.0, 2.0),
        _depth(40, 2.3, 2.3),
        Case("nine depths", NINE, 128, "sgd", 2.5, 4.0),
        Case("mlp", ("mlp",), 256, "sgd", 1.5, 1.75),
        Case("conv-as-matrix", ("conv-as-matrix",), 64, "adam", 1.4, 2.0),
        Case("house-numbers", ("house-numbers",), 64, "adam", 1.25, 1.25),
    )
}
RATES = {"sgd": 0.01, "adam": 0.001}
