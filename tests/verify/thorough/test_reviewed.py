"""The right rules that were accused once are accused at no other shape either."""

import pytest

from tests.verify.test_reviewed import RIGHT, check_not_accused


@pytest.mark.parametrize("name", [name for name, (_, args) in RIGHT.items() if len(args) > 1])
def test_a_right_rule_is_not_accused_at_other_shapes(name):
    check_not_accused(name, None)
