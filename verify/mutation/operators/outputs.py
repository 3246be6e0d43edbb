"""Mistakes with the tuple that a backward pass returns: exchanged, forgotten, an argument handed back instead."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp

from verify import _precision
from verify.mutation.program import OutputChange, same_type

OutputEdit = tuple[str, str, OutputChange]  # operator, what is done, and how


def edits(outputs: Sequence[Any], arguments: Sequence[Any]) -> Iterator[OutputEdit]:
    """The ways in which results of these types can be confused with one another and with the arguments."""
    floats = [i for i, y in enumerate(outputs) if _precision.is_float(y)]
    for i in floats:
        yield "output forgotten", f"output {i} zero", partial(_zero, i)
    for i, j in itertools.combinations(floats, 2):
        if same_type(outputs[i], outputs[j]):
            yield "outputs exchanged", f"outputs {i} and {j} exchanged", partial(_exchange, i, j)
    for i, k in itertools.product(floats, range(len(arguments))):
        if same_type(outputs[i], arguments[k]):
            yield "argument returned", f"argument {k} returned as output {i}", partial(_argument, i, k)


def _zero(i: int, results: list[Any], arguments: list[Any]) -> list[Any]:
    return [jnp.zeros_like(y) if at == i else y for at, y in enumerate(results)]


def _exchange(i: int, j: int, results: list[Any], arguments: list[Any]) -> list[Any]:
    return [results[{i: j, j: i}.get(at, at)] for at in range(len(results))]


def _argument(i: int, k: int, results: list[Any], arguments: list[Any]) -> list[Any]:
    return [arguments[k] if at == i else y for at, y in enumerate(results)]
