"""All numbers of a report as JSON."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxcnn.labs.report import LabReport


def numbers_json(report: LabReport) -> str:
    """Return the numbers as a JSON text; what is not finite is written as "nan", "inf" or "-inf"."""
    return json.dumps(plain(report.numbers), indent=1, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it.

    Raises:
        TypeError: if it cannot.
    """
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "__array__"):
        value = np.asarray(value).tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"A number of a report must be something that JSON can hold; got {value!r}.")
