"""On floats, whole networks whose every law takes half a minute to compile."""

import pytest

from jaxcnn.verification import NETWORKS, Digits
from tests.jaxcnn.verification.test_networks import check_agreement


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "mlp"])
def test_on_floats_every_gradient_agrees_within_rounding(name):
    check_agreement(name, Digits.load())
