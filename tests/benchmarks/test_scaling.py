"""Powers are fitted on log axes, and what was measured is drawn with them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import fits, interleaved, scaling_figures
from benchmarks.record import Row

SIZES = (10, 100, 1000, 10_000)


def measured(section, what, power):
    return [
        Row(section, f"{what}, {n} entries", n**power, "s", 0.5 * n**power, 2 * n**power, more={"size": n})
        for n in SIZES
    ]


@pytest.mark.parametrize("power", [-1.0, 0.0, 0.5, 1.0, 2.0])
def test_a_power_is_found_whatever_its_factor(power):
    for factor in (1e-6, 3.0):
        assert fits.exponent(SIZES, [factor * n**power for n in SIZES]) == pytest.approx(power, abs=1e-12)


def test_the_large_end_is_fitted_by_itself():
    row = fits.row("s", "cost", {n: max(1000.0, float(n)) for n in (1, 1000, 10_000, 100_000)})
    assert row.more["at the large end"] == pytest.approx(1.0)
    assert 0 < row.value < 1
    assert row.note == "1.00 at the largest 3 sizes"


@pytest.mark.parametrize(("sizes", "values"), [((4, 4), (1.0, 2.0)), ((1, 2), (0.0, 1.0)), ((4,), (1.0,))])
def test_what_has_no_power_is_refused(sizes, values):
    with pytest.raises(ValueError, match="two different sizes and positive numbers"):
        fits.exponent(sizes, values)


def test_every_line_is_drawn_on_log_axes_with_its_power(tmp_path):
    rows = [*measured("check_rule of a sum", "check_rule", 1.0), *measured("check_rule of a sum", "peer", 0.5)]
    rows.append(fits.row("check_rule of a sum", "check_rule", {row.more["size"]: row.value for row in rows[:4]}))
    shown = scaling_figures.series(rows)
    assert {name: len(points) for name, points in shown.items()} == {
        "check_rule of a sum: check_rule": 4,
        "check_rule of a sum: peer": 4,
    }
    (axes,) = scaling_figures.figure(shown, "entries", "seconds").axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["check_rule of a sum: check_rule, power 1.00", "check_rule of a sum: peer, power 0.50"]
    assert [file.name for file in scaling_figures.save(rows, tmp_path)] == ["scaling-check_rule.png"]
    assert (tmp_path / "scaling-check_rule.png").read_bytes().startswith(b"\x89PNG")


def test_cold_work_is_not_warmed_up():
    calls = []
    for warm_up, expected in ((True, 3), (False, 2)):
        calls.clear()
        interleaved.interleaved({"a": lambda: calls.append(1)}, 2, warm_up=warm_up)
        assert len(calls) == expected
