"""Every right rule is accepted by every law at every configuration, and the first of each rule at other shapes too."""

import pytest

from tests.jaxcnn.verification.test_cases import BY_NAME, FIRST, VARIED, check_accepted, checked

OTHERS = [name for name, case in BY_NAME.items() if case is not FIRST[case.rule]]


@pytest.mark.parametrize("name", OTHERS)
def test_every_law_accepts_a_rule_at_its_other_configurations(name):
    check_accepted(BY_NAME[name], checked(BY_NAME[name]))


@pytest.mark.parametrize("rule", sorted(set(FIRST) - set(VARIED)))
def test_every_law_accepts_a_rule_at_other_shapes(rule):
    check_accepted(FIRST[rule], FIRST[rule].check())
