"""Every right rule is accepted in float64, too."""

import jax
import numpy as np
import pytest

from jaxcnn import RULES
from tests.jaxcnn.verification.test_cases import FIRST, checked


@pytest.mark.parametrize("rule", RULES)
def test_every_right_rule_is_accepted_in_float64(rule):
    # The example's shape is enough: at the other shapes a float32 example is examined in float64, too.
    with jax.enable_x64(True):
        report = checked(FIRST[rule], dtype=np.float64)
    assert report.failures == ()
    assert report.inconclusive == ()
