"""The wrong rules whose fault only one view shows are noticed in float64 as well."""

import numpy as np
import pytest

from tests.verify.test_examined import IN_FLOAT64, WRONG, check_noticed


@pytest.mark.parametrize("name", [name for name in WRONG if name not in IN_FLOAT64])
def test_in_float64_a_wrong_rule_does_not_slip_through(name):
    check_noticed(name, np.float64)
