"""What tests/jaxcnn/test_random_networks.py says of a few random networks, of many."""

from hypothesis import given, settings

from tests.jaxcnn._networks import cases
from tests.jaxcnn.test_random_networks import disagreements, loss_disagreements


@settings(max_examples=120)
@given(cases(whole=True))
def test_on_whole_numbers_flax_and_by_hand_are_equal_bit_for_bit(case):
    assert disagreements(case) == []


@settings(max_examples=80)
@given(cases())
def test_flax_and_by_hand_are_equal_but_for_rounding(case):
    assert disagreements(case) == []


@settings(max_examples=60)
@given(cases(layers=4))
def test_the_loss_and_its_gradients_are_those_of_flax_and_optax(case):
    assert loss_disagreements(case) == []
