"""Without asdex the extra is named; with it, see `with_asdex`."""

import sys

import numpy as np
import pytest

import verify


def test_without_asdex_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "asdex", None)
    for derivative in (verify.sparse_jacobian, verify.sparse_hessian):
        with pytest.raises(ImportError, match=r"need the package asdex: install the extra `sparse`"):
            derivative(np.sum, np.ones(3))
