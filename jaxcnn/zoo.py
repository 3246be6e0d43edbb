"""The networks of the labs, exactly as the assignments give them.

All end in logits: the softmax that the assignments write last is part of the loss, which takes logits.
"""

from jaxcnn.layers import Conv, Dense, Flatten, MaxPool, Relu, Sigmoid
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
