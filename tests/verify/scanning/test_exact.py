"""Derivatives by mpmath against closed forms that share nothing with them."""

import math
import sys

import numpy as np
import pytest

from verify.scanning import exact, signatures
from verify.scanning.lattice import Entry, Item


def asked(name, text, values, first=0, second=0):
    call = signatures.parse(name, text)
    item = Item("ordinary", tuple(np.float32(v) for v in values), Entry(first, ()), Entry(second, ()))
    return exact.Judge(call), item


def test_first_second_and_mixed_derivatives():
    judge, item = asked("jax.scipy.special.spence", "(p)", [2.0])
    assert judge.value(item).value == pytest.approx(-(math.pi**2) / 12, rel=1e-15)
    assert judge.derivative(item, 1).value == pytest.approx(-math.log(2), rel=1e-15)
    assert judge.derivative(item, 2).value == pytest.approx(-0.5 + math.log(2), rel=1e-15)
    judge, item = asked("jax.scipy.special.xlogy", "(xa, pb)", [3.0, 2.0], 0, 1)
    assert judge.derivative(item, 2).value == pytest.approx(0.5, rel=1e-15)
    assert judge.derivative(item, 1).value == pytest.approx(math.log(2), rel=1e-15)


def test_static_options_and_defaults_are_bound():
    judge, item = asked("jax.scipy.special.polygamma", "(1, p)", [1.0])
    assert judge.value(item).value == pytest.approx(math.pi**2 / 6, rel=1e-15)


def test_the_spread_is_what_one_part_of_the_argument_moves():
    judge, item = asked("jax.scipy.special.gammaln", "(p)", [2.0])
    assert judge.derivative(item, 1).moved == pytest.approx(2 * (math.pi**2 / 6 - 1), rel=1e-6)


@pytest.mark.parametrize(("name", "at"), [("gamma", -1.0), ("gammaln", 0.0), ("i0e", 0.0), ("xlog1py", -1.0)])
def test_at_a_pole_a_branch_point_and_a_kink_no_derivative_is_claimed(name, at):
    text, values = ("(xa, pb)", [0.5, at]) if name == "xlog1py" else ("(x)", [at])
    judge, item = asked(f"jax.scipy.special.{name}", text, values, first=len(values) - 1)
    found = judge.derivative(item, 1)
    assert found is None or not found.smooth


def test_without_a_formula_nothing_is_known():
    assert not exact.Judge(signatures.parse("jax.numpy.sort", "(x4)")).known


def test_without_mpmath_the_extra_is_named(monkeypatch):
    judge, item = asked("jax.scipy.special.erf", "(x)", [0.5])
    monkeypatch.setitem(sys.modules, "mpmath", None)
    with pytest.raises(ImportError, match="install the extra `scan`"):
        judge.value(item)
