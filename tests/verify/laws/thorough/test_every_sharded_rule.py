"""Every wrong and every right rule for four devices; and an example that lies on devices of another process."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.verify.laws._sharded_faults import ACCEPTED, FAULTS

ROOT = Path(__file__).resolve().parents[4]
ELSEWHERE = """
import sys
import jax
import numpy as np
import verify
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(sys.argv[1], 2, int(sys.argv[2]))
place = jax.sharding.NamedSharding(jax.make_mesh((2,), ("d",)), jax.sharding.PartitionSpec("d"))
x = jax.make_array_from_callback((4,), place, lambda index: np.ones(4, np.float32)[index])
try:
    verify.check_rule(lambda x: x * x, x)
except ValueError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def reports():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    command = [sys.executable, "-m", "tests.verify.laws._sharded"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_rule_is_rejected_and_told_why(reports, name):
    law, argument, code, words = FAULTS[name]
    (found,) = [f for f in reports[name]["failures"] if (f["law"], f["argument"]) == (law, argument)]
    told = found["diagnosis"] or {"code": None, "sentence": ""}
    assert told["code"] == code
    assert (words or "") in told["sentence"]


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_right_rule_passes(reports, name):
    assert reports[name]["failures"] == reports[name]["inconclusive"] == []
    assert [cell["verdict"] for cell in reports[name]["cells"]] == ["held"]


def test_an_example_on_devices_of_another_process_is_refused_in_a_sentence():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    run = [sys.executable, "-c", ELSEWHERE, address]
    started = [
        subprocess.Popen([*run, str(k)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for k in range(2)
    ]
    for process in started:
        told, errors = process.communicate()
        assert told == (
            "`x` lies on devices of other processes, whose entries cannot be read here: "
            "check the rule in one process with several devices.\n"
        ), errors
