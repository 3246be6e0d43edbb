"""A rule taken out of its program: a function of the values that arrive there, with the rule and without it.

At the program's own dtypes the equation is bound again, which runs its rule as the program does; at float64 it is
`lifted`. Inside a `shard_map` the values are those of all devices, stacked, and the function maps over the same mesh.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.extend import core
from jax.sharding import PartitionSpec

from verify import interpreter, stripping
from verify.auditing import lifted
from verify.auditing.place import Shards
from verify.auditing.recording import varying_axes
from verify.auditing.site import Site


@dataclasses.dataclass(frozen=True)
class CapturedRule:
    """The equation of a site as a function; `primal` is the same without any rule."""

    site: Site

    @property
    def __name__(self) -> str:
        return self.site.name

    def __call__(self, *values: Any) -> list[Any]:
        """The outputs, with the rule."""
        return self._everywhere(self._ruled)(*values)

    def primal(self, *values: Any) -> list[Any]:
        """The outputs, by the function that the rule belongs to."""
        return self._everywhere(self._bare)(*values)

    def _ruled(self, *values: Any) -> list[Any]:
        eqn = self.site.eqn
        own = all(v.dtype == atom.aval.dtype for v, atom in zip(values, eqn.invars, strict=True))
        return interpreter.bind(eqn, values) if own else lifted.rule(eqn)(*values)

    def _bare(self, *values: Any) -> list[Any]:
        program, eqn = self.site.program, self.site.eqn
        own = all(v.dtype == atom.aval.dtype for v, atom in zip(values, eqn.invars, strict=True))
        run = core.jaxpr_as_fun(program) if own else lambda *args: lifted.evaluate(program, args)
        return stripping.without_rules(lambda *args: list(run(*args)))(*values)

    def _everywhere(self, run: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        shards = self.site.place.shards
        return run if shards is None else _mapped(run, self.site.eqn, shards)


def _mapped(run: Callable[..., list[Any]], eqn: Any, shards: Shards) -> Callable[..., list[Any]]:
    """`run` on every device; what differs between devices has one more axis in front."""
    given = [varying_axes(atom.aval, shards) for atom in eqn.invars]
    returned = [varying_axes(var.aval, shards) for var in eqn.outvars]

    def body(*values: Any) -> tuple[Any, ...]:
        outs = run(*(v[0] if axes else v for v, axes in zip(values, given, strict=True)))
        return tuple(y[None] if axes else y for y, axes in zip(outs, returned, strict=True))

    mapped = jax.shard_map(
        body,
        mesh=shards.mesh,
        in_specs=tuple(map(_spec, given)),
        out_specs=tuple(map(_spec, returned)),
        axis_names=set(shards.axes),
        check_vma=shards.check_vma,
    )
    return lambda *values: list(mapped(*values))


def _spec(axes: Sequence[str]) -> PartitionSpec:
    return PartitionSpec(tuple(axes)) if axes else PartitionSpec()
