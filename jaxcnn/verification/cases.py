"""Every hand rule at its configurations: one `Case` is one rule, one set of options, one example."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from jaxcnn.rules import RULES, Rules
from verify import Report, check_rule


@dataclass(frozen=True)
class Case:
    """A rule with options, and the shapes of an example.

    Attributes:
        rule: a key of `RULES`.
        label: the configuration in words.
        options: keyword options of the rule.
        shapes: one per argument; integer labels are given as ("labels", N, classes), one-hot ones as ("one-hot", ...).
    """

    rule: str
    label: str
    options: Mapping[str, Any]
    shapes: tuple[tuple[Any, ...], ...]

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.rule} {self.label}".strip()

    def example(self, seed: int = 0, dtype: Any = np.float32) -> tuple[np.ndarray, ...]:
        """Return the example's arguments, random numbers with two decimals."""
        random = np.random.default_rng(seed)
        return tuple(_argument(shape, random, dtype) for shape in self.shapes)

    def check(self, rules: Rules = RULES, *, seed: int = 0, dtype: Any = np.float32) -> Report:
        """Put the rule on trial and return the report."""
        rule = rules[self.rule].with_custom_vjp(**self.options)
        return check_rule(rule, *self.example(seed, dtype), seed=seed)


def _argument(shape: tuple[Any, ...], random: np.random.Generator, dtype: Any) -> np.ndarray:
    kind, *sizes = shape
    if kind == "labels":
        count, classes = sizes
        return random.integers(0, classes, count).astype(np.int32)
    if kind == "one-hot":
        count, classes = sizes
        return np.eye(classes, dtype=dtype)[random.integers(0, classes, count)]
    return np.round(random.standard_normal(shape), 2).astype(dtype)


def _case(rule: str, label: str, *shapes: tuple[Any, ...], **options: Any) -> Case:
    return Case(rule, label, MappingProxyType(options), shapes)


_UNEVEN = ((1, 2), (0, 1))

# fmt: off
CASES: tuple[Case, ...] = (
    _case("conv", "3x3 same",            (2, 5, 4, 2), (3, 3, 2, 3), (3,)),
    _case("conv", "5x5 same",            (2, 6, 6, 1), (5, 5, 1, 2), (2,)),
    _case("conv", "2x3 stride 2 valid",  (2, 6, 5, 2), (2, 3, 2, 3), (3,), strides=2, padding="VALID"),
    _case("conv", "3x3 stride 2x1 same", (2, 7, 4, 2), (3, 3, 2, 2), (2,), strides=(2, 1)),
    _case("conv", "dilated, uneven",     (1, 6, 6, 2), (2, 3, 2, 2), (2,), dilation=2, padding=_UNEVEN),
    _case("conv", "2 groups",            (2, 4, 5, 4), (3, 2, 2, 4), (4,), groups=2),
    _case("conv", "depthwise stride 2",  (2, 5, 6, 3), (3, 3, 1, 6), (6,), groups=3, strides=2),
    _case("max_pool", "2",               (2, 6, 4, 2), window=2),
    _case("max_pool", "3 stride 2 same", (2, 5, 6, 2), window=3, strides=2, padding="SAME"),
    _case("max_pool", "2x3 uneven",      (1, 5, 6, 2), window=(2, 3), strides=(1, 2), padding=((1, 0), (1, 1))),
    _case("avg_pool", "2",               (2, 6, 4, 2), window=2),
    _case("avg_pool", "3 stride 2 same", (2, 5, 6, 2), window=3, strides=2, padding="SAME"),
    _case("avg_pool", "2x3 uneven",      (1, 5, 6, 2), window=(2, 3), strides=(1, 2), padding=((1, 0), (1, 1))),
    _case("relu", "",                    (3, 4)),
    _case("tanh", "",                    (3, 4)),
    _case("sigmoid", "",                 (3, 4)),
    _case("lecun_tanh", "",              (3, 4)),
    _case("flatten", "",                 (2, 3, 2, 2)),
    _case("dense", "",                   (3, 4), (4, 5), (5,)),
    _case("softmax", "",                 (3, 4)),
    _case("log_softmax", "",             (3, 4)),
    _case("cross_entropy", "classes",    (4, 5), ("labels", 4, 5)),
    _case("cross_entropy", "one-hot",    (4, 5), ("one-hot", 4, 5)),
)
# fmt: on
