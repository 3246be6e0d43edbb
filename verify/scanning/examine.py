"""`examine`: one function of a library, every call of it, in both modes, to second order, in float32 and float64."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import numpy as np

from verify import thresholds
from verify.scanning import judging, lattice, reproduction, signatures, surrogate
from verify.scanning.exact import HOW
from verify.scanning.judging import Verdict
from verify.scanning.lattice import Item
from verify.scanning.oracle import Oracle, Truth
from verify.scanning.programs import DTYPES, MODES, Answers, Programs
from verify.scanning.record import VERDICTS, ScanFinding, Scanned
from verify.scanning.signatures import Call

_SAMPLE = 8  # every eighth item is held against mpmath in any case
_CONFIRMED = ("wrong", "nan", "imprecise")  # what accuses the library is run again from its own reproduction


class Raw(NamedTuple):
    """A verdict at item `i`, in one mode."""

    i: int
    order: int
    mode: str
    found: Verdict


def examine(name: str, *, seed: int = 0, budget: float | None = None) -> Scanned:
    """Check every derivative of the function that goes by a dotted name.

    Args:
        name: such as `jax.scipy.special.spence`.
        seed: of the ordinary points; equal seeds give equal results.
        budget: seconds after which no further call of the function is begun; the first always is.

    Returns:
        The record of the function; `status` is "checked" when at least one derivative was, or raised.

    Raises:
        ValueError: there is no such function.
    """
    started = time.monotonic()
    known = signatures.table()

    def record(status: str, detail: str, cells: int = 0, findings: Sequence[ScanFinding] = ()) -> Scanned:
        seconds = round(time.monotonic() - started, 3)
        return Scanned(name, status, detail, (), cells, seconds, tuple(findings))

    signatures.resolve(name)
    if name in known.left_out:
        return record("no signature", known.left_out[name])
    found = signatures.calls(name, known)
    if not found:
        return record("no signature", "no probe returned finite floats, and the table has no entry")
    if not any(kind.floating for call in found for kind in call.kinds):
        return record("not differentiable", "it takes integers or booleans only")
    cells, findings, notes, refused = 0, [], [], ""
    for n, call in enumerate(found):
        if n and budget is not None and time.monotonic() - started > budget:
            notes.append(f"no time was left for {call.text}")
            break
        try:
            programs, items = _prepared(call, seed)
        except Exception as error:  # the library's own words say why it does not take such arguments
            refused = f"{call.text}: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
            notes.append(refused)
            continue  # what other calls of the function have shown, or will, is not lost
        if not programs.outputs:
            notes.append(f"{call.text}: all outputs are integers or booleans")
            continue
        findings += _findings(programs, items, known.conventions.get(name, ""), seed)
        findings += _raising(programs, items[0], known.conventions.get(name, ""))
        notes += [f"{mode} mode is refused ({why})" for mode, why in programs.refused.items()]
        cells += sum(len(programs.offered(order)) * len(DTYPES) for order in (1, 2))
    if not cells and refused and not findings:
        return record("failed", refused)
    if not cells and not findings:
        return record("not differentiable", notes[0])
    return record("checked", "; ".join(dict.fromkeys(notes)), cells, _merged(findings))


def _prepared(call: Call, seed: int) -> tuple[Programs, list[Item]]:
    rng = signatures.generator(seed, call.name, call.text)
    example = call.draw(rng)
    found = thresholds.find(jax.make_jaxpr(call.run)(*example))
    items = lattice.items(call, found, rng)
    return Programs(call, items, rng), items


def _findings(programs: Programs, items: list[Item], purpose: str, seed: int) -> list[ScanFinding]:
    oracle = Oracle(programs, items)
    rng = signatures.generator(seed, programs.call.name, programs.call.text, "neighbours")
    raw: list[Raw] = []
    spoilt: set[int] = set()
    for order in (1, 2):
        if not programs.offered(order):
            continue
        answers = {dtype: programs.answers(order, dtype) for dtype in DTYPES}
        if order == 1:
            raw += _values(oracle, answers, items)
        new = list(_judged(programs, oracle, items, order, answers, spoilt, rng))
        if order == 1:
            new = _set_apart(new, programs, oracle, items)
        spoilt |= {found.i for found in new}
        raw += new
    return [_finding(programs, items, one, purpose) for one in _chosen(programs, items, raw)]


def _set_apart(found: list[Raw], programs: Programs, oracle: Oracle, items: list[Item]) -> list[Raw]:
    """The verdicts, where what is called wrong may be a surrogate gradient as nobody can decide."""
    accused = {items[one.i].first.position for one in found if one.found.verdict == "wrong"}
    meant = {position for position in accused if surrogate.stands_for(position, programs, oracle, items)}
    return [
        one._replace(found=one.found._replace(verdict="inconclusive", why=surrogate.WHY))
        if one.found.verdict == "wrong" and items[one.i].first.position in meant
        else one
        for one in found
    ]


def _values(oracle: Oracle, answers: dict[str, Answers], items: list[Item]) -> Iterator[Raw]:
    """Values that are off, where there is a formula: derivatives of another function are no surprise there."""
    for i in range(0, len(items), _SAMPLE):
        found = oracle.value(i)
        if found is None or not all(a.finite[i] for a in answers.values()):
            continue
        truth = Truth("smooth", found.value, 0.0, found.moved, found.value, found.value, HOW)
        got = {dtype: float(a.value[i]) for dtype, a in answers.items()}
        if (verdict := judging.judge(truth, got, 0.0, {}, oracle.unit)) is not None:
            yield Raw(i, 1, "value", verdict)


def _judged(
    programs: Programs,
    oracle: Oracle,
    items: list[Item],
    order: int,
    answers: dict[str, Answers],
    spoilt: set[int],
    rng: np.random.Generator,
) -> Iterator[Raw]:
    modes = programs.offered(order)
    for i in range(len(items)):
        dtypes = _comparable(answers, i)
        if i in spoilt or not dtypes:
            continue
        wide = {mode: float(answers["float64"].derivatives[mode][i]) for mode in modes}
        cancelling = _cancelling(items[i], order, answers["float64"], i)

        got = {mode: {d: float(answers[d].derivatives[mode][i]) for d in dtypes} for mode in modes}
        truth = oracle.by_numbers(i, order)
        found = [(mode, judging.judge(truth, got[mode], cancelling, wide, programs.unit)) for mode in modes]
        # mpmath takes its time: it is asked in doubt, and at some points in any case
        doubt = truth.kind != "smooth" or any(verdict is not None for _, verdict in found)
        if (doubt or i % _SAMPLE == 0) and (exact := oracle.exact(i, order)) is not None:
            truth, found = (
                exact,
                [(mode, judging.judge(exact, got[mode], cancelling, wide, programs.unit)) for mode in modes],
            )
        for mode, verdict in found:
            if verdict is not None:
                yield _softened(Raw(i, order, mode, verdict), truth, oracle, items[i], programs.call, rng)


def _softened(one: Raw, truth: Truth, oracle: Oracle, item: Item, call: Call, rng: np.random.Generator) -> Raw:
    """A convention where the function is not differentiable in all its arguments together."""
    if one.found.verdict not in _CONFIRMED:
        return one
    given = zip(call.kinds, item.arrays, strict=True)
    if any(bool(np.isin(x, (kind.low, kind.high)).any()) for kind, x in given if kind.floating and not kind.whole):
        why = "an argument lies at the boundary of the domain"
    elif truth.how != HOW and not oracle.differentiable(one.i, one.order, one.found.got, rng):
        why = "arguments tie: the function has a kink there"
    else:
        return one
    return one._replace(found=one.found._replace(verdict="convention", why=why))


def _comparable(answers: dict[str, Answers], i: int) -> list[str]:
    """The dtypes in which the item may be judged: finite, and float32 only where it computes what float64 does.

    The signs of eigenvectors, say, are chosen anew in each dtype.
    """
    values = {dtype: float(a.value[i]) for dtype, a in answers.items() if a.finite[i]}
    if len(values) == 2 and abs(values["float32"] - values["float64"]) > 1e-2 * (abs(values["float64"]) + 1):
        del values["float32"]
    return list(values)


def _cancelling(item: Item, order: int, answers: Answers, i: int) -> float:
    """What may cancel to give a derivative of this order: the largest cotangent, and the value over lengths.

    A sigmoid's slope s (1 - s) can be no more accurate than s is.
    """
    lengths = [1.0]
    for entry in (item.first, item.second)[:order]:
        x = abs(float(item.arrays[entry.position][entry.at]))
        lengths.append(min(1.0, x) if x else 1.0)
    sizes = [float(answers.size[i]), abs(float(answers.value[i])) / float(np.prod(lengths))]
    return max([s for s in sizes if np.isfinite(s)], default=0.0)


def _chosen(programs: Programs, items: list[Item], raw: list[Raw]) -> list[Raw]:
    """Of each kind of finding the one at the simplest point, with the modes that it concerns there."""
    kinds: dict[tuple[str, int, int], list[Raw]] = {}
    for one in raw:
        order = 0 if one.mode == "value" else one.order
        kinds.setdefault((one.found.verdict, order, items[one.i].first.position), []).append(one)
    out = []
    for found in kinds.values():
        best = min(found, key=lambda one: (one.found.dtype == "float32", _plainness(items[one.i]), one.i))
        out.append(best._replace(mode=", ".join(one.mode for one in found if one.i == best.i)))
    return out


def _plainness(item: Item) -> int:
    """How long the point is when written down: the shortest is the best to look at."""
    return sum(len(reproduction.short(array)) for array in item.arrays)


def _finding(programs: Programs, items: list[Item], one: Raw, purpose: str) -> ScanFinding:
    item, found, mode = items[one.i], one.found, one.mode.split(", ")[0]
    lines = reproduction.lines(programs, item, mode, one.order, found.dtype, found.expected)
    verdict, why = found.verdict, found.why
    if verdict in _CONFIRMED:
        again = reproduction.printed(lines)
        same = abs(again - found.got) <= 1e-2 * abs(found.got) if np.isfinite(found.got) else not np.isfinite(again)
        if not same:
            verdict, why = "inconclusive", f"the reproduction prints {again:.9g}: it depends on how it is compiled"
        elif purpose:
            verdict, why = "convention", purpose
    argument = reproduction.argument(programs, item.first)
    at = reproduction.place(programs, item)
    got = f"{found.got:.9g}"
    return ScanFinding(
        programs.call.name,
        verdict,
        one.mode,
        one.order,
        found.dtype,
        argument,
        at,
        got,
        found.expected,
        found.how,
        why,
        lines,
    )


def _raising(programs: Programs, item: Item, purpose: str) -> Iterator[ScanFinding]:
    """The derivatives that raise where JAX offers them; a second one of a first that raises is not told as well."""
    told: set[str] = set()
    for order in (1, 2):
        by_text: dict[str, list[str]] = {}
        for mode in MODES[order]:
            if (text := programs.raised.get(mode)) is not None and text not in told:
                by_text.setdefault(text, []).append(mode)
        told |= set(by_text)
        for text, modes in by_text.items():
            yield ScanFinding(
                programs.call.name,
                "convention" if purpose else "raises",
                ", ".join(modes),
                order,
                DTYPES[0],
                reproduction.argument(programs, item.first),
                reproduction.place(programs, item),
                text,
                "a derivative",
                "JAX, which offers this mode",
                purpose,
                reproduction=reproduction.lines(programs, item, modes[0], order, DTYPES[0], "a derivative"),
            )


def _merged(findings: Sequence[ScanFinding]) -> list[ScanFinding]:
    """The findings of all calls, worst first; each kind once, from the call that shows it first."""
    first: dict[tuple[str, str, int, str], ScanFinding] = {}
    for one in findings:
        first.setdefault((one.verdict, one.mode, one.order, one.argument), one)
    return sorted(first.values(), key=lambda one: VERDICTS.index(one.verdict))
