"""Random elementwise functions with their derivatives written out by the chain rule, by no autodiff.

An expression is a tree of `Argument`, `Unary` and `Binary`; `value_and_slopes` accumulates derivatives forward, factor
by factor, from the two tables below. They hold for every primitive what a person would write, accurate where the
primitive is; at kinks abs'(0) = relu'(0) = 0, and a selection has the derivative of the branch that it takes.
`rule(expression)` is the function as a `custom_vjp`. A `Fault` spoils the derivative at one node of the tree.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp

Fun = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Argument:
    """The i-th argument: a leaf."""

    index: int

    def __str__(self) -> str:
        return "xy"[self.index]


@dataclasses.dataclass(frozen=True)
class Unary:
    """A function of `UNARY` of one expression."""

    name: str
    inner: Expression

    def __str__(self) -> str:
        return f"{self.name}({self.inner})"


@dataclasses.dataclass(frozen=True)
class Binary:
    """A function of `BINARY` of two expressions."""

    name: str
    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{self.name}({self.left}, {self.right})"


Expression = Argument | Unary | Binary


@dataclasses.dataclass(frozen=True)
class Fault:
    """A wrong derivative at the `node`-th node (in the order of `nodes`): "sign", "twice", or "inner": no chain."""

    node: int
    kind: str


FAULTS = ("sign", "twice", "inner")

# fmt: off
# name:          f(x)                                       f'(x)
UNARY: dict[str, tuple[Fun, Fun]] = {
    "sin":      (jnp.sin,                                   jnp.cos),
    "cos":      (jnp.cos,                                   lambda x: -jnp.sin(x)),
    "tanh":     (jnp.tanh,                                  lambda x: 1 - jnp.tanh(x) ** 2),
    "exp":      (jnp.exp,                                   jnp.exp),
    "expm1":    (jnp.expm1,                                 jnp.exp),
    "log1p_sq": (lambda x: jnp.log1p(x * x),                lambda x: 2 * x / (1 + x * x)),
    "root":     (lambda x: jnp.sqrt(1 + x * x),             lambda x: x / jnp.sqrt(1 + x * x)),
    "square":   (lambda x: x * x,                           lambda x: 2 * x),
    "logistic": (jax.nn.sigmoid,                            lambda x: jax.nn.sigmoid(x) * jax.nn.sigmoid(-x)),
    "softplus": (jax.nn.softplus,                           jax.nn.sigmoid),
    "arctan":   (jnp.arctan,                                lambda x: 1 / (1 + x * x)),
    "bell":     (lambda x: 1 / (1 + x * x),                 lambda x: -2 * x / (1 + x * x) / (1 + x * x)),
    "erf":      (jax.scipy.special.erf,                     lambda x: 2 / math.sqrt(math.pi) * jnp.exp(-x * x)),
    "sinh":     (jnp.sinh,                                  jnp.cosh),
    "abs":      (jnp.abs,                                   jnp.sign),
    "relu":     (jax.nn.relu,                               lambda x: jnp.where(x > 0, jnp.ones_like(x), 0)),
    "half":     (lambda x: x / 2,                           lambda x: jnp.full_like(x, 0.5)),
    "minus":    (lambda x: 1 - x,                           lambda x: jnp.full_like(x, -1)),
}

# name: f(a, b), the term with da, the term with db
BINARY: dict[str, tuple[Fun, Fun, Fun]] = {
    "add":    (lambda a, b: a + b,                   lambda a, b, d: d,                lambda a, b, d: d),
    "sub":    (lambda a, b: a - b,                   lambda a, b, d: d,                lambda a, b, d: -d),
    "mul":    (lambda a, b: a * b,                   lambda a, b, d: d * b,            lambda a, b, d: a * d),
    "over":   (lambda a, b: a / (1 + b * b),         lambda a, b, d: d / (1 + b * b),
               lambda a, b, d: -a / (1 + b * b) * (2 * b / (1 + b * b)) * d),
    "above0": (lambda a, b: jnp.where(a > 0, a, b),  lambda a, b, d: pick(a > 0, d),   lambda a, b, d: pick(a <= 0, d)),
    "above1": (lambda a, b: jnp.where(a > 1, b, a),  lambda a, b, d: pick(a <= 1, d),  lambda a, b, d: pick(a > 1, d)),
}
# fmt: on


def pick(taken: jax.Array, slope: jax.Array) -> jax.Array:
    """The slope where the branch is taken: not a product, since the other branch may be infinite."""
    return jnp.where(taken, slope, jnp.zeros_like(slope))


def value(expression: Expression, arguments: Sequence[jax.Array]) -> jax.Array:
    """The function itself."""
    if isinstance(expression, Argument):
        return arguments[expression.index]
    if isinstance(expression, Unary):
        return UNARY[expression.name][0](value(expression.inner, arguments))
    return BINARY[expression.name][0](value(expression.left, arguments), value(expression.right, arguments))


def value_and_slopes(
    expression: Expression, arguments: Sequence[jax.Array], fault: Fault | None = None, at: int = 0
) -> tuple[jax.Array, dict[int, jax.Array]]:
    """The value and the derivative by every argument that occurs, by the chain rule; `at` numbers the node."""
    wrong = fault.kind if fault is not None and fault.node == at else None
    if isinstance(expression, Argument):
        x = arguments[expression.index]
        return x, {expression.index: jnp.ones_like(x)}
    if isinstance(expression, Unary):
        fun, slope = UNARY[expression.name]
        inner, inner_slopes = value_and_slopes(expression.inner, arguments, fault, at + 1)
        outer = slope(inner)
        found = {i: outer if wrong == "inner" else outer * d for i, d in inner_slopes.items()}
        return fun(inner), spoilt(found, wrong)
    fun, left_term, right_term = BINARY[expression.name]
    a, left = value_and_slopes(expression.left, arguments, fault, at + 1)
    b, right = value_and_slopes(expression.right, arguments, fault, at + 1 + size(expression.left))
    terms: dict[int, jax.Array] = {i: left_term(a, b, d) for i, d in left.items()}
    for i, d in right.items():
        term = right_term(a, b, -d if wrong == "sign" else d)
        terms[i] = terms[i] + term if i in terms else term
    return fun(a, b), terms if wrong == "sign" else spoilt(terms, wrong)


def spoilt(slopes: dict[int, jax.Array], wrong: str | None) -> dict[int, jax.Array]:
    """The slopes with a factor that does not belong there."""
    factor = {"sign": -1, "twice": 2}.get(wrong or "", 1)
    return slopes if factor == 1 else {i: factor * d for i, d in slopes.items()}


def size(expression: Expression) -> int:
    """The number of nodes."""
    return sum(1 for _ in nodes(expression))


def nodes(expression: Expression) -> Iterator[Expression]:
    """The node itself, then those below it, the left ones first."""
    yield expression
    if isinstance(expression, Unary):
        yield from nodes(expression.inner)
    if isinstance(expression, Binary):
        yield from nodes(expression.left)
        yield from nodes(expression.right)


def arity(expression: Expression) -> int:
    """How many arguments the function takes: as many as its highest one says."""
    return 1 + max(node.index for node in nodes(expression) if isinstance(node, Argument))


def rule(expression: Expression, fault: Fault | None = None) -> Fun:
    """The function with its derivative by `value_and_slopes` as a `custom_vjp`; it broadcasts as the primal does."""

    def primal(*arguments: jax.Array) -> jax.Array:
        return value(expression, arguments)

    def forward(*arguments: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        return primal(*arguments), arguments

    def backward(arguments: tuple[jax.Array, ...], g: jax.Array) -> tuple[jax.Array, ...]:
        _, slopes = value_and_slopes(expression, arguments, fault)
        return tuple(
            summed(g * slopes[i], x.shape) if i in slopes else jnp.zeros_like(x) for i, x in enumerate(arguments)
        )

    fun = jax.custom_vjp(primal)
    fun.defvjp(forward, backward)
    fun.__name__ = str(expression)
    return fun


def summed(gradient: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Undo broadcasting: sum over the axes that `shape` lacks or has only once."""
    extra = gradient.ndim - len(shape)
    once = tuple(extra + i for i, n in enumerate(shape) if n == 1 and gradient.shape[extra + i] != 1)
    return jnp.sum(gradient, axis=(*range(extra), *once)).reshape(shape)


def faults(expression: Expression) -> list[Fault]:
    """Every fault that can be planted: a forgotten inner derivative needs one that is not just the argument's."""
    found = []
    for i, node in enumerate(nodes(expression)):
        if isinstance(node, Binary):
            found += [Fault(i, "sign"), Fault(i, "twice")]
        if isinstance(node, Unary):
            found += [Fault(i, k) for k in FAULTS if k != "inner" or not isinstance(node.inner, Argument)]
    return found
