"""Named wrong derivatives, to plant into the rules: what a check of the rules must notice.

rules = plant("conv_kernel_not_flipped")
loss, gradients = loss_and_gradients_by_hand(network, params, images, labels, rules=rules)
"""

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from jaxcnn.faults.activation import ACTIVATION_FAULTS
from jaxcnn.faults.conv import CONV_FAULTS
from jaxcnn.faults.dense import DENSE_FAULTS
from jaxcnn.faults.fault import Fault as Fault
from jaxcnn.faults.loss import LOSS_FAULTS
from jaxcnn.faults.pool import POOL_FAULTS
from jaxcnn.rules import RULES, Rules

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {fault.name: fault for fault in (*CONV_FAULTS, *POOL_FAULTS, *ACTIVATION_FAULTS, *DENSE_FAULTS, *LOSS_FAULTS)}
)


def plant(name: str, rules: Rules = RULES) -> Rules:
    """Return `rules` with one of them made wrong.

    Args:
        name: a key of `FAULTS`.
        rules: the rules to start from; they are not changed.

    Raises:
        ValueError: if there is no such fault; the message names the nearest ones.
    """
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, n=3) or list(FAULTS)[:3]
        raise ValueError(
            f"There is no fault called {name!r}: did you mean {', '.join(near)}? `jaxcnn faults` lists all."
        )
    fault = FAULTS[name]
    return rules.replaced(fault.plant(rules[fault.rule]))
