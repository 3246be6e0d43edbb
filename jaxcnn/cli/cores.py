"""Every core of the machine as a JAX device."""

import contextlib
import os

import jax

_MOST_DEVICES = 8  # beyond, a device's share of a batch is too small to be worth it


def use_cores(devices: int | None = None, processes: int = 1) -> None:
    """Make every core a JAX device, so that all of a batch's work is shared and not only its large products.

    Where JAX has started already, inside another program, it keeps the devices it has.

    Args:
        devices: how many, of all processes together; None for one of each core.
        processes: of which this is one.
    """
    own = None if devices is None else -(-devices // processes)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", own or min(cores, _MOST_DEVICES))
