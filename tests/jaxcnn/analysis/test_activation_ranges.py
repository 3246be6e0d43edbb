"""The ranges of the derivatives: as found, as derived, and what is no range of theirs."""

import dataclasses

import pytest

from jaxcnn.analysis import EXACT, found_range


@pytest.mark.parametrize("name", EXACT)
def test_what_is_found_numerically_agrees_with_the_formula_and_with_no_other_range(name):
    found, exact = found_range(name), EXACT[name]
    assert found.agrees_with(exact)
    assert not found.agrees_with(dataclasses.replace(exact, high=exact.high + 1e-7))
    assert not found.agrees_with(dataclasses.replace(exact, low=exact.low - 1e-7))
    assert not found.agrees_with(dataclasses.replace(exact, high=exact.high * (1 - 1e-7)))


def test_the_ranges_are_those_of_the_assignment():
    told = [str(EXACT[name]) for name in ("relu", "tanh", "sigmoid", "lecun_tanh")]
    assert told == ["[0, 1]", "(0, 1]", "(0, 0.25]", "(0.01, 1.15393]"]
    assert EXACT["lecun_tanh"].high == pytest.approx(1.7159 * 2 / 3 + 0.01, rel=1e-15)


def test_a_function_that_is_no_activation_is_refused():
    with pytest.raises(ValueError, match=r"^`name` must be one of relu, tanh, sigmoid, lecun_tanh; got 'gelu'\.$"):
        found_range("gelu")
