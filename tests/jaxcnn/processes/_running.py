"""Real processes of one run, each with some of its virtual CPU devices."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_STUCK = 600.0  # seconds after which processes will not end by themselves any more
TRAIN = ("-m", "jaxcnn", "--compiled", "off", "train")


def free_port():
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def started(*arguments, processes=2, before=((), ()), environment=({}, {})):
    """Start Python once for each process, with the options that tell each its place; at the end none is left."""
    address, running = f"127.0.0.1:{free_port()}", []
    try:
        for number in range(processes):
            place = ("--coordinator", address, "--processes", str(processes), "--process-id", str(number))
            command = [*before[number], sys.executable, *map(str, arguments), *place, "--wait", "300"]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            running.append(subprocess.Popen(command, cwd=ROOT, env=os.environ | environment[number], **pipes))
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def ended(running):
    """Return exit code, standard output and standard error of every process."""
    told = [process.communicate(timeout=_STUCK) for process in running]
    return [(process.returncode, *texts) for process, texts in zip(running, told, strict=True)]
