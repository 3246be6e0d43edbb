"""Trees of arrays: tuples, lists and dicts around leaves from any strategy."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from verify.strategies.arrays import arrays, shapes


def pytrees(leaves: st.SearchStrategy[Any] | None = None, *, max_leaves: int = 4) -> st.SearchStrategy[Any]:
    """Trees with at least one leaf, shrinking to a single leaf.

    Args:
        leaves: a strategy for the leaves; small float32 arrays by default.
        max_leaves: about the largest number of leaves.

    Raises:
        TypeError: `leaves` is no strategy.
    """
    chosen = arrays(shapes(max_dims=2, max_side=3)) if leaves is None else leaves
    if not isinstance(chosen, st.SearchStrategy):
        raise TypeError(f"`leaves` must be a Hypothesis strategy; got {type(leaves).__name__}.")

    def around(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(children, min_size=1, max_size=3)
        names = st.dictionaries(st.sampled_from("abc"), children, min_size=1, max_size=3)
        return several.map(tuple) | several | names

    return st.recursive(chosen, around, max_leaves=max_leaves)
