"""Autodiff made to raise, wherever a module holds it: what trains meanwhile uses none.

Every way into JAX's autodiff is one of these functions. They are replaced in all modules that are loaded, JAX's own
included, under whatever name (`from jax import vjp as pulled_back`). Programs that were compiled before would run and
not be traced, so those are forgotten first.
"""

import contextlib
import sys
from collections.abc import Iterator

import jax

ENTRY_POINTS = (
    *("grad", "value_and_grad", "jacrev", "jacfwd", "hessian"),
    *("vjp", "jvp", "linearize", "linear_transpose"),
)


class AutodiffUsed(AssertionError):
    """Something asked JAX for a derivative."""


@contextlib.contextmanager
def no_autodiff() -> Iterator[None]:
    """Within this, asking JAX for a derivative, or calling a `custom_vjp` function, raises `AutodiffUsed`."""
    jax.clear_caches()
    instead = {id(getattr(jax, name)): _raising(name) for name in ENTRY_POINTS}
    held = [
        (module, name, value)
        for module in list(sys.modules.values())
        for name, value in list(getattr(module, "__dict__", {}).items())
        if id(value) in instead
    ]
    call = jax.custom_vjp.__call__
    try:
        for module, name, value in held:
            setattr(module, name, instead[id(value)])
        jax.custom_vjp.__call__ = _raising("custom_vjp")
        yield
    finally:
        jax.custom_vjp.__call__ = call
        for module, name, value in held:
            setattr(module, name, value)


def _raising(name):
    def raising(*_, **__):
        raise AutodiffUsed(f"jax.{name} was called")

    return raising
