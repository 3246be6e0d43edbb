"""On floats, whole networks whose every law takes half a minute to compile."""

import pytest

from jaxcnn.verification import NETWORKS, Digits
from tests.jaxcnn.verification.test_networks import EVERY_PARAMETER, check_agreement, check_found


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "mlp"])
def test_on_floats_every_gradient_agrees_within_rounding(name):
    check_agreement(name, Digits.load())


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [
        # The last entry of dense_0 belongs to a corner that is black in every image: 0.1 % of 0 is 0.
        ("dense_kernel_one_entry", {"params['dense_1']['kernel']"}),
        ("cross_entropy_not_averaged", EVERY_PARAMETER["mlp"]),
    ],
    ids=["dense", "loss"],
)
def test_on_floats_a_planted_fault_is_found_in_the_parameters_behind_it(fault, parameters):
    check_found(fault, parameters, Digits.load())
