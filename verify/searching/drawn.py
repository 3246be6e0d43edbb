"""One drawn problem: the arguments of a rule and the options that made it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Drawn:
    """What a strategy draws for `verify.search`.

    Args:
        args: the positional arguments of the rule.
        options: what `make(**options)` is called with.
        axes: for every argument, what its axes are called in a report; where left out, `kernel.shape[1]` is said.
    """

    args: tuple[Any, ...]
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    axes: tuple[tuple[str, ...], ...] = ()

    def __repr__(self) -> str:
        shown = [f"args=({', '.join(map(_short, self.args))}{',' if len(self.args) == 1 else ''})"]
        if self.options:
            shown.append(f"options={dict(self.options)!r}")
        return f"Drawn({', '.join(shown)})"


def _short(argument: Any) -> str:
    """An argument in a few characters: small arrays with their entries, large ones with their shape."""

    def leaf(value: Any) -> str:
        if not hasattr(value, "dtype") or jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
            return repr(value)
        array = np.asarray(value)
        return f"{array.dtype}{array.tolist() if array.size <= 16 else list(array.shape)}"

    leaves, treedef = jax.tree.flatten(argument)
    texts = [Verbatim(leaf(value)) for value in leaves]
    return repr(jax.tree.unflatten(treedef, texts))


class Verbatim(str):
    """A string that prints without quotes."""

    def __repr__(self) -> str:
        return str(self)
