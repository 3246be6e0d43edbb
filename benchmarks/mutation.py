"""How many wrong gradients does a checker notice that differ from a right one by one edit of one equation?

Every hand rule of `jaxcnn`, at every configuration of `jaxcnn.verification.cases`, is mutated by `verify.mutation`; the
same mutants are shown to `verify.check_rule` and to `jax.test_util.check_grads` at its defaults, in reverse mode, at
order 1 and at order 2 (which includes order 1). Mutants equal to the right rule, or following another convention where
the derivative jumps, do not count. Aim: `check_rule` notices all of at least 1,000; survivors are printed with a diff.

    python -m benchmarks.mutation [--only RULE] [--limit N] [--json FILE] [--mutants FILE] [--smoke]

Exit status 1 if a mutant survives `check_rule`. `--limit` takes that many mutants of each configuration, at random;
`--mutants` writes every one with its diff, and who noticed it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.experimental.compilation_cache import compilation_cache
from jax.test_util import check_grads

from benchmarks.command import finish, parser, writable
from benchmarks.record import Row
from jaxcnn.cli.output import write_text
from jaxcnn.rules import RULES
from jaxcnn.verification.cases import CASES, Case
from verify import mutation
from verify.checks import first_failure

Backward = Callable[..., Any]
OURS, ORDERS = "check_rule", ("check_grads 1", "check_grads 2")
HEADINGS = ("rule", "mutants", "equivalent", "conventions", OURS, *ORDERS, "seconds")


@dataclasses.dataclass(frozen=True)
class Configuration:
    """One configuration: its mutants and what each checker made of them; None: it rejects the right rule."""

    rule: str
    case: str
    mutants: mutation.Mutants
    ours: mutation.MutationScore
    grads: tuple[mutation.MutationScore | None, ...]
    seconds: float

    def cells(self) -> tuple[str, ...]:
        found = self.mutants
        counts = (len(found.different), len(found.equivalent), len(found.conventions), len(self.ours.killed))
        theirs = ("rejects right" if score is None else str(len(score.killed)) for score in self.grads)
        return (self.case, *map(str, counts), *theirs, f"{self.seconds:.0f}")

    def counts(self) -> dict[str, Any]:
        """What is kept of it for the page."""
        found = {"mutants": self.mutants.different, "equivalent": self.mutants.equivalent}
        found |= {"conventions": self.mutants.conventions, OURS: self.ours.killed}
        theirs = (None if score is None else len(score.killed) for score in self.grads)
        counted = {name: len(mutants) for name, mutants in found.items()} | dict(zip(ORDERS, theirs, strict=True))
        return {"rule": self.rule, "case": self.case, **counted, "seconds": round(self.seconds)}


def with_backward(case: Case, backward: Backward) -> Callable[..., Any]:
    """The rule of a case with another backward pass; the options of the case are in it already."""
    rule = dataclasses.replace(RULES[case.rule], backward=lambda residuals, g, **_: backward(residuals, g))
    return rule.with_custom_vjp(**case.options)


def right_backward(case: Case) -> Backward:
    return lambda residuals, g: RULES[case.rule].backward(residuals, g, **case.options)


def backward_example(case: Case) -> tuple[Any, Any]:
    """Residuals and a cotangent, for the arguments of the case's example."""
    outputs, residuals = RULES[case.rule].forward(*case.example(), **case.options)
    return residuals, np.random.default_rng(1).standard_normal(outputs.shape).round(2).astype(outputs.dtype)


def by_check_rule(case: Case) -> mutation.Check:
    return lambda backward: first_failure(with_backward(case, backward), *case.example())


def by_check_grads(case: Case, order: int) -> mutation.Check:
    example = case.example()
    floats = [at for at, x in enumerate(example) if np.issubdtype(x.dtype, np.floating)]

    def check(backward: Backward) -> None:
        rule = with_backward(case, backward)

        def of_floats(*given: Any) -> Any:
            values = dict(zip(floats, given, strict=True))
            return rule(*(values.get(at, x) for at, x in enumerate(example)))

        check_grads(of_floats, [example[at] for at in floats], order, modes=["rev"])

    return check


