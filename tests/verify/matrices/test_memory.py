"""What would not fit into memory is refused in a sentence, before anything is allocated."""

import tracemalloc

import numpy as np
import pytest

import verify
from verify.matrices import memory

KERNEL = np.ones((3, 3, 64, 64), np.float32)


@pytest.mark.parametrize(
    ("format", "advice"),
    [
        ("numpy", r"'csr' needs"),
        ("jax", "'bcoo' needs"),
        ("csr", "'operator' needs no"),
        ("bsr", "'operator' needs no"),
    ],
)
def test_a_matrix_larger_than_memory_is_refused_before_it_is_allocated(format, advice):
    side = 3_000 if format in ("csr", "bsr") else 256
    shape = (side, side, 64)
    tracemalloc.start()
    try:
        with pytest.raises(
            ValueError, match=rf"^The \d+ x \d+ matrix as '{format}' needs [\d.,]+ GB, and .*: {advice}"
        ):
            verify.conv_matrix(KERNEL, shape, format=format)
        assert tracemalloc.get_traced_memory()[1] < 64e6
    finally:
        tracemalloc.stop()


def test_a_selection_and_a_probing_larger_than_memory_are_refused_too():
    image = np.broadcast_to(np.float32(0), (2048, 2048, 1))
    with pytest.raises(ValueError, match=r"^The 1048576 x 4194304 matrix as 'numpy' needs .*: choose format 'csr'"):
        verify.pool_matrix(2, image.shape, kind="max", at=image, format="numpy")
    with pytest.raises(ValueError, match=r"^The 4194304 x 4194304 matrix of `negative` needs .* GB"):
        verify.as_matrix(np.negative, (2048, 2048))


def test_indices_that_jax_cannot_hold_are_refused():
    with pytest.raises(
        ValueError, match=r"^A BCOO matrix is indexed by 32 bits, and 3000000000 x 3000000000 needs more"
    ):
        verify.conv_matrix(np.ones((1, 1, 1), np.float16), (3_000_000_000, 1), format="bcoo")


@pytest.mark.parametrize(("limit", "left"), [("1000", 700), ("100", 0), ("max", None)])
def test_a_container_has_left_what_its_limit_leaves_it(tmp_path, monkeypatch, limit, left):
    for name, text in {"max": limit, "current": "500\n", "stat": "anon 300\ninactive_file 200\n"}.items():
        (tmp_path / f"memory.{name}").write_text(text)
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_GROUPS", ((tmp_path, "memory.max", "memory.current", "inactive_file"),))
    monkeypatch.setattr(memory.os, "sysconf_names", {})
    assert memory.available() == left
