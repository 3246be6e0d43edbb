"""Every planted fault in the values is noticed on some random network."""

import pytest

from tests.jaxcnn.test_random_networks import IN_VALUES, ONE_PER_RULE, check_noticed


@pytest.mark.parametrize("name", [name for name in IN_VALUES if name not in set(ONE_PER_RULE)])
def test_every_other_fault_is_noticed_too(name):
    check_noticed(name)
