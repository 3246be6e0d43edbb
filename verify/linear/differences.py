"""What is different about a wrong matrix, in a sentence: for all of it if one can be found, else band by band.

An explanation of the whole (a flipped kernel, a shift, exchanged channels, a factor) predicts every entry of the
matrix, and counts only where it predicts them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from verify.linear.band_faults import Difference, band_fault
from verify.linear.bands import Offset
from verify.linear.compared import Compared
from verify.report import Diagnosis

_FARTHEST = 3  # places that all taps may be shifted by: further off than that, nobody miscounts


class _Explanation(NamedTuple):
    """A diagnosis, and what the matrix holds at every offset if it is right."""

    diagnosis: Diagnosis
    kernel: dict[Offset, np.ndarray]


def differences(compared: Compared) -> Iterator[Difference]:
    """Where and how the matrix is wrong; nothing where it is right."""
    rows, places = np.nonzero(compared.wrong)
    if not len(rows):
        return
    whole = _transposed(compared) or _explained(compared) or _scaled(compared)
    if whole is not None or compared.bands is None:
        yield Difference(compared.worst(rows, places), whole)
        return
    offsets, counts = np.unique(compared.bands.offsets(rows, compared.columns[places]), axis=0, return_counts=True)
    wrong = [tuple(map(int, offset)) for offset in offsets[np.argsort(-counts, kind="stable")]]
    for offset in wrong:
        yield band_fault(compared, offset, wrong)


def _transposed(compared: Compared) -> Diagnosis | None:
    square = compared.right.shape[0] == compared.right.shape[1]
    if square and compared.complete and compared.equal(compared.found, compared.right.T):
        return Diagnosis("transposed", "The matrix is the transpose of the right one.")
    return None


def _explained(compared: Compared) -> Diagnosis | None:
    if compared.bands is None:
        return None
    for diagnosis, kernel in _explanations(compared):
        if compared.equal(compared.found, compared.matrix_of(kernel)):
            return diagnosis
    return None


def _scaled(compared: Compared) -> Diagnosis | None:
    factor = compared.factor(compared.found, compared.right)
    return None if factor is None else Diagnosis("constant-factor", f"The matrix is the right one times {factor:g}.")


def _explanations(compared: Compared) -> Iterator[_Explanation]:
    bands, kernel = compared.bands, compared.kernel
    assert bands is not None
    ends = [axis.offsets[0] + axis.offsets[-1] for axis in bands.axes]
    flipped = {tuple(end - t for end, t in zip(ends, offset, strict=True)): at for offset, at in kernel.items()}
    told = "The matrix is that of the flipped kernel: of a convolution where a correlation belongs, or the reverse."
    yield _Explanation(Diagnosis("kernel-flipped", told), flipped)
    if len({axis.offsets for axis in bands.axes}) == 1:
        told = "The matrix is that of the kernel with its spatial axes exchanged."
        turned = {offset[::-1]: at for offset, at in kernel.items()}
        yield _Explanation(Diagnosis("kernel-axes-exchanged", told), turned)
    if all(at.shape == at.T.shape for at in kernel.values()):
        told = "The matrix is that of the kernel with input and output channels exchanged."
        yield _Explanation(Diagnosis("channels-exchanged", told), {offset: at.T for offset, at in kernel.items()})
    for number, axis in enumerate(bands.axes):
        for k in (sign * steps for steps in range(1, _FARTHEST + 1) for sign in (1, -1)):
            how = f"{abs(k)} too {'far' if k > 0 else 'near'} along axis {axis.axis}"
            told = f"All taps read {how}: a padding is off by {abs(k)}."
            moved = {(*t[:number], t[number] + k, *t[number + 1 :]): at for t, at in kernel.items()}
            yield _Explanation(Diagnosis("shifted", told), moved)
