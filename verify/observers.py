"""Who wants to see every report: callbacks that are told when a check is done. There are none unless somebody watches.

A check that runs other checks (a search, a grid of configurations) announces one report: its own.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator
from typing import ParamSpec

from verify.report import Report

Check = ParamSpec("Check")

_watching: list[Callable[[Report], None]] = []
_inside: contextvars.ContextVar[bool] = contextvars.ContextVar("a check is running", default=False)


@contextlib.contextmanager
def watching(see: Callable[[Report], None]) -> Iterator[None]:
    """Call `see(report)` after every check that ends while the context is open."""
    _watching.append(see)
    try:
        yield
    finally:
        _watching.remove(see)


def announced(check: Callable[Check, Report]) -> Callable[Check, Report]:
    """The same check; those who watch see its report, unless another announced check has called it."""

    @functools.wraps(check)
    def telling(*args: Check.args, **kwargs: Check.kwargs) -> Report:
        if not _watching or _inside.get():
            return check(*args, **kwargs)
        token = _inside.set(True)
        try:
            report = check(*args, **kwargs)
        finally:
            _inside.reset(token)
        for see in tuple(_watching):
            see(report)
        return report

    return telling
