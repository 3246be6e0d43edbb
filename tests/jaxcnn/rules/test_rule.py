"""The table of rules: immutable, hashable, and clear about names it does not know."""

from dataclasses import FrozenInstanceError, replace

import pytest

from jaxcnn.rules import RULES, Rules


def test_a_rule_knows_the_names_of_its_arguments():
    assert RULES["conv"].arguments == ("inputs", "kernel", "bias")
    assert RULES["max_pool"].arguments == ("inputs",)
    assert RULES["cross_entropy"].arguments == ("logits", "labels")


def test_replacing_a_rule_makes_another_table_and_leaves_the_first():
    other = replace(RULES["relu"], backward=RULES["tanh"].backward)
    changed = RULES.replaced(other)
    assert changed["relu"] is other
    assert RULES["relu"] is not other
    assert list(changed) == list(RULES)
    assert hash(changed) != hash(RULES)
    assert Rules(*RULES.values()) == RULES


def test_a_table_cannot_be_changed():
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'entries'"):
        RULES.entries = ()


@pytest.mark.parametrize(
    "call", [lambda: RULES["gelu"], lambda: RULES.replaced(replace(RULES["relu"], name="gelu"))], ids=["get", "replace"]
)
def test_an_unknown_name_lists_the_known_ones(call):
    with pytest.raises(KeyError, match="There is no rule called 'gelu'; the rules are conv, max_pool, avg_pool, relu"):
        call()
