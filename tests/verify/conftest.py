"""Rules to put on trial, and what a report says of them."""

from collections.abc import Callable
from typing import Any

import jax
import pytest

import verify


@pytest.fixture(scope="session")
def with_rule() -> Callable[..., Any]:
    """Make a `custom_vjp` of a primal and `backward(*arguments, cotangent) -> cotangents`."""

    def make(primal: Callable[..., Any], backward: Callable[..., Any]) -> Any:
        def fun(*arguments: Any) -> Any:
            return primal(*arguments)

        fun.__wrapped__ = primal  # arguments keep their names
        ruled = jax.custom_vjp(fun)
        ruled.defvjp(lambda *arguments: (primal(*arguments), arguments), lambda saved, g: backward(*saved, g))
        return ruled

    return make


@pytest.fixture(scope="session")
def failed() -> Callable[[verify.Report], set[tuple[str, str | None]]]:
    """Return the law and the argument of every failure."""
    return lambda report: {(finding.law, finding.argument) for finding in report.failures}