def measure(case: Case, limit: int | None) -> Configuration:
    started = time.monotonic()
    backward = right_backward(case)
    found = mutation.mutants(backward, *backward_example(case))
    if limit is not None and limit < len(found.different):
        chosen = np.sort(np.random.default_rng(0).choice(len(found.different), limit, replace=False))
        found = dataclasses.replace(found, different=tuple(found.different[at] for at in chosen))
    ours = mutation.judge(backward, by_check_rule(case), found)
    first = _score_of_grads(case, 1, backward, found)
    # order 2 begins with all of order 1, so what order 1 noticed need not be shown to it again
    left = found if first is None else dataclasses.replace(found, different=first.survivors)
    second = _score_of_grads(case, 2, backward, left)
    if first is not None and second is not None:
        second = dataclasses.replace(second, killed=first.killed + second.killed)
    grads = (first, second)
    return Configuration(case.rule, case.name, found, ours, grads, time.monotonic() - started)


def _score_of_grads(
    case: Case, order: int, backward: Backward, found: mutation.Mutants
) -> mutation.MutationScore | None:
    check = by_check_grads(case, order)
    try:
        check(backward)
    except AssertionError:
        return None
    return mutation.judge(backward, check, found)


@contextlib.contextmanager
def compilations_kept(folder: str) -> Iterator[None]:
    """Compile equal programs once: of the six of a failing check three are the witness's, alike for all mutants."""
    settings = {
        "jax_compilation_cache_dir": folder,
        "jax_persistent_cache_min_compile_time_secs": 0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in settings}
    for name, value in settings.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()
    try:
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()  # JAX keeps the folder it began with, and this one is about to go


def table(rows: Sequence[Configuration]) -> str:
    totals = [sum(int(cell) for cell in column if cell.isdecimal()) for column in _columns(rows)]
    cells = [HEADINGS, *(row.cells() for row in rows), ("all", *map(str, totals))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    )


def _columns(rows: Sequence[Configuration]) -> list[tuple[str, ...]]:
    return list(zip(*(row.cells()[1:] for row in rows), strict=True))


def summary(configurations: Sequence[Mapping[str, Any]]) -> list[Row]:
    """How many of all mutants `check_rule` notices, and beside `check_grads` where that accepts the right rule."""
    noticed, made = _sum(configurations, OURS), _sum(configurations, "mutants")
    ours = Row("mutants of the hand rules", OURS, noticed, f"of {made}", beside="all", ratio=noticed / max(1, made))
    rows = [dataclasses.replace(ours, least=1.0, floor=True, always=True)]
    for order in ORDERS:
        fair = [one for one in configurations if one[order] is not None]
        rejected = len(configurations) - len(fair)
        note = f"rejects the right rule at {rejected} of {len(configurations)} configurations"
        mine, theirs, of = (_sum(fair, key) for key in (OURS, order, "mutants"))
        section = f"where {order} accepts the right rule"
        rows.append(Row(section, OURS, mine, f"of {of}", beside=order, ratio=mine / max(1, theirs), always=True))
        rows.append(Row(section, order, theirs, f"of {of}", note=note))
    return rows


def _sum(configurations: Sequence[Mapping[str, Any]], key: str) -> int:
    return sum(one[key] for one in configurations)


def written_mutants(found: Sequence[Configuration]) -> str:
    """Every mutant with its diff and who noticed it, as JSON."""
    data = {
        one.case: {
            key: score and json.loads(score.to_json())
            for key, score in zip((OURS, *ORDERS), (one.ours, *one.grads), strict=True)
        }
        for one in found
    }
    return json.dumps({"jax": jax.__version__, "cases": data}, indent=1)


def main(words: Sequence[str] | None = None) -> int:
    made = parser("mutation", __doc__, smoke="two mutants of one small rule")
    made.add_argument("--only", choices=list(RULES), help="mutate this rule alone")
    made.add_argument("--limit", type=int, help="this many mutants of each configuration")
    made.add_argument("--mutants", type=writable, metavar="FILE", help="write every mutant and who noticed it")
    options = made.parse_args(words)
    if options.smoke:
        options.only, options.limit = "flatten", 2
    found = []
    with tempfile.TemporaryDirectory() as folder, compilations_kept(folder):
        for case in CASES:
            if options.only in (None, case.rule):
                found.append(measure(case, options.limit))
                print("  ".join(found[-1].cells()), file=sys.stderr, flush=True)
    print(table(found))
    laws = Counter(mutant.noticed for one in found for mutant in one.ours.killed)
    print("noticed by", ", ".join(f"{law} {count}" for law, count in laws.most_common()))
    for one in found:
        for mutant in one.ours.survivors:
            print(f"{one.case}: survivor of check_rule: {mutant}")
    if options.mutants is not None:
        write_text(options.mutants, written_mutants(found))
    configurations = [one.counts() for one in found]
    return finish("mutation", summary(configurations), options, configurations=configurations)


if __name__ == "__main__":
    sys.exit(main())
