"""The sum that a model file carries of its own content, so that what has been altered is noticed."""

import hashlib

import numpy as np

from jaxcnn._types import Parameters


def content_sum(texts: tuple[str, ...], params: Parameters) -> str:
    """Return the sha256 of some texts, and of all parameters with their names and shapes, in hexadecimal digits."""
    total = hashlib.sha256(repr(texts).encode())
    for name in sorted(params):
        for part in sorted(params[name]):
            values = np.ascontiguousarray(params[name][part], "<f4")
            total.update(repr((name, part, values.shape)).encode())
            total.update(values.tobytes())
    return total.hexdigest()
