"""A run of two processes that is disturbed: killed, refused, out of room, or resumed on other devices."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import jax
import numpy as np
import pytest

from jaxcnn import load_model
from tests._installed import other_version
from tests.jaxcnn.processes._running import ROOT, ended, started
from tests.jaxcnn.processes.test_two_processes import tolerance

EPOCHS, DEVICES = 6, 8
OPTIONS = ("--optimizer", "momentum", "--lr", 0.0625, "--epochs", EPOCHS, "--no-plot")


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """Return how to train, but for the folder and the devices; what is compiled is kept between the runs."""
    compiled = tmp_path_factory.mktemp("compiled")
    return ("-m", "jaxcnn", "--compiled", compiled, "train", "mlp", *OPTIONS)


def params(folder):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(load_model(folder / "model.h5").params)]


def told(folder):
    """Return the history but for how long it took."""
    records = json.loads((folder / "history.json").read_text())["history"]
    return [{**record, "seconds": None} for record in records]


def run(command, folder, *more, **options):
    with started(*command, "--out", folder, "--devices", DEVICES, *more, **options) as running:
        return ended(running)


def alone(command, folder, devices, *more):
    line = [sys.executable, *map(str, command)]
    line += ["--out", str(folder), "--devices", str(devices), *more]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def undisturbed(command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    run(command, folder.with_name("warm"))  # compiles
    began = time.monotonic()
    (code, _, err), _ = run(command, folder)
    assert code == 0, err
    return folder, time.monotonic() - began


def appeared(folder, number, running):
    """Wait for a checkpoint, or for the end of the run."""
    file = folder / "checkpoints" / f"{number}.json"
    while number and not file.exists() and all(process.poll() is None for process in running):
        time.sleep(0.001)


def test_killed_at_five_random_moments_it_ends_with_the_same_parameters(command, undisturbed, tmp_path):
    whole, _ = undisturbed
    epoch = np.median([record["seconds"] for record in json.loads((whole / "history.json").read_text())["history"]])
    chance, stopped = random.Random(0), 0
    for number in range(5):
        folder, victim = tmp_path / str(number), chance.randrange(2)
        checkpoint, seconds = chance.randrange(EPOCHS - 1), chance.random() * epoch
        with started(*command, "--out", folder, "--devices", DEVICES) as running:
            appeared(folder, checkpoint, running)
            time.sleep(seconds)
            running[victim].send_signal(signal.SIGKILL)
            results = ended(running)
        code, _, err = results[1 - victim]
        if results[victim][0] == -signal.SIGKILL:
            stopped += 1
            if checkpoint:  # else it may not have come to the roll call
                assert code == 2, err
                assert err.splitlines()[-1] == (
                    f"jaxcnn: Process {victim} was killed, or its machine is gone: what was saved is kept; "
                    "start all again, with `--resume`."
                )
        again = run(command, folder, "--resume")
        assert [one[0] for one in again] == [0, 0], again
        assert params(folder) == params(whole)
        assert told(folder) == told(whole)
    assert stopped >= 3


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_begun_on_eight_devices_it_goes_on_on_others(devices, command, undisturbed, tmp_path):
    whole, _ = undisturbed
    folder = tmp_path / "run"
    with started(*command, "--out", folder, "--devices", DEVICES) as running:
        appeared(folder, 2, running)
        running[0].kill()
        ended(running)
    before = max(int(file.stem) for file in (folder / "checkpoints").glob("*.json"))
    assert 2 <= before < EPOCHS
    done = alone(command, folder, devices, "--resume")
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stderr.splitlines()] == [
        f"{number}/{EPOCHS}" for number in range(before + 1, EPOCHS + 1)
    ]
    found, expected = (load_model(place / "model.h5").params for place in (folder, whole))
    # See `tolerance`; momentum 0.9 makes of each rounding at most 1 / (1 - 0.9), and the growth is measured there.
    allowed = 10 * tolerance(expected, 2.0, 23 * EPOCHS)
    assert max(np.abs(a - b).max() for a, b in zip(*map(jax.tree.leaves, (found, expected)), strict=True)) < allowed


def test_a_checkpoint_that_is_cut_in_half_is_named_and_the_one_before_is_used(command, undisturbed, tmp_path):
    whole, _ = undisturbed
    folder = tmp_path / "run"
    with started(*command, "--out", folder, "--devices", DEVICES) as running:
        appeared(folder, 3, running)
        running[1].kill()
        ended(running)
    newest = max(int(file.stem) for file in (folder / "checkpoints").glob("*.json"))
    largest = max((folder / "checkpoints" / str(newest)).rglob("*"), key=lambda file: file.stat().st_size)
    os.truncate(largest, largest.stat().st_size // 2)
    (code, _, err), (other, *_) = run(command, folder, "--resume")
    assert (code, other) == (0, 0), err
    assert f"note: checkpoint {newest} in {folder}/checkpoints is not used: 1 of its files are missing, cut" in err
    assert f"epoch {newest}/{EPOCHS}" in err
    assert params(folder) == params(whole)


def test_one_that_is_asked_to_end_ends_and_so_does_the_other(command, tmp_path):
    with started(*command, "--out", tmp_path / "run", "--devices", DEVICES) as running:
        appeared(tmp_path / "run", 1, running)
        running[1].terminate()
        (code, _, err), (other, *_) = ended(running)
    assert other == -signal.SIGTERM  # JAX would take the signal for itself, and go on
    assert (code, err.splitlines()[-1].split(":")[1]) == (2, " Process 1 was killed, or its machine is gone")


def test_processes_that_differ_both_say_in_what(command, tmp_path):
    with started(*command, "--out", tmp_path / "run") as running:
        place = running[1].args[running[1].args.index("--coordinator") + 1]
        running[1].kill()
        line = [sys.executable, *map(str, command), "--out", str(tmp_path / "run"), "--seed", "1"]
        line += ["--coordinator", place, "--processes", "2", "--process-id", "1", "--wait", "300"]
        second = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
        code, _, err = ended(running)[0]
    assert (code, second.returncode) == (2, 2)
    assert err == second.stderr == "jaxcnn: Process 1 does not fit process 0: seed is 1 there and 0 here.\n"


def test_after_a_start_with_another_version_of_one_everything_is_there_and_the_run_goes_on(
    command, undisturbed, tmp_path
):
    (whole, _), folder = undisturbed, tmp_path / "run"
    with started(*command, "--out", folder, "--devices", DEVICES) as running:
        appeared(folder, 2, running)
        running[0].kill()
        ended(running)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    own = ({}, {"PYTHONPATH": other_version(tmp_path / "site", "jax", "9.9")})
    results = run(command, folder, "--resume", environment=own)
    message = rf"jaxcnn: Process 1 does not fit process 0: jax is '9\.9' there and '{jax.__version__}' here\.\n"
    assert all(code == 2 and re.fullmatch(message, err) for code, _, err in results), results
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    (code, _, err), _ = run(command, folder, "--resume")
    assert code == 0, err
    assert params(folder) == params(whole)
    assert told(folder) == told(whole)


def test_on_a_full_disk_both_end_and_the_checkpoints_before_are_kept(command, undisturbed, tmp_path):
    whole, _ = undisturbed
    folder, small = tmp_path / "run", tmp_path / "small"
    small.mkdir()
    # A disk of 1,000 kB, where two checkpoints find room and the third does not; in a name space of its own.
    inside = f'mount -t tmpfs -o size=1000k tmpfs {small} && {{ "$@"; code=$?; cp -a {small} {folder}; exit $code; }}'
    mounted = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside, "sh")
    with started(*command, "--out", small, "--devices", DEVICES, before=(mounted, ())) as running:
        (code, _, err), (other, _, second) = ended(running)
    assert (code, other) == (2, 2), err
    assert err.splitlines()[-1].startswith("jaxcnn: checkpoint 3 in ")
    assert "could not be written (No space left on device: it may take " in err
    assert second.startswith("jaxcnn: Process 0 has ended: checkpoint 3 in ")
    assert second.count("\n") == 1
    (code, _, err), _ = run(command, folder, "--resume")
    assert code == 0, err
    assert err.startswith(f"epoch 3/{EPOCHS}")
    assert params(folder) == params(whole)
