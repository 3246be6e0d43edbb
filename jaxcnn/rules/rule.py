"""A hand-derived derivative rule and the table that holds one for every kind of layer."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax

from jaxcnn._types import Array, Residuals


@dataclass(frozen=True)
class Rule:
    """A primal y = f(x_1, ..., x_k; options) and its vector-Jacobian product, derived by hand.

    Attributes:
        name: the kind of layer, such as "conv".
        primal: f, `primal(*arguments, **options) -> outputs`, without any rule of its own.
        forward: `forward(*arguments, **options) -> (outputs, residuals)`, with the same outputs as the primal.
        backward: `backward(residuals, cotangent, **options) -> cotangents`, one per argument in order, each of the
            shape and dtype of its argument; None for an integer argument.
    """

    name: str
    primal: Callable[..., Array]
    forward: Callable[..., tuple[Array, Residuals]]
    backward: Callable[..., tuple[Any, ...]]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of the arguments that have cotangents, such as ("inputs", "kernel", "bias")."""
        parameters = inspect.signature(self.primal).parameters.values()
        return tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)

    def with_custom_vjp(self, **options: Any) -> Callable[..., Array]:
        """Return the primal with this rule installed by `jax.custom_vjp`, for the given options.

        The function takes the arguments by position. Reverse mode and higher orders work; forward mode does not, since
        a `custom_vjp` has none: differentiate `primal` for that.
        """

        def with_rule(*arguments: Array) -> Array:
            return self.primal(*arguments, **options)

        def forward(*arguments: Array) -> tuple[Array, Residuals]:
            return self.forward(*arguments, **options)

        def backward(residuals: Residuals, cotangent: Array) -> tuple[Any, ...]:
            return self.backward(residuals, cotangent, **options)

        with_rule.__name__ = with_rule.__qualname__ = self.name
        names = self.arguments
        # so that a report can say `kernel` and not `args[1]`
        with_rule.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
        )
        installed = jax.custom_vjp(with_rule)
        installed.defvjp(forward, backward)
        return installed


@dataclass(frozen=True, init=False)
class Rules(Mapping[str, Rule]):
    """An immutable, hashable table of rules by name; hashable so that it can be a static argument of `jax.jit`."""

    entries: tuple[Rule, ...]

    def __init__(self, *entries: Rule) -> None:
        """Keep the rules in the order given."""
        object.__setattr__(self, "entries", entries)

    def __getitem__(self, name: str) -> Rule:
        """Return the rule called `name`.

        Raises:
            KeyError: if there is none; the message lists the names.
        """
        for rule in self.entries:
            if rule.name == name:
                return rule
        raise KeyError(f"There is no rule called {name!r}; the rules are {', '.join(self)}.")

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return (rule.name for rule in self.entries)

    def __len__(self) -> int:
        """Return the number of rules."""
        return len(self.entries)

    def replaced(self, rule: Rule) -> "Rules":
        """Return a copy in which `rule` takes the place of the rule with its name."""
        self[rule.name]  # an unknown name is an error, not an addition
        return Rules(*(rule if rule.name == entry.name else entry for entry in self.entries))
