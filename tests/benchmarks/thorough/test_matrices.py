"""The matrix benchmark runs at small sizes, and judges claims by what it measures."""

import json

import pytest

from benchmarks import matrices


def test_it_runs_at_small_sizes_and_judges_nothing_there(capsys):
    assert matrices.main(["--smoke"]) == 0
    printed = capsys.readouterr().out
    assert "compiled BCOO" in printed
    assert printed.split().count("yes") == 1  # ARPACK's value is within the bounds, whatever the size
    assert "NO" not in printed.split()


@pytest.mark.parametrize("form", ["CSR", "dense", "compiled BCOO"])
def test_a_process_tells_the_peak_and_the_size_of_one_matrix(form, capsys):
    assert matrices.main(["--smoke", "--peak", form]) == 0
    told = json.loads(capsys.readouterr().out)
    entries, rows = 22**2 * 64, 8 * 8 * 8
    sizes = {"CSR": 8 * entries + 4 * (rows + 1), "dense": 4 * (6 * 6 * 8) * (6 * 6 * 4), "compiled BCOO": 12 * entries}
    assert told["result"] == sizes[form]
