"""The networks of the labs, exactly as the assignments give them, and by name in `ZOO`.

All end in logits: the softmax that the assignments write last is part of the loss, which takes logits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jaxcnn._types import Shape
from jaxcnn.layers import Conv, Dense, Flatten, Layer, LeCunTanh, MaxPool, Relu, Sigmoid, Tanh
from jaxcnn.network import Network

# Two 5x5 convolutions of four channels, "same", each with relu and 2x2 max pooling; a bottleneck of 49; ten classes.
LENET = Network(
    Conv(4, 5, padding="SAME"),
    Relu(),
    MaxPool(2),
    Conv(4, 5, padding="SAME"),
    Relu(),
    MaxPool(2),
    Flatten(),
    Dense(49),
    Relu(),
    Dense(10),
)

# 784 - 64 - 10: W2 sigmoid(W1 x + b1) + b2.
MLP = Network(Flatten(), Dense(64), Sigmoid(), Dense(10))

# Its first layer is looked at for filters that are derivatives.
FILTERS = Network(
    Conv(32, 3, padding="SAME"),
    Relu(),
    MaxPool(2),
    Conv(64, 3, padding="SAME"),
    Relu(),
    MaxPool(2),
    Conv(64, 3, padding="VALID"),
    Relu(),
    Flatten(),
    Dense(64),
    Relu(),
    Dense(10),
)

# Three poolings of 3x3 fit into 32x32 pixels, 32 -> 10 -> 3 -> 1, since the convolutions keep the size ("same") and the
# pooling windows do not overlap (stride 3); two rows and columns at the edge, then one, fill no window.
HOUSE_NUMBERS = Network(
    Conv(9, 3, padding="SAME"),
    Relu(),
    MaxPool(3),
    Conv(36, 3, padding="SAME"),
    Relu(),
    MaxPool(3),
    Conv(49, 3, padding="SAME"),
    Relu(),
    MaxPool(3),
    Flatten(),
    Dense(10),
)

# The convolution is a matrix of 784 x 43,264; the pooling comes before the relu.
CONV_AS_MATRIX = Network(Conv(64, 3, padding="VALID"), MaxPool(2), Relu(), Flatten(), Dense(1024), Relu(), Dense(10))

# The network of PyTorch's classification tutorial, for 28 x 28 x 1.
TUTORIAL = Network(
    Conv(6, 5, padding="VALID"),
    Relu(),
    MaxPool(2),
    Conv(16, 5, padding="VALID"),
    Relu(),
    MaxPool(2),
    Flatten(),
    Dense(120),
    Relu(),
    Dense(84),
    Relu(),
    Dense(10),
)

# For digits as accurate as two cores can learn in half an hour. Three poolings are what makes that fast: each
# convolution is one block with the relu and the pooling behind it.
BEST_DIGITS = Network(
    Conv(32, 5, padding="SAME"),
    Relu(),
    MaxPool(2),
    Conv(64, 3, padding="SAME"),
    Relu(),
    MaxPool(2),
    Conv(128, 3, padding="SAME"),
    Relu(),
    MaxPool(2),
    Flatten(),
    Dense(256),
    Relu(),
    Dense(10),
)

DEPTHS = (5, 20, 40)
ACTIVATIONS: Mapping[str, type[Layer]] = MappingProxyType(
    {"relu": Relu, "tanh": Tanh, "sigmoid": Sigmoid, "lecun": LeCunTanh}
)


def deep(depth: int, activation: type[Layer]) -> Network:
    """Return `depth` hidden layers of 32 units, each with the activation, and ten classes."""
    hidden = [layer for _ in range(depth) for layer in (Dense(32), activation())]
    return Network(Flatten(), *hidden, Dense(10))


@dataclass(frozen=True)
class ZooNetwork:
    """A network of the labs.

    Attributes:
        network: the network.
        input_shape: (H, W, C), of the images that the lab gives it.
    """

    network: Network
    input_shape: Shape


ZOO: Mapping[str, ZooNetwork] = MappingProxyType(
    {
        "filters": ZooNetwork(FILTERS, (28, 28, 1)),
        "backprop": ZooNetwork(LENET, (28, 28, 1)),
        "house-numbers": ZooNetwork(HOUSE_NUMBERS, (32, 32, 3)),
        "best-digits": ZooNetwork(BEST_DIGITS, (28, 28, 1)),
        "mlp": ZooNetwork(MLP, (28, 28, 1)),
        "tutorial": ZooNetwork(TUTORIAL, (28, 28, 1)),
        "conv-as-matrix": ZooNetwork(CONV_AS_MATRIX, (28, 28, 1)),
        **{
            f"depth-{depth}-{name}": ZooNetwork(deep(depth, activation), (28, 28, 1))
            for depth in DEPTHS
            for name, activation in ACTIVATIONS.items()
        },
    }
)


def named(name: str) -> Network:
    """Return the network of that name.

    Raises:
        ValueError: if there is none; lists the names.
    """
    if name not in ZOO:
        raise ValueError(f"There is no network called {name!r}; the networks are {', '.join(ZOO)}.")
    return ZOO[name].network
