"""How many rules a minute does `audit` check in a transformer, and how many functions a minute does `scan`?

* `audit` of a transformer of Flax with a loss of Optax: rules checked a minute, cold, and its time beside that of
  compiling the loss's gradient alone, which whoever asks about the program has to do at least once;
* `scan` of a fixed dozen of functions of JAX, from elementwise ones to a matrix inverse: functions a minute in one
  process, and in as many as there are cores, beside so many times the speed of one.

    python -m benchmarks.auditing [--smoke] [--json FILE]

The claim: every rule of the model holds and every function of the dozen was checked. The scan needs the extra `scan`.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
import optax
from flax import linen

import verify
from benchmarks.command import finish, parser
from benchmarks.interleaved import Timing, interleaved, ratio
from benchmarks.judged import against, timed
from benchmarks.record import Row

DOZEN = (
    "jax.numpy.sin", "jax.numpy.log1p", "jax.numpy.sqrt", "jax.numpy.multiply", "jax.numpy.maximum", "jax.numpy.sort",
    "jax.numpy.prod", "jax.nn.softplus", "jax.nn.glu", "jax.lax.cummin", "jax.numpy.linalg.inv",
    "jax.scipy.special.i0e",
)  # fmt: skip
GRADIENT = "compiling the gradient alone"


@jax.custom_vjp
def rms_norm(x: Any, scale: Any) -> Any:
    """X over its root mean square along the last axis, times a learned scale."""
    return _norm_fwd(x, scale)[0]


def _norm_fwd(x: Any, scale: Any) -> tuple[Any, Any]:
    inverse = jax.lax.rsqrt((x * x).mean(axis=-1, keepdims=True) + 1e-6)
    return scale * x * inverse, (x, scale, inverse)


def _norm_bwd(saved: Any, g: Any) -> tuple[Any, Any]:
    x, scale, inverse = saved
    gs = g * scale
    d_x = inverse * (gs - x * inverse**2 * (gs * x).mean(axis=-1, keepdims=True))
    return d_x, (g * x * inverse).sum(axis=tuple(range(x.ndim - 1)))


rms_norm.defvjp(_norm_fwd, _norm_bwd)


class Norm(linen.Module):
    @linen.compact
    def __call__(self, x: Any) -> Any:
        return rms_norm(x, self.param("scale", linen.initializers.ones, x.shape[-1:]))


class Block(linen.Module):
    width: int

    @linen.compact
    def __call__(self, x: Any) -> Any:
        x = x + linen.MultiHeadDotProductAttention(num_heads=2)(Norm()(x))
        hidden = linen.silu(linen.relu(linen.Dense(2 * self.width)(Norm()(x))))
        return x + linen.Dense(self.width)(linen.relu6(hidden))


class Transformer(linen.Module):
    blocks: int
    width: int = 16

    @linen.compact
    def __call__(self, tokens: Any) -> Any:
        x = linen.Embed(20, self.width)(tokens)
        for _ in range(self.blocks):
            x = linen.remat(Block)(self.width)(x)
        return linen.Dense(20)(Norm()(x))


def model(blocks: int) -> tuple[Callable[..., Any], Any, np.ndarray]:
    """A loss, its parameters and tokens; rules are those of this file and of `jax.nn`."""
    tokens, network = np.random.default_rng(0).integers(0, 20, (2, 6)), Transformer(blocks)
    params = network.init(jax.random.key(0), tokens)

    def loss(params: Any, tokens: Any) -> Any:
        logits = network.apply(params, tokens)
        return optax.softmax_cross_entropy_with_integer_labels(logits[:, :-1], tokens[:, 1:]).mean()

    return loss, params, tokens


def audited(smoke: bool) -> list[Row]:
    """The rules of transformers of one block and of several: equal rules at equal shapes are checked once."""
    found = []
    for blocks in (0,) if smoke else (1, 4):
        loss, *args = model(blocks)
        reports: list[verify.Report] = []
        works = {
            "audit": _cold(lambda f=loss, a=args, r=reports: r.append(verify.audit(f, *a))),
            GRADIENT: _cold(lambda f=loss, a=args: jax.jit(jax.value_and_grad(f)).lower(*a).compile()),
        }
        timings = interleaved(works, 1 if smoke else 5, warm_up=False)
        report = reports[-1]
        rules, places = len(report.rules), sum(len(rule.places) for rule in report.rules)
        held, section = sum(rule.verdict == "held" for rule in report.rules), f"audit of a transformer, {blocks} blocks"
        found += [
            _rate(section, f"{rules} rules at {places} places", rules, "rules/min", timings["audit"]),
            against(section, timings, "audit", GRADIENT, floor=True),
            timed(section, GRADIENT, timings[GRADIENT]),
            Row(section, "rules that hold", held, f"of {rules}", beside="all", ratio=held / rules, least=1.0,
                floor=True, always=True),
        ]  # fmt: skip
    return found


def _cold(work: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        jax.clear_caches()
        return work()

    return run


def _rate(section: str, what: str, count: int, unit: str, timing: Timing, **more: Any) -> Row:
    rates = [60 * count / seconds for seconds in timing.seconds]
    return Row(section, what, statistics.median(rates), unit, min(rates), max(rates), len(rates), **more)


def scanned(smoke: bool) -> list[Row]:
    """The dozen in one process, and in as many as there are cores."""
    names = DOZEN[:2] if smoke else DOZEN
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jobs = [1] if smoke or cores == 1 else [1, cores]
    section, counts = f"scan of {len(names)} functions", []

    def scan(count: int) -> None:
        report = verify.scan(*names, jobs=count)
        counts.append(sum(record.status == "checked" for record in report.functions))

    try:
        works = {f"{count} processes": partial(scan, count) for count in jobs}
        timings = interleaved(works, 1 if smoke else 3, warm_up=False)
    except ImportError as error:  # the extra `scan`
        return [Row(section, "scan", note=str(error))]
    alone = timings["1 processes"]
    found = [_rate(section, "1 process", len(names), "functions/min", alone)]
    for count in jobs[1:]:
        together = timings[f"{count} processes"]
        fast = ratio(alone, together) / count
        found.append(
            _rate(section, f"{count} processes", len(names), "functions/min", together,
                  beside=f"{count} times one process", ratio=fast, floor=True)
        )  # fmt: skip
    checked = min(counts)
    found.append(
        Row(section, "functions checked", checked, f"of {len(names)}", beside="all", ratio=checked / len(names),
            least=1.0, floor=True, always=True)
    )  # fmt: skip
    return found


def main(words: Sequence[str] | None = None) -> int:
    options = parser("auditing", __doc__, smoke="no block, two functions").parse_args(words)
    return finish("auditing", audited(options.smoke) + scanned(options.smoke), options)


if __name__ == "__main__":
    sys.exit(main())
