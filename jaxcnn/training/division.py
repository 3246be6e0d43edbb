"""How a batch is divided: between devices, and into what one device works on at a time."""

from dataclasses import dataclass

from jaxcnn.training.config import TrainConfig


@dataclass(frozen=True)
class Batches:
    """How an epoch is cut into batches, and a batch into what one device works on at a time.

    Attributes:
        examples: of the whole data set.
        size: of a batch; the last of an epoch has what is left.
        devices: that share each batch.
        micro: examples that are worked on at a time, as many as keep the buffers in the cache.
    """

    examples: int
    size: int
    devices: int
    micro: int

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-self.examples // self.size)

    @property
    def share(self) -> int:
        """Examples of a batch that fall to one device."""
        return -(-self.size // self.devices)

    @property
    def turns(self) -> int:
        """Micro-batches of one device's share."""
        return -(-self.share // self.micro)

    def filled(self, step: int) -> int:
        """Return the examples of a batch."""
        return min(self.size, self.examples - step * self.size)


# The largest network whose gradients are worth adding up between CPU devices after every update.
LARGEST_SHARED = 1_000_000
SMALLEST_SHARE = 8
CACHED = 16  # examples whose buffers stay in a core's cache


def divided(examples: int, config: TrainConfig, parameters: int, backend: str, available: int) -> Batches:
    """Return how the batches of a run are divided: as the configuration says, else what is fast.

    Args:
        examples: of the training data.
        config: of the run.
        parameters: how many numbers the network has.
        backend: "cpu", "gpu" or "tpu".
        available: devices that there are.

    Raises:
        ValueError: if more devices are asked for than there are, or than a batch has examples.
    """
    size = min(config.batch_size, examples)
    devices = config.devices
    if devices is None:
        worth_it = backend != "cpu" or parameters <= LARGEST_SHARED
        devices = max(1, min(available, size // SMALLEST_SHARE)) if worth_it else 1
    if devices > min(available, size):
        raise ValueError(
            f"`devices` must be at most {available}, which there are, and at most {size}, a batch; got {devices}."
        )
    share = -(-size // devices)
    micro = config.micro_batch or (min(share, CACHED) if backend == "cpu" else share)
    return Batches(examples, size, devices, min(micro, share))
