"""Compiled programs are kept between runs: where, by whose choice, and that the second run compiles nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jaxcnn.cli.compiled import keep_compiled

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def settings(monkeypatch):
    """Return what JAX is told, without telling it."""
    told = {}
    monkeypatch.setattr("jax.config.update", told.__setitem__)
    for name in ("JAXCNN_COMPILED", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    return told


def test_the_users_cache_folder_is_used_where_nobody_chose(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert keep_compiled() == tmp_path / "jaxcnn" / "compiled"
    assert (tmp_path / "jaxcnn" / "compiled").is_dir()
    assert settings == {
        "jax_compilation_cache_dir": str(tmp_path / "jaxcnn" / "compiled"),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }


def test_the_option_comes_before_our_variable_and_that_before_that_of_jax(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "jax"))
    assert keep_compiled() == tmp_path / "jax"
    monkeypatch.setenv("JAXCNN_COMPILED", str(tmp_path / "ours"))
    assert keep_compiled() == tmp_path / "ours"
    assert keep_compiled(str(tmp_path / "option")) == tmp_path / "option"


def test_off_keeps_nothing(settings, monkeypatch):
    monkeypatch.setenv("JAXCNN_COMPILED", "off")
    assert keep_compiled() is None
    assert settings == {"jax_enable_compilation_cache": False}


def test_a_folder_that_was_chosen_and_cannot_be_is_an_error(settings, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        OSError, match=r"^compiled programs cannot be kept in .*file: .*: choose another folder, or 'off'"
    ):
        keep_compiled(str(tmp_path / "file"))
    assert settings == {}


def test_where_nobody_chose_it_is_a_line_on_stderr(settings, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert keep_compiled() is None
    assert settings == {}
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("jaxcnn: compiled programs cannot be kept in ")
    assert err.count("\n") == 1


def test_a_folder_without_permission_is_an_error(settings, tmp_path, monkeypatch):
    # The administrator may write anywhere, so the system's answer is put in its place.
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(OSError, match="no permission to write into it"):
        keep_compiled(str(tmp_path / "folder"))


def test_what_was_compiled_once_is_taken_from_the_folder(tmp_path):
    code = """
import jax, jax.monitoring
counted = {"hits": 0, "misses": 0}
def count(event, **_):
    for name in counted:
        counted[name] += event == f"/jax/compilation_cache/cache_{name}"
jax.monitoring.register_event_listener(count)
from jaxcnn.cli import app
try:
    app(["faults", "flatten"])
except SystemExit:
    for _ in range(2):
        jax.jit(lambda x: x @ x + 1)(jax.numpy.ones((3, 3)))
        jax.clear_caches()
        print(counted["hits"], counted["misses"])
"""
    environment = os.environ | {"JAXCNN_COMPILED": str(tmp_path / "kept")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    first, second = (tuple(map(int, line.split())) for line in done.stdout.splitlines()[-2:])
    assert first[0] == 0
    assert first[1] >= 1
    assert second == (first[1], first[1])
    assert len(list((tmp_path / "kept").glob("*-cache"))) == first[1]
