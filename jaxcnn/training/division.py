"""How a batch is divided: between devices, and into what one device works on at a time."""

from dataclasses import dataclass

from jaxcnn.parameters import Work
from jaxcnn.training.config import TrainConfig


@dataclass(frozen=True)
class Batches:
    """How an epoch is cut into batches, and a batch into what one device works on at a time.

    Attributes:
        examples: of the whole data set.
        size: of a batch; the last of an epoch has what is left.
        devices: that share each batch.
        micro: examples that are worked on at a time, as many as keep the buffers in the cache.
        processes: that the devices belong to.
    """

    examples: int
    size: int
    devices: int
    micro: int
    processes: int = 1

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


# An update that is worth dividing: a hundred times what it takes two CPU devices to meet, and many times what it takes
# to add up their gradients. Milliseconds an update (2 cores with AVX-512; one device and the whole batch, two devices
# and 16 examples at a time):  filters 25, 12;  house-numbers 4.2, 3.6;  backprop 0.73, 0.83;  mlp 0.76, 1.6;
# conv-as-matrix, whose gradients are 44 MB, 43, 124.
WORTH_IT = 20_000_000  # multiplications of the forward pass
PER_GRADIENT = 500  # of these for each number of a gradient
CACHED = 16  # examples whose buffers stay in a core's cache
SMALLEST_SHARE = 8


def divided(
    examples: int, config: TrainConfig, work: Work, backend: str, available: int, processes: int = 1
) -> Batches:
    """Return how the batches of a run are divided: as the configuration says, else what is fast.

    Args:
        examples: of the training data.
        config: of the run.
        work: of one example.
        backend: "cpu", "gpu" or "tpu".
        available: devices that there are, in all processes together.
        processes: that they belong to, each the same number; every one of them takes part.

    Raises:
        ValueError: if more devices are asked for than there are, or than a batch has examples, or a number that does
            not divide evenly between the processes.
    """
    size = min(config.batch_size, examples)
    most = min(available, size) // processes * processes
    if not most:
        raise ValueError(f"`batch_size` must give each of {processes} processes an example; a batch has {size}.")
    heavy = size * work.multiplications >= max(WORTH_IT, PER_GRADIENT * work.parameters)
    devices = config.devices or (max(processes, _shared(size, most, processes)) if heavy else processes)
    if devices > most:
        raise ValueError(
            f"`devices` must be at most {most}: there are {available}, and a batch has {size} examples; got {devices}."
        )
    if devices % processes:
        raise ValueError(f"`devices` must be a multiple of the {processes} processes that have them; got {devices}.")
    share = -(-size // devices)
    micro = config.micro_batch or (CACHED if heavy and backend == "cpu" else share)
    return Batches(examples, size, devices, min(micro, share), processes)


def _shared(size: int, most: int, processes: int) -> int:
    """Return how many devices a batch is worth dividing between, as many of each process."""
    return min(most, size // SMALLEST_SHARE) // processes * processes
