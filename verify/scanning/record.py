"""What a scan says: a record for every function, with its findings, as data that JSON holds without loss."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

VERDICTS = ("wrong", "nan", "raises", "imprecise", "convention", "inconclusive")  # from the worst to the mildest
STATUSES = ("checked", "not differentiable", "no signature", "timed out", "crashed", "failed")
LONGEST_REPRODUCTION = 6  # lines; more is no longer pasted into an issue

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class ScanFinding:
    """One derivative of a library's function that is not what it should be.

    Attributes:
        function: The public name under which the function was found, "jax.scipy.special.spence".
        verdict: One of `VERDICTS`.
        mode: "reverse", "forward", "reverse of reverse", ...; "value" if the primal itself is off.
        order: 1 or 2.
        dtype: "float32" or "float64".
        argument: The argument's name.
        at: The inputs in short, "x=1.5".
        got: What the library says there.
        expected: What is right there.
        how: How `expected` was computed: "mpmath, 50 digits", "difference quotients in float64", "forward mode".
        why: The convention's name, the reason why nobody can tell, the ulps, the diagnosis; "" if none.
        reproduction: At most six lines of Python to paste into an issue, which print what was got and is expected.
    """

    function: str
    verdict: str
    mode: str
    order: int
    dtype: str
    argument: str
    at: str
    got: str
    expected: str
    how: str
    why: str = ""
    reproduction: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"`verdict` must be one of {', '.join(VERDICTS)}; got {self.verdict!r}.")
        if len(self.reproduction) > LONGEST_REPRODUCTION:
            raise ValueError(
                f"`reproduction` must have at most {LONGEST_REPRODUCTION} lines; got {len(self.reproduction)}."
            )

    def key(self) -> str:
        """What stays when the library, the compiler or the seed moves the digits: the identity in a baseline.

        Of the point its kind is kept: each number becomes its sign, zero, an infinity or NaN.
        """
        kind = _NUMBER.sub(_kind, self.at)
        return " | ".join(
            (self.function, self.verdict, self.mode, f"order {self.order}", self.dtype, self.argument, kind)
        )

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {**dataclasses.asdict(self), "reproduction": list(self.reproduction)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ScanFinding:
        """Read what `to_dict` wrote; a missing or an unknown field is a ValueError."""
        return cls(**_fields(cls, data) | {"reproduction": tuple(data["reproduction"])})


@dataclasses.dataclass(frozen=True)
class Scanned:
    """What became of one function.

    Attributes:
        function: Its public name.
        status: One of `STATUSES`: "not differentiable" has integer or boolean outputs only, "failed" raised.
        detail: Why, in one sentence; "" if checked.
        aliases: Other public names of the same object.
        calls: How many cells (signature, dtype, mode, order) were checked.
        seconds: What it took.
        findings: What is not as it should be.
    """

    function: str
    status: str
    detail: str = ""
    aliases: tuple[str, ...] = ()
    calls: int = 0
    seconds: float = 0.0
    findings: tuple[ScanFinding, ...] = ()

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"`status` must be one of {', '.join(STATUSES)}; got {self.status!r}.")

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        data = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return data | {"aliases": list(self.aliases), "findings": [finding.to_dict() for finding in self.findings]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Scanned:
        """Read what `to_dict` wrote; a missing or an unknown field is a ValueError."""
        findings = tuple(map(ScanFinding.from_dict, data.get("findings", ())))
        return cls(**_fields(cls, data) | {"aliases": tuple(data["aliases"]), "findings": findings})


def _kind(number: re.Match[str]) -> str:
    value = float(number.group())
    return "0" if value == 0 else "-" if value < 0 else "+"


def _fields(cls: type, data: dict[str, Any]) -> dict[str, Any]:
    expected, found = {field.name for field in dataclasses.fields(cls)}, set(data)
    if expected != found:
        odd = ", ".join(sorted(expected ^ found))
        raise ValueError(f"a {cls.__name__} must have the fields {', '.join(sorted(expected))}; these differ: {odd}.")
    return dict(data)
