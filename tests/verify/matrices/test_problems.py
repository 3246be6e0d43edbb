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


def minimal(strategy, condition):
    return hypothesis.find(strategy, condition, settings=hypothesis.settings(database=None, max_examples=300))


@pytest.mark.parametrize("condition", REACHED.values(), ids=REACHED)
def test_every_option_is_reached(condition):
    assert condition(minimal(vs.conv_matrix_problems(), condition))


def test_the_smallest_problems_are_those_of_one_entry():
    for found in (minimal(vs.conv_matrix_problems(), bool), minimal(vs.pool_matrix_problems(), bool)):
        assert found.array.size == 1
        assert found.input_shape == (1, 1)
        assert "strides" in repr(found)
