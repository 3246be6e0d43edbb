"""One convolutional network of any width, as a case of its own: what is trained where sizes grow."""

from __future__ import annotations

import dataclasses

from benchmarks.contenders.cases import Case
from jaxcnn.layers import Conv, Dense, Flatten, MaxPool, Relu
from jaxcnn.network import Network


@dataclasses.dataclass(frozen=True)
class Sized(Case):
    """A case whose network is given and not one of the zoo's."""

    network: Network | None = None
    side: int = 14

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.side, self.side, 1)

    @property
    def members(self) -> dict[str, Network]:
        assert self.network is not None
        return {self.name: self.network}


def channels(count: int, batch: int) -> Sized:
    """Two convolutions 3 x 3 of `count` and twice as many channels, with relu and pooling, and a dense layer."""
    blocks = [Conv(count, 3, padding="SAME"), Relu(), MaxPool(2), Conv(2 * count, 3, padding="SAME"), Relu()]
    network = Network(*blocks, MaxPool(2), Flatten(), Dense(10))
    name = f"{count} channels, batch {batch}"
    return Sized(name, (name,), batch, "adam", 1.0, 1.0, network=network)
