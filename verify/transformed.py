"""A pullback under each transformation of JAX: vmap over some arguments, grad of vmap, scan, remat.

Everything is a function of leaves that are stacked along one more axis: (xs, ns, ws), what is differentiated, what is
not, and cotangents.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import jax

from verify.problem import Arrays
from verify.witness import like

# What JAX says of its own primitive, which no rule that uses it can be batched with; said so by 0.10 and by 0.12.
_UNBATCHABLE = "Batching rule for 'custom_partitioning' not implemented"
_MOST = 3  # arguments up to which every subset is tried; with more, all together and each alone


def subsets(owners: tuple[int, ...]) -> Iterator[tuple[bool, ...]]:
    """Which leaves are batched: the leaves of one argument always together, as `in_axes` of the user's call would."""
    arguments = sorted(set(owners))
    if len(arguments) <= _MOST:
        choices = [c for c in itertools.product((True, False), repeat=len(arguments)) if any(c)]
    else:
        choices = [(True,) * len(arguments), *(tuple(a == b for b in arguments) for a in arguments)]
    for choice in choices:
        batched = dict(zip(arguments, choice, strict=True))
        yield tuple(batched[owner] for owner in owners)


def mapped(one: Callable[..., Arrays], subset: tuple[bool, ...], cut: int) -> Callable[..., Arrays]:
    """The pullback under vmap, which is the vmap of grad; the cotangent is always batched."""
    axes = tuple(0 if batched else None for batched in subset)

    def pull(xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        chosen = tuple(a if batched else a[0] for a, batched in zip((*xs, *ns), subset, strict=True))
        return jax.vmap(one, in_axes=(axes[:cut], axes[cut:], 0))(chosen[:cut], chosen[cut:], ws)

    return pull


def of_vmap(call: Callable[..., Arrays]) -> Callable[..., Arrays]:
    """The vjp of vmap, whose rule is batched before it is pulled back."""

    def pull(xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        outputs, pullback = jax.vjp(lambda *x: jax.vmap(call)(x, ns), *xs)
        return pullback(like(ws, outputs))

    return pull


def of_scan(call: Callable[..., Arrays]) -> Callable[..., Arrays]:
    """The vjp of a scan over the rows."""

    def pull(xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        def loop(*x: Any) -> Arrays:
            return jax.lax.scan(lambda carry, row: (carry, call(*row)), (), (x, ns))[1]

        outputs, pullback = jax.vjp(loop, *xs)
        return pullback(like(ws, outputs))

    return pull


def of_remat(call: Callable[..., Arrays]) -> Callable[..., Arrays]:
    """The first row under `jax.checkpoint`: the forward pass runs again inside the backward pass."""

    def pull(xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        x, n, w = (tuple(a[0] for a in part) for part in (xs, ns, ws))
        outputs, pullback = jax.vjp(jax.checkpoint(lambda *leaves: call(leaves, n)), *x)
        return tuple(g[None] for g in pullback(like(w, outputs)))

    return pull


PULLS = {"grad of vmap": of_vmap, "scan": of_scan, "remat": of_remat}  # by what a law calls them


def primal_under(word: str, call: Callable[..., Arrays]) -> Callable[..., Any]:
    """The primal under "vmap", "scan" or "remat"."""
    if word == "scan":
        return lambda xs, ns: jax.lax.scan(lambda carry, row: (carry, call(*row)), (), (xs, ns))[1]
    if word == "remat":
        return lambda xs, ns: jax.checkpoint(call)(tuple(x[0] for x in xs), tuple(n[0] for n in ns))
    return jax.vmap(call)


def is_refused_by_jax(error: Exception) -> bool:
    """Whether it is JAX itself that cannot batch something, whatever the rule does."""
    return isinstance(error, NotImplementedError) and str(error) == _UNBATCHABLE
