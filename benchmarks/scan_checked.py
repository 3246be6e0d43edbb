r"""Of what a scan of JAX calls wrong or NaN, at least nine in ten stand up to algebra and mpmath done for each finding.

    python -m verify scan jax.numpy jax.scipy.special jax.scipy.stats jax.nn jax.numpy.linalg jax.lax optax.losses \
        --limit 120 --out scan.jsonl
    python -m benchmarks.scan_checked scan.jsonl benchmarks/results/scan.json   # check, and keep what was found
    python -m benchmarks.scan_checked benchmarks/results/scan.json              # check again, print, and write SCAN.md

The functions are written down here once more, by definitions that share nothing with the scan's own formulas: an
integral where that has a polylogarithm, a sum where it has difference quotients. Needs the extra `scan`.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import mpmath as mp

from jaxcnn.cli.output import write_text

mp.mp.dps = 40
ACCUSING = ("wrong", "nan")
LEAST = 0.9
PAGE = Path(__file__).parent / "SCAN.md"


class Checked(NamedTuple):
    finding: dict[str, Any]
    truth: float | None  # None: not decided by hand
    stands: bool


def spence(x: Any) -> Any:
    return mp.quad(lambda t: mp.log(t) / (1 - t) if t != 1 else mp.mpf(-1), [1, x])


def box(x: Any, power: Any) -> Any:
    """The integral of t^(power - 1) from 1 to x, as a series in power log x: it has no singularity at 0."""
    return mp.log(x) * mp.nsum(lambda k: (power * mp.log(x)) ** k / mp.factorial(k + 1), [0, mp.inf])


def log_beta(a: Any, b: Any) -> Any:
    return mp.log(mp.quad(lambda t: t ** (a - 1) * (1 - t) ** (b - 1), [0, 0.5, 1]))


def log_betabinom(a: Any, b: Any) -> Any:
    """Of 2 in 5: C(5, 2) a (a + 1) b (b + 1) (b + 2) / ((a + b) ... (a + b + 4)), rational in a and b."""
    return mp.log(10 * mp.rf(a, 2) * mp.rf(b, 3) / mp.rf(a + b, 5))


def entropy(mu: Any) -> Any:
    tail = mp.nsum(lambda k: mu**k * mp.loggamma(k + 1) / mp.factorial(k), [2, 60])
    return mu * (1 - mp.log(mu)) + mp.exp(-mu) * tail


def kaiser(weights: list[Any], beta: Any) -> Any:
    ends = [mp.sqrt(1 - (mp.mpf(k) / 2 - 1) ** 2) for k in range(5)]
    return sum(w * mp.besseli(0, beta * e) for w, e in zip(weights, ends, strict=True)) / mp.besseli(0, beta)


def correlation(weights: list[Any], x: list[Any], y: list[Any]) -> Any:
    dx, dy = [v - sum(x) / len(x) for v in x], [v - sum(y) / len(y) for v in y]
    r = sum(a * b for a, b in zip(dx, dy, strict=True))
    r /= mp.sqrt(sum(a * a for a in dx) * sum(b * b for b in dy))
    return weights[0] + weights[3] + (weights[1] + weights[2]) * r


def dirichlet(x: list[Any], alpha: list[Any]) -> Any:
    out = mp.gamma(sum(alpha))
    for v, a in zip(x, alpha, strict=True):
        out *= v ** (a - 1) / mp.gamma(a)
    return out


def vandermonde(weights: list[Any], x: list[Any]) -> Any:
    return sum(weights[3 * i] * v**2 + weights[3 * i + 1] * v + weights[3 * i + 2] for i, v in enumerate(x))


# By function: its value, of the weights of its outputs and its arguments.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "jax.numpy.corrcoef": correlation,
    "jax.numpy.hypot": lambda w, x, y: mp.sqrt(x * x + y * y),
    "jax.numpy.i0": lambda w, x: mp.nsum(lambda k: (x * x / 4) ** k / mp.factorial(k) ** 2, [0, mp.inf]),
    "jax.numpy.kaiser": kaiser,
    "jax.numpy.ldexp": lambda w, x, n: x * 2**n,
    "jax.numpy.vander": vandermonde,
    "jax.scipy.special.bessel_jn": lambda w, z: sum(c * mp.besselj(v, z) for v, c in enumerate(w)),
    "jax.scipy.special.beta": lambda w, a, b: mp.exp(log_beta(a, b)),
    "jax.scipy.special.betaln": lambda w, a, b: log_beta(a, b),
    "jax.scipy.special.boxcox": lambda w, x, power: box(x, power),
    "jax.scipy.special.boxcox1p": lambda w, x, power: box(1 + x, power),
    "jax.scipy.special.expn": lambda w, x: mp.exp(-x) / x,
    "jax.scipy.special.fresnel": lambda w, x: w[0] * mp.fresnels(x) + w[1] * mp.fresnelc(x),
    "jax.scipy.special.hyp1f1": lambda w, a, b, x: mp.hyper([a], [b], x),
    "jax.scipy.special.hyp2f1": lambda w, a, b, c, x: mp.hyper([a, b], [c], x),
    "jax.scipy.special.i0": lambda w, x: mp.nsum(lambda k: (x * x / 4) ** k / mp.factorial(k) ** 2, [0, mp.inf]),
    "jax.scipy.special.i1": lambda w, x: mp.besseli(1, x),
    "jax.scipy.special.spence": lambda w, x: spence(x),
    "jax.scipy.stats.betabinom.logpmf": lambda w, a, b: log_betabinom(a, b),
    "jax.scipy.stats.betabinom.pmf": lambda w, a, b: mp.exp(log_betabinom(a, b)),
    "jax.scipy.stats.dirichlet.pdf": lambda w, x, alpha: dirichlet(x, alpha),
    "jax.scipy.stats.laplace.cdf": lambda w, x, loc, scale: mp.exp((x - loc) / scale) / 2,
    "jax.scipy.stats.poisson.entropy": lambda w, mu: entropy(mu),
}
# Where algebra is shorter than a program: (function, argument, order) and the derivative there, with the reason.
ALGEBRA = {
    ("jax.nn.log1mexp", "x", 2): (0.0, "-e^x / (e^x - 1)^2 at 1e4 is below 1e-4000"),
    ("jax.scipy.stats.gennorm.cdf", "x", 1): (0.5, "the density of beta = 1 at 0, beta / (2 Gamma(1 / beta))"),
    ("jax.scipy.stats.gennorm.cdf", "beta", 1): (0.0, "the median is 0 for every beta, so cdf(0) is 1/2"),
    ("jax.scipy.stats.gumbel_l.cdf", "x", 1): (0.0, "exp(x - exp(x)) at 1e4"),
    ("jax.scipy.stats.gumbel_l.logcdf", "x", 1): (0.0, "exp(x - exp(x)) / cdf at 1e4"),
    ("jax.scipy.stats.gumbel_l.pdf", "x", 1): (0.0, "(1 - e^x) exp(x - exp(x)) at 1e4"),
    ("jax.scipy.stats.gumbel_l.sf", "x", 1): (0.0, "-exp(x - exp(x)) at 1e4"),
    ("jax.scipy.stats.gumbel_r.cdf", "x", 1): (0.0, "exp(-x - exp(-x)) at -1e4"),
    ("jax.scipy.stats.gumbel_r.logsf", "x", 1): (0.0, "-exp(-x - exp(-x)) / sf at -1e4"),
    ("jax.scipy.stats.gumbel_r.logsf", "x", 2): (0.0, "of the order of e^20 exp(-e^10) at -10, below 1e-9000"),
    ("jax.scipy.stats.gumbel_r.pdf", "x", 1): (0.0, "(e^-x - 1) exp(-x - exp(-x)) at -1e4"),
    ("jax.scipy.stats.gumbel_r.sf", "x", 1): (0.0, "-exp(-x - exp(-x)) at -1e4"),
    ("jax.scipy.special.sph_harm_y", "theta", 1): (0.0, "Y_2^2 goes as sin(theta)^2, whose slope at the pole is 0"),
    ("jax.scipy.special.sph_harm_y", "phi", 2): (0.0, "Y_0^0 is constant"),
}


def main(source: str, kept: str | None = None) -> None:
    """Check the findings of a scan's file, print each, and write them down where asked to."""
    data = _read(Path(source))
    found = [check(finding) for finding in data["findings"]]
    for finding, truth, stands in found:
        words = "not decided" if truth is None else f"{truth:.9g}"
        name = f"{finding['function']} d/d{finding['argument']}, order {finding['order']} at {finding['at'][:60]}"
        print(f"{'stands' if stands else 'FALLS ':6}  {name}: got {finding['got']}, right {words}")
    share = sum(one.stands for one in found) / len(found)
    print(f"{data['functions']}; {len(found)} called wrong or NaN, {share:.0%} stand")
    write_text(PAGE, page(data, found))
    if kept:
        write_text(Path(kept), json.dumps(data, indent=1) + "\n")
    if share < LEAST:
        raise SystemExit(f"fewer than {LEAST:.0%} stand")


