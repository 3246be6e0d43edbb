"""Where Hypothesis comes in: strategies for problems, the search with shrinking, and plain samples."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from typing import Any

from verify.searching.configuration import NOT_GIVEN, Configurations, is_strategy
from verify.searching.drawn import Drawn
from verify.searching.literals import key

_SAMPLES = 8  # values that a strategy for an option contributes where all combinations are tried


def problems(make: Callable[..., Any], domain: Any) -> Any:
    """A strategy for `Drawn` from `verify.configurations(...)` or from any strategy that `verify.search` takes.

    Raises:
        ImportError: Hypothesis is not installed; the message names the extra.
        TypeError, ValueError: `domain` is none of them, or says nothing of the arguments; the message says what is.
    """
    importlib.import_module("verify.strategies")  # which has the error for a missing Hypothesis
    if isinstance(domain, Configurations):
        if domain.make is not make:
            raise ValueError(
                "`verify.search(make, verify.configurations(make, ...))` must be given the same `make` twice."
            )
        if domain.args is NOT_GIVEN:
            raise ValueError("`domain` says nothing of the arguments: add `args=`, a tuple of arrays or a strategy.")
        return _of_configurations(domain)
    if not is_strategy(domain):
        raise TypeError(
            "`domain` must be a Hypothesis strategy for problems, verify.configurations(...) or a dict from names to "
            f"values or strategies; got {type(domain).__name__}."
        )
    return domain.map(as_drawn)


def as_drawn(value: Any) -> Drawn:
    """What a user's strategy drew as a `Drawn`: a pair (args, options), a dict with "args", or the arguments alone.

    Raises:
        ValueError: a dict without "args".
    """
    if isinstance(value, Drawn):
        return value
    if isinstance(value, Mapping):
        if "args" not in value:
            raise ValueError(
                f'a drawn dict must hold the arguments under "args"; it holds {", ".join(map(str, value))}.'
            )
        return Drawn(_tuple(value["args"]), {name: v for name, v in value.items() if name != "args"})
    if _is_pair(value):
        return Drawn(tuple(value[0]), dict(value[1]))
    return Drawn(_tuple(value), {})


def _is_pair(value: Any) -> bool:
    """Whether this is (args, options), and not two arguments of which the second is a tree of parameters."""
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and isinstance(value[0], tuple | list)
        and isinstance(value[1], Mapping)
        and all(isinstance(name, str) for name in value[1])
    )


def _tuple(args: Any) -> tuple[Any, ...]:
    return tuple(args) if isinstance(args, tuple | list) else (args,)


def _of_configurations(domain: Configurations) -> Any:
    from hypothesis import strategies as st

    chosen = {
        name: values if is_strategy(values) else st.sampled_from(values) for name, values in domain.options.items()
    }

    @st.composite
    def drawn(draw: Callable[..., Any]) -> Drawn:
        options = {name: draw(values) for name, values in chosen.items()}
        args = domain.args
        if callable(args) and not is_strategy(args):
            args = args(**options)
        if is_strategy(args):
            args = draw(args)
        if isinstance(args, Drawn):
            return dataclasses.replace(args, options={**args.options, **options})
        return Drawn(tuple(draw(a) if is_strategy(a) else a for a in _tuple(args)), options)

    return drawn()


class _Failing(Exception):
    """Raised inside Hypothesis where a draw fails."""


def smallest(strategy: Any, fails: Callable[[Any], bool], *, seed: int, max_examples: int, database: Any = None) -> Any:
    """The smallest draw for which `fails` is true, or None. All health checks; equal seeds, equal draws.

    `fails` must answer the same question alike every time. The failing examples of a database are tried first, and
    draws then depend on it as well.
    """
    import hypothesis

    phases = [hypothesis.Phase.generate, hypothesis.Phase.shrink]
    if database is not None:
        phases.insert(0, hypothesis.Phase.reuse)
    seen: list[Any] = []

    # the settings outside: `seed` takes the database away from those inside
    @hypothesis.settings(
        max_examples=max_examples,
        database=database,
        deadline=None,
        derandomize=False,
        phases=phases,
        verbosity=hypothesis.Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=(),
    )
    @hypothesis.seed(seed)
    @hypothesis.given(strategy)
    def examine(drawn: Any) -> None:
        if fails(drawn):
            seen[:] = [drawn]
            raise _Failing

    try:
        examine()
    except _Failing:
        return seen[0]
    return None


def samples(strategy: Any, seed: int) -> tuple[Any, ...]:
    """A few different values of a strategy, simple ones first."""
    found: dict[Any, Any] = {}

    def note(value: Any) -> bool:
        if len(found) < _SAMPLES:
            found.setdefault(key(value), value)
        return False

    smallest(strategy, note, seed=seed, max_examples=8 * _SAMPLES)
    return tuple(found.values())
