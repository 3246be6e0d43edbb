"""Problems for matrices: what is drawn reaches every option, and shrinks to what a person would write."""

import hypothesis
import numpy as np
import pytest

from verify import strategies as vs

REACHED = {
    "one axis": lambda p: p.array.ndim == 3,
    "three axes": lambda p: p.array.ndim == 5,
    "channels first": lambda p: not p.options["layout"].endswith("C"),
    "SAME and strided": lambda p: p.options["padding"] == "SAME" and max(p.options["strides"]) > 1,
    "cropped": lambda p: not isinstance(p.options["padding"], str) and np.min(p.options["padding"]) < 0,
    "circular and transposed": lambda p: p.options["padding"] == "CIRCULAR" and max(p.options["input_dilation"]) > 1,
    "depthwise": lambda p: p.options["groups"] == p.input_shape[-1] > 1 and p.options["layout"].endswith("C"),
    "transposed, strided and dilated": lambda p: (
        min(max(p.options[name]) for name in ("strides", "dilation", "input_dilation")) > 1
    ),
}


def found(strategy, condition, **settings):
    return hypothesis.find(strategy, condition, settings=hypothesis.settings(database=None, **settings))


@pytest.mark.parametrize("condition", REACHED.values(), ids=REACHED)
def test_every_option_is_reached(condition):
    drawn = found(vs.conv_matrix_problems(), condition, max_examples=300, phases=[hypothesis.Phase.generate])
    assert condition(drawn)


def test_the_smallest_problems_are_those_of_one_entry():
    for problems in (vs.conv_matrix_problems(), vs.pool_matrix_problems()):
        smallest = found(problems, bool, max_examples=50)
        assert smallest.array.size == 1
        assert smallest.input_shape == (1, 1)
        assert "strides" in repr(smallest)
