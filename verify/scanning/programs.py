"""What is compiled for a call: its value and derivatives in every mode, and difference quotients of them in float64.

Along an entry e of an argument and with weights w of the outputs, the first derivative of <w, f> is e^T (J^T w) in
reverse mode and <w, J e> in forward mode; the second derives one of these along another entry, in either mode.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify import _precision, complexes, richardson
from verify.batched import Batched
from verify.scanning.lattice import Entry, Item
from verify.scanning.signatures import Call
from verify.stripping import equations
from verify.witness import inner_product, like

FIRST = ("reverse", "forward")
SECOND = ("reverse of reverse", "forward of reverse", "reverse of forward", "forward of forward")
MODES = {1: FIRST, 2: SECOND}
DTYPES = ("float32", "float64")

# how JAX says, otherwise than by a NotImplementedError, that it does not offer a mode
_NOT_OFFERED = re.compile(
    r"can't apply forward-mode|Reverse-mode differentiation does not work for|Linearization failed to produce known|"
    r"The FFI call to .* cannot be differentiated|callbacks do not support JVP|gradient with respect to .*not supported"
)
_UNEVEN = 11 / 16  # of a power of two: stairs of a power of two's width are not met at the same height every time

Row = tuple[Any, ...]  # floats, others, weights, first direction, second direction


class Answers(NamedTuple):
    """For every item: <w, f>, whether all outputs are finite, derivatives by mode, and the largest cotangent entry."""

    value: np.ndarray
    finite: np.ndarray
    derivatives: dict[str, np.ndarray]
    size: np.ndarray


class Programs:
    """The programs of one call, compiled at their first use.

    `refused` says why JAX does not offer a mode, `raised` what a derivative says that raises where it should answer.
    """

    def __init__(self, call: Call, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Trace the modes: one that JAX refuses (forward through a `custom_vjp`, reverse through a loop) is left out.

        Raises:
            Exception: whatever the function itself raises at the first item.
        """
        self.call = call
        self._moving = [i for i, kind in enumerate(call.kinds) if kind.floating]
        self._still = [i for i, kind in enumerate(call.kinds) if not kind.floating]
        self._items = items
        example = self._row(items[0], ())
        outputs = jax.eval_shape(self._outputs, example[0], example[1])
        self.leaves = tuple(map(_leaf_kind, jax.eval_shape(self._leaves, example[0], example[1])))
        self.weights = tuple(_weights(out, len(outputs), rng) for out in outputs)
        self.outputs = outputs
        self._entries = sum(int(np.size(x)) for x in example[0]) + 1
        self.refused: dict[str, str] = {}
        self.raised: dict[str, str] = {}
        self._functions = {"reverse": self._reverse, "forward": self._forward}
        for mode in SECOND:
            outer, inner = mode.split(" of ")
            self._functions[mode] = self._nested(outer, self._functions[inner])
        if outputs:
            for mode, function in self._functions.items():
                self._refuse(mode, functools.partial(jax.eval_shape, function))
        self._compiled: dict[Any, Batched] = {}

    def offered(self, order: int) -> list[str]:
        """The modes of this order that JAX offers for the function, and that answer."""
        return [mode for mode in MODES[order] if mode not in self.refused and mode not in self.raised]

    def answers(self, order: int, dtype: str, items: Sequence[Item] | None = None) -> Answers:
        """Derivatives of this order in every mode offered, op by op as an uncompiled call computes them."""
        try:
            return self._answered(order, dtype, items)
        except Exception:  # some modes are refused only when they are lowered: which, each is asked by itself
            before = self.offered(order)
            for mode in before:
                self._refuse(mode, lambda *row, mode=mode: jax.jit(self._functions[mode]).lower(*row))
            if self.offered(order) == before:
                raise
            self._compiled.clear()
            return self._answered(order, dtype, items)

    def _answered(self, order: int, dtype: str, items: Sequence[Item] | None) -> Answers:
        modes = self.offered(order)

        def one(*row: Any) -> Any:
            value, finite, size = self._value(order, row)
            return value, finite, size, tuple(self._functions[mode](*row) for mode in modes)

        value, finite, size, found = self._run(("answers", order, dtype), one, dtype, items)
        return Answers(value, finite, dict(zip(modes, found, strict=True)), size)

    def quotients(self, items: Sequence[Item], order: int, mode: str | None) -> list[richardson.Estimate]:
        """The derivative of this order by numbers: of the values, or of the first derivative in `mode`."""

        def one(*row: Any) -> Any:
            return self._quotients(row, order, mode)

        found = richardson.Differences(*self._run(("quotients", order, mode), one, "float64", items))
        return [_settled(*row, self.unit) for row in zip(*found, strict=True)]

    @functools.cached_property
    def unit(self) -> float:
        """The roundoff that the float64 program computes with: coarser where it casts to a narrower dtype within."""
        with _precision.double_precision():
            floats, others, *_ = self._row(self._items[0], self.weights)
            program = jax.make_jaxpr(self._outputs)(tuple(x.astype(np.float64) for x in floats), others)
        narrow = [
            _precision.unit_roundoff(atom.aval.dtype)
            for eqn in equations(program)
            for atom in eqn.outvars
            if hasattr(atom.aval, "dtype") and _precision.is_float(atom.aval)
        ]
        return max([_precision.unit_roundoff(np.float64), *narrow])

    def _run(self, key: Any, one: Callable[..., Any], dtype: str, items: Sequence[Item] | None) -> Any:
        double = dtype == "float64"
        if key not in self._compiled:
            self._compiled[key] = Batched(one, self._entries, double=double, quick=True)
        rows = [self._row(item, self.weights) for item in (self._items if items is None else items)]
        stacked = [
            tuple(np.stack(leaves) for leaves in zip(*column, strict=True)) for column in zip(*rows, strict=True)
        ]
        floats, others, *directions = stacked
        with np.errstate(all="ignore"):
            floating = [tuple(x.astype(dtype) for x in part) for part in (floats, *directions)]
        context = _precision.double_precision() if double else jax.enable_x64(False)
        with context:
            return self._compiled[key](floating[0], others, *floating[1:])

    def _row(self, item: Item, weights: Sequence[np.ndarray]) -> Row:
        floats = tuple(np.asarray(item.arrays[i]) for i in self._moving)
        others = tuple(np.asarray(item.arrays[i]) for i in self._still)
        return floats, others, tuple(weights), self._direction(item, item.first), self._direction(item, item.second)

    def _direction(self, item: Item, entry: Entry) -> tuple[np.ndarray, ...]:
        out = tuple(np.zeros(np.shape(item.arrays[i]), np.float32) for i in self._moving)
        out[self._moving.index(entry.position)][entry.at] = 1.0
        return out

    def _leaves(self, floats: Sequence[Any], others: Sequence[Any]) -> list[Any]:
        given = dict(zip(self._moving, floats, strict=True)) | dict(zip(self._still, others, strict=True))
        return [
            jnp.asarray(y) for y in jax.tree.leaves(self.call.run(*(jnp.asarray(given[i]) for i in range(len(given)))))
        ]

    def _outputs(self, floats: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
        """The floating outputs; complex ones as their two parts."""
        kept = [leaf for leaf in self._leaves(floats, others) if _leaf_kind(leaf) != "other"]
        return tuple(part for leaf in kept for part in complexes.parts(leaf))

    def _value(self, order: int, row: Row) -> tuple[Any, Any, Any]:
        floats, others, weights, *_ = row
        outputs = self._outputs(floats, others)
        finite = jnp.stack([jnp.isfinite(y).all() for y in outputs]).all()
        size = jnp.zeros(())
        if order == 1 and "reverse" in self.offered(1):
            cotangents = jax.vjp(lambda *xs: self._outputs(xs, others), *floats)[1](like(weights, outputs))
            size = jnp.stack([jnp.max(jnp.abs(c), initial=0.0) for c in cotangents]).max()
        return inner_product(weights, outputs), finite, size

    def _reverse(self, floats: Row, others: Row, weights: Row, first: Row, second: Row) -> Any:
        outputs, pullback = jax.vjp(lambda *xs: self._outputs(xs, others), *floats)
        return _picked(pullback(like(weights, outputs)), first)

    def _forward(self, floats: Row, others: Row, weights: Row, first: Row, second: Row) -> Any:
        tangents = jax.jvp(lambda *xs: self._outputs(xs, others), tuple(floats), tuple(first))[1]
        return inner_product(weights, tangents)

    def _nested(self, outer: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        def derivative(floats: Row, others: Row, weights: Row, first: Row, second: Row) -> Any:
            def once(*xs: Any) -> Any:
                return inner(xs, others, weights, first, second)

            if outer == "forward":
                return jax.jvp(once, tuple(floats), tuple(second))[1]
            out, pullback = jax.vjp(once, *floats)
            return _picked(pullback(jnp.ones_like(out)), second)

        return derivative

    def _refuse(self, mode: str, trial: Callable[..., Any]) -> None:
        try:
            trial(*self._row(self._items[0], self.weights))
        except Exception as error:  # each refuses in its own words, and that is what is reported
            text = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
            known = isinstance(error, NotImplementedError) or _NOT_OFFERED.search(str(error))
            (self.refused if known else self.raised)[mode] = text

    def _quotients(self, row: Row, order: int, mode: str | None) -> Any:
        floats, others, weights, first, second = row
        direction = first if order == 1 else second

        def moved(t: Any) -> tuple[Any, ...]:
            there = tuple(x + t * v for x, v in zip(floats, direction, strict=True))
            if mode is None:
                return self._outputs(there, others)
            return (self._functions[mode](there, others, weights, first, second),)

        base = moved(0.0)
        scales = weights if mode is None else (jnp.ones(()),)

        def slopes(h: Any) -> tuple[Any, Any]:
            # differences first, then the product with w: a large f must not swamp a small change
            ahead = tuple(a - b for a, b in zip(moved(h), base, strict=True))
            behind = tuple(b - a for a, b in zip(moved(-h), base, strict=True))
            return inner_product(scales, ahead) / h, inner_product(scales, behind) / h

        entry = sum(jnp.sum(x * v) for x, v in zip(floats, direction, strict=True))
        # as richardson.step_scale: fractions of the entry's own size where that is below one
        size = jnp.abs(entry)
        length = _UNEVEN * jnp.where((size > 0) & (size < 1), size, jnp.maximum(1.0, size * 2.0**-10))
        right, left = jax.lax.map(lambda h: slopes(h * length), jnp.asarray(richardson.STEPS))
        # a value near zero may be the difference of numbers near one: 1 - exp(-exp(-x)) has no digits beyond those
        weight = inner_product([jnp.abs(w) for w in scales], [jnp.maximum(jnp.abs(y), 1) for y in base])
        return (right + left) / 2, right, left, weight / length + jnp.abs(right[-1])


def _settled(
    central: np.ndarray, right: np.ndarray, left: np.ndarray, scale: float, unit: float
) -> richardson.Estimate:
    """As `richardson.settle`; no claim at a jump: one-sided quotients grow beside it, and may cancel in the middle."""
    found = richardson.settle(central, right, left, float(scale), unit)
    with np.errstate(all="ignore"):
        gaps = np.abs(right - left)
        noise = 64 * unit * scale / richardson.STEPS[-1]
        if found.kind == "smooth" and gaps[-1] > 2 * gaps[-3] and gaps[-1] > 1e-3 * abs(found.value) + noise:
            return found._replace(kind="unsettled", error=np.inf, reason="the function jumps there")
    return found


def _leaf_kind(leaf: Any) -> str:
    return "complex" if complexes.is_complex(leaf) else "float" if _precision.is_float(leaf) else "other"


def _picked(cotangents: Sequence[Any], direction: Sequence[Any]) -> Any:
    """The entry of the cotangents that the direction marks; what other entries are does not matter."""
    parts = (jnp.sum(jnp.where(v == 0, jnp.zeros_like(c), c)) for c, v in zip(cotangents, direction, strict=True))
    return sum(parts, jnp.zeros((), jnp.result_type(*cotangents)))


def _weights(out: Any, count: int, rng: np.random.Generator) -> np.ndarray:
    """One for a lone scalar, else random numbers with one decimal, none zero."""
    if count == 1 and out.shape == ():
        return np.ones((), np.float32)
    drawn = np.round(rng.uniform(0.2, 1.5, out.shape) * rng.choice((-1, 1), out.shape), 1)
    return np.asarray(drawn, np.float32)
