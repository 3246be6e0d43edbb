"""`jaxcnn train` as one of several processes: what it refuses in one sentence before JAX is started."""

import re
import threading

import pytest

from jaxcnn.cli import main
from jaxcnn.cli.joined import _versions
from jaxcnn.processes import Place, ProcessError
from jaxcnn.processes.rollcall import hold
from tests.jaxcnn.processes._running import free_port


def refused(capsys, out, *arguments):
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["train", "mlp", "--out", str(out), *map(str, arguments)])
    printed, told = capsys.readouterr()
    assert printed == ""
    assert not out.exists()
    return told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--processes", 2), "`--processes` and `--process-id` need `--coordinator HOST:PORT`, where process 0 runs"),
        (("--coordinator", "here"), "`coordinator` must be like host:1234, where process 0 runs; got 'here'"),
        (("--coordinator", "a:1", "--processes", 2, "--process-id", 2), "`process_id` must be from 0 to 1, .*; got 2"),
        (
            ("--coordinator", "127.0.0.1:1", "--processes", 2, "--process-id", 1, "--wait", 0.3),
            r"Process 1 found no process 0 at 127.0.0.1:1 within 0.3 s \(Connection refused\): start it there, or corr",
        ),
    ],
)
def test_bad_places_and_an_unreachable_coordinator(capsys, tmp_path, arguments, message):
    assert re.fullmatch(f"jaxcnn: {message}.*\n", refused(capsys, tmp_path / "run", *arguments))


def test_another_version_there_is_told_by_both(capsys, tmp_path):
    place, told = Place("127.0.0.1", free_port(), 2, 0, 60.0), []

    def first():
        with pytest.raises(ProcessError) as error:
            hold(place, {**_versions(), "jax": "0.0.1"})
        told.append(str(error.value))

    thread = threading.Thread(target=first)
    thread.start()
    said = refused(capsys, tmp_path / "run", "--coordinator", place, "--processes", 2, "--process-id", 1)
    thread.join()
    assert said == f"jaxcnn: {told[0]}\n"
    versions = _versions()
    assert re.match(r"Process 1 does not fit process 0: .*, jax is '.*' there and '0.0.1' here, ", told[0])
    assert "sources" not in told[0]
    assert len(versions["jaxcnn's sources"]) == 12