def page(data: dict[str, Any], found: list[Checked]) -> str:
    """The findings that stand, with what to paste."""
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    counts = ", ".join(f"{count} {status}" for status, count in data["functions"].items())
    standing = [one for one in found if one.stands]
    parts = [
        "# Derivatives that are wrong or NaN",
        f"Found by `python -m verify scan` ({versions}), and checked one by one with mpmath or algebra by "
        f"`python -m benchmarks.scan_checked`, which writes this. Functions: {counts}; {data['seconds']} s on a core. "
        f"Called wrong or NaN: {len(found)}, of which {len(standing)} stand. Each function's first finding as code.",
        "| function | along | order | mode | at | got | right |\n| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows = []
    for finding, truth, _ in standing:
        cells = [f"`{finding['function']}`", finding["argument"], finding["order"], finding["mode"]]
        rows.append("| " + " | ".join(map(str, [*cells, finding["at"], finding["got"], f"{truth:.9g}"])) + " |")
    parts[-1] = "\n".join([parts[-1], *rows])
    shown: dict[str, dict[str, Any]] = {}
    for finding, *_ in standing:
        shown.setdefault(finding["function"], finding)
    parts += ["```python\n" + "\n".join(one["reproduction"]) + "\n```" for one in shown.values()]
    return "\n\n".join(parts) + "\n"


def check(finding: dict[str, Any]) -> Checked:
    """Whether one finding stands: what JAX says is off by a part in a thousand at least, or is not finite."""
    truth = _truth(finding)
    got = float(finding["got"])
    off = truth is not None and (not abs(got) < mp.inf or abs(got - truth) > 1e-3 * max(abs(truth), abs(got)))
    return Checked(finding, truth, bool(off))


def _truth(finding: dict[str, Any]) -> float | None:
    known = ALGEBRA.get((finding["function"], finding["argument"], finding["order"]))
    if known is not None:
        return known[0]
    if finding["function"] not in FUNCTIONS:
        return None
    setup, arguments, got = (
        next(line for line in finding["reproduction"] if line.startswith(start))
        for start in ("fun =", "args =", "print")
    )
    weights = _numbers(" ".join(re.findall(r"jnp\.array\((.*?)\)[,\]]", setup.split("jax.tree")[0] + "]")))
    values = [_numbers(part) for part in re.findall(r"np\.\w+\((.*?)\)", arguments)]
    vectors = ["[" in part for part in re.findall(r"np\.\w+\((.*?)\)", arguments)]
    positions = [int(n) for n in re.findall(r", (\d)\)", got)]
    indices = [int(n) for n in re.findall(r"\[(\d)\]", got)] or [0] * len(positions)
    entries = list(zip(positions, indices, strict=True))
    fun = FUNCTIONS[finding["function"]]

    def moved(*shifts: Any) -> Any:
        at = [list(part) for part in values]
        for (position, index), shift in zip(entries, shifts, strict=True):
            at[position][index] += shift
        return fun(weights, *(part if vector else part[0] for part, vector in zip(at, vectors, strict=True)))

    zeros = tuple(mp.mpf(0) for _ in entries)
    return float(mp.re(mp.diff(moved, zeros, (1,) * len(entries))))


def _numbers(text: str) -> list[Any]:
    return [mp.mpf(n) for n in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", text)]


def _read(source: Path) -> dict[str, Any]:
    text = source.read_text("utf-8")
    if source.suffix != ".jsonl":
        return json.loads(text)
    header, *records = [json.loads(line) for line in text.splitlines()]
    findings = [one for record in records for one in record["findings"]]
    return {
        "command": f"python -m verify scan {' '.join(header['modules'])} --limit {header['limit']:g}",
        "versions": header["versions"],
        "functions": dict(Counter(record["status"] for record in records)),
        "verdicts": dict(Counter(one["verdict"] for one in findings)),
        "seconds": round(sum(record["seconds"] for record in records)),
        "findings": [one for one in findings if one["verdict"] in ACCUSING],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
