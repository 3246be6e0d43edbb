"""The labs: assignments of five university courses, each reproduced whole by one command."""

from collections.abc import Mapping
from types import MappingProxyType

from jaxcnn.labs import backprop, best_digits, conv_as_matrix, depth, filters, house_numbers, mlp_vs_cnn
from jaxcnn.labs.lab import Lab as Lab
from jaxcnn.labs.report import LabReport as LabReport
from jaxcnn.labs.report import Section as Section
from jaxcnn.labs.settings import LabConfig as LabConfig

_PARTS = (filters, backprop, depth, house_numbers, best_digits, mlp_vs_cnn, conv_as_matrix)
LABS: Mapping[str, Lab] = MappingProxyType({part.LAB.name: part.LAB for part in _PARTS})


def named(name: str) -> Lab:
    """Return the lab of that name.

    Raises:
        ValueError: if there is none; lists the names.
    """
    if name not in LABS:
        raise ValueError(f"There is no lab called {name!r}; the labs are {', '.join(LABS)}.")
    return LABS[name]
