"""One axis in plain integers, against its defining sentence."""

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.matrices.axis import Axis

AXES = st.builds(
    Axis,
    size=st.integers(1, 6),
    window=st.integers(1, 4),
    stride=st.integers(1, 4),
    low=st.integers(-3, 5),
    outputs=st.integers(1, 9),
    dilation=st.integers(1, 3),
    input_dilation=st.integers(1, 4),
    circular=st.booleans(),
).map(lambda axis: dataclasses.replace(axis, outputs=-(-axis.period // axis.stride)) if axis.circular else axis)


def met(axis):
    """(output, tap, input) of every tap that meets an input, by the sentence in the module's docstring."""
    found = []
    for i in range(axis.outputs):
        for a in range(axis.window):
            t = i * axis.stride + a * axis.dilation - axis.low
            if axis.circular:
                t %= axis.size * axis.input_dilation
            if t % axis.input_dilation == 0 and 0 <= t // axis.input_dilation < axis.size:
                found.append((i, a, t // axis.input_dilation))
    return found


@given(AXES)
def test_runs_and_slices_hold_every_tap_that_meets_an_input_once(axis):
    wanted = met(axis)
    in_runs = [
        (run.start + t * run.step, a, j + t * run.input_step)
        for run in axis.runs
        for t in range(run.times)
        for a, j in zip(run.taps, run.inputs, strict=True)
    ]
    in_slices = [
        (i, a, j)
        for a in range(axis.window)
        for piece in axis.slices(a)
        for i, j in zip(range(axis.outputs)[piece.outputs], range(axis.size)[piece.inputs], strict=True)
    ]
    assert sorted(in_runs) == sorted(in_slices) == sorted(wanted)
    assert [axis.met(a) for a in range(axis.window)] == [sum(a == b for _, b, _ in wanted) for a in range(axis.window)]


@given(AXES)
def test_runs_hold_every_output_once_and_grow_evenly(axis):
    outputs = [run.start + t * run.step for run in axis.runs for t in range(run.times)]
    assert sorted(outputs) == list(range(axis.outputs))
    before = [sum(axis.counts[:i]) for i in range(axis.outputs + 1)]
    for run in axis.runs:
        grown = [before[run.start + t * run.step] for t in range(run.times)]
        assert len({b - a for a, b in itertools.pairwise(grown)}) <= 1
        assert list(run.inputs) == sorted(run.inputs)


@given(AXES)
def test_taps_beyond_the_distinct_ones_meet_what_those_meet(axis):
    for i, a, j in met(axis):
        if a >= axis.distinct_taps:
            assert (i, a - axis.distinct_taps, j) in met(axis)


@pytest.mark.parametrize(
    ("changes", "segments"),
    [({}, 3), ({"low": 0, "outputs": 30}, 1), ({"stride": 2, "outputs": 16}, 2), ({"circular": True}, 3)],
    ids=["SAME", "VALID", "strided", "circular"],
)
def test_a_usual_axis_has_few_runs(changes, segments):
    assert len(dataclasses.replace(Axis(32, 3, 1, 1, 32), **changes).runs) == segments
