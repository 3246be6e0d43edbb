"""The rules that `make` makes, put on light trial again and again: rules, programs and verdicts are kept."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from verify import problem
from verify.problem import Arrays
from verify.report import Finding
from verify.searching.light import LightTrial
from verify.searching.literals import key
from verify.subject import first_line


class Verdict(NamedTuple):
    """`fails` is None where the primal refuses the arguments, or `make` the options; `reason` then says why."""

    fails: bool | None
    reason: str = ""


class Bench:
    """The rules that `make` makes, and the verdicts on them; nothing is asked twice."""

    def __init__(self, make: Callable[..., Any], seed: int) -> None:
        """`seed` is that of the cotangents."""
        self.make = make
        self._seed = seed
        self._thorough = False
        self._rules: dict[Hashable, Any] = {}
        self._benches: dict[Hashable, LightTrial] = {}
        self._verdicts: dict[Hashable, Verdict] = {}

    def doubt(self) -> None:
        """Forget all verdicts, and let the court confirm every failure from here on."""
        self._thorough = True
        self._verdicts.clear()

    def rule(self, options: Mapping[str, Any]) -> Callable[..., Any]:
        """The rule with these options, made once.

        Raises:
            TypeError: what `make` returned cannot be called.
        """
        at = key(options)
        if at not in self._rules:
            made = self.make if not options and is_rule(self.make) else self.make(**options)
            if not callable(made):
                raise TypeError(f"`make(**options)` must return the rule, a function; got {type(made).__name__}.")
            self._rules[at] = made
        return self._rules[at]

    def known(self, options: Mapping[str, Any], args: Arrays) -> Verdict | None:
        """The verdict, where it has been asked for before."""
        return self._verdicts.get((key(options), key(args)))

    def verdict(self, options: Mapping[str, Any], args: Arrays) -> Verdict:
        """Whether the rule with these options fails at these arguments.

        Raises:
            TypeError, ValueError: the arguments are none that can be checked.
        """
        at = (key(options), key(args))
        if at not in self._verdicts:
            self._verdicts[at] = self._judge(options, args)
        return self._verdicts[at]

    def failures(self, options: Mapping[str, Any], args: Arrays) -> list[Finding]:
        """The findings behind a verdict, with their reproduction."""
        base = problem.make(self.rule(options), args)
        return LightTrial(base, base.outputs(base.floats, base.others), self._seed).court(base)

    def _judge(self, options: Mapping[str, Any], args: Arrays) -> Verdict:
        try:
            fun = self.rule(options)
        except (ValueError, NotImplementedError) as error:  # how a constructor refuses a combination
            return Verdict(None, first_line(error))
        base = problem.make(fun, args)
        structure: Any = base.treedef
        avals = tuple((np.shape(a), str(a.dtype)) for a in (*base.floats, *base.others))
        at = (key(options), structure, base.kinds, key(base.fixed), avals)
        if at not in self._benches:
            try:
                outputs = base.outputs(base.floats, base.others)
            except Exception as error:  # each primal refuses in its own words
                return Verdict(None, first_line(error))
            if not any(np.prod(out.shape) for out in outputs):
                return Verdict(None, "no floating-point output has an entry")
            self._benches[at] = LightTrial(base, outputs, self._seed)
        bench = self._benches[at]
        quick = bench.quick(base)
        fails = bool(bench.court(base)) if quick is None or (quick and self._thorough) else quick
        return Verdict(fails)


def is_rule(make: Any) -> bool:
    """Whether `make` is itself a rule and no function that makes one: it needs arguments, or carries the rule."""
    if isinstance(make, jax.custom_vjp | jax.custom_jvp):
        return True
    try:
        inspect.signature(make).bind()
    except TypeError:
        return True
    except ValueError:  # a builtin without a signature takes arrays
        return True
    return False
