"""Every hand rule on the device, beside JAX autodiff of its primal in float64 on the host.

On small integers those rules that only add, multiply and compare must be equal bit for bit; on other numbers all must
be within the bound that `verify` derives from the dtype, the number of roundings and the spread of the exact answer
when its inputs move by one rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.on_gpu.options import Options, guarded
from benchmarks.record import Row
from jaxcnn.fast import FORMS, conv_block
from jaxcnn.rules import RULES, Rule
from jaxcnn.verification.cases import CASES
from verify import tolerance

SECTION = "hand rules"
EXACT = ("conv", "max_pool", "relu", "flatten", "dense")  # only sums, products and comparisons of whole numbers
BLOCK = ((4, 8, 8, 2), (3, 3, 2, 4), (4,))
PRECISIONS = ("highest", "default")


def rows(options: Options) -> Iterator[Row]:
    jax.config.update("jax_enable_x64", True)  # for the host; what runs on the device is told to be float32
    for name, rule, keywords, example in _trials(options):
        host = _Host(rule, keywords, example)
        for precision in PRECISIONS:
            what = f"{name}, {precision}"
            yield from guarded(SECTION, what, partial(_compared, what, precision, host))


def _trials(options: Options) -> Iterator[tuple[str, Rule, dict[str, Any], tuple[np.ndarray, ...]]]:
    for case in CASES[:: 6 if options.smoke else 1]:
        yield case.name, RULES[case.rule], dict(case.options), case.example()
    random = np.random.default_rng(1)
    block = tuple(np.round(random.standard_normal(shape), 2).astype(np.float32) for shape in BLOCK)
    for name, form in FORMS["conv_block"].items():
        yield f"block by {name}", form.rule(), {"padding": "SAME", "relu": True, "window": 2}, block
    if not options.smoke:
        yield "max pool by taps", FORMS["max_pool"]["taps"].rule(), {"window": 2}, block[:1]
        dense = tuple(np.round(random.standard_normal(s), 2).astype(np.float32) for s in ((6, 5), (5, 4), (4,)))
        yield "dense, batch minor", FORMS["dense"]["batch_minor"].rule(), {}, dense


def _compared(what: str, precision: str, host: _Host) -> Row:
    with jax.default_matmul_precision(precision):
        run = jax.jit(partial(_by_hand, host.rule, host.keywords))
        beyond, told = _beyond_bounds(run, host)
        if host.exact:
            off = sum(
                int((np.asarray(one, np.float64) != right).sum())
                for one, right in zip(run(host.whole, host.cotangent), host.on_whole, strict=True)
            )
            told += f", {off} entries wrong on integers" if off else ", exact on integers"
            beyond += off
    return Row(SECTION, what, beyond, "wrong entries", note=told)


def _beyond_bounds(run: Any, host: _Host) -> tuple[int, str]:
    """Return how many entries are beyond their bound, and the largest error as a share of its bound in words."""
    beyond, share = 0, 0.0
    for one, exact, bound in zip(run(host.example, host.cotangent), host.right, host.bounds, strict=True):
        values = np.asarray(one, np.float64)
        off = np.where(np.isfinite(values), np.abs(values - exact), np.inf)
        beyond += int((off > bound).sum())
        share = max(share, float((off / bound).max(initial=0.0)))
    return beyond, f"largest error {share:.3g} of its bound"


class _Host:
    """What a rule must give, by autodiff of its primal in float64 on the CPU; computed when it is first asked for."""

    def __init__(self, rule: Rule, keywords: dict[str, Any], example: tuple[np.ndarray, ...]) -> None:
        self.rule, self.keywords, self.example = rule, keywords, example
        kind = "conv" if rule.primal is conv_block else rule.name.split("_by_")[0].removesuffix("_batch_minor")
        self.exact = kind in EXACT and "winograd" not in rule.name  # whose transforms halve odd numbers
        self._compiled = jax.jit(partial(_by_autodiff, rule, keywords))

    @cached_property
    def cotangent(self) -> np.ndarray:
        """Whole numbers from -3 to 3 in the shape of the outputs."""
        shape = jax.eval_shape(partial(self.rule.primal, **self.keywords), *self.example).shape
        return np.random.default_rng(2).integers(-3, 4, shape).astype(np.float32)

    @cached_property
    def whole(self) -> tuple[np.ndarray, ...]:
        """The example with whole numbers."""
        return tuple(np.rint(3 * x).astype(x.dtype) if _is_float(x) else x for x in self.example)

    @cached_property
    def on_whole(self) -> list[np.ndarray]:
        """Outputs and cotangents for whole numbers."""
        return self._at(self.whole, self.cotangent)

    @cached_property
    def right(self) -> list[np.ndarray]:
        """Outputs and cotangents for the example."""
        return self._at(self.example, self.cotangent)

    @cached_property
    def bounds(self) -> list[np.ndarray]:
        """How far float32 may be from them."""
        floats, copies = [x for x in self.example if _is_float(x)], []
        for moved in tolerance.jittered([*floats, self.cotangent], np.float32, np.random.default_rng(3)):
            given = iter(moved[:-1])
            copies.append(self._at([next(given) if _is_float(x) else x for x in self.example], moved[-1]))
        program = jax.make_jaxpr(partial(_by_hand, self.rule, self.keywords))(self.example, self.cotangent)
        length, found = tolerance.roundings(program.jaxpr), []
        for exact, *moved in zip(self.right, *copies, strict=True):
            spread = tolerance.spread(exact, np.stack(moved), np.float32)
            # Terms may cancel: what the largest of them loses counts for all, as it does in `verify`.
            found.append(tolerance.bound(np.float32, exact, np.full_like(spread, spread.max(initial=0.0)), length))
        return found

    def _at(self, arguments: Any, cotangent: Any) -> list[np.ndarray]:
        with jax.default_device(jax.local_devices(backend="cpu")[0]):
            wide = [jnp.asarray(x, jnp.float64) if _is_float(x) else jnp.asarray(x) for x in arguments]
            return [np.asarray(x) for x in self._compiled(wide, jnp.asarray(cotangent, jnp.float64))]


def _by_autodiff(rule: Rule, keywords: dict[str, Any], arguments: Any, cotangent: Any) -> list[Any]:
    places = [i for i, x in enumerate(arguments) if _is_float(x)]

    def of_floats(*floats: Any) -> Any:
        every = list(arguments)
        for place, x in zip(places, floats, strict=True):
            every[place] = x
        return rule.primal(*every, **keywords)

    outputs, pull = jax.vjp(of_floats, *(arguments[i] for i in places))
    return [outputs, *pull(cotangent)]


def _by_hand(rule: Rule, keywords: dict[str, Any], arguments: Any, cotangent: Any) -> list[Any]:
    outputs, residuals = rule.forward(*arguments, **keywords)
    cotangents = rule.backward(residuals, cotangent, **keywords)
    return [outputs, *(one for one, x in zip(cotangents, arguments, strict=True) if _is_float(x))]


def _is_float(values: Any) -> bool:
    return jnp.issubdtype(values.dtype, jnp.floating)
