"""The values that arrive at every rule, as extra outputs of the program itself.

One walk under tracing, one compiled program. A record is a tuple of arrays per address; every loop around it adds an
axis in front, the outermost first. Of a scan all steps are kept when there are few, else the first, middle and last
ones; of a while loop the first and the last. Both branches of a cond are run on the operands that arrive, so that a
rule in the branch that is not taken is seen too; which one was taken is a record of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core
from jax.sharding import PartitionSpec

from verify import interpreter
from verify.auditing.place import Place, Shards
from verify.auditing.site import Site
from verify.auditing.walk import Walk
from verify.interpreter import RULES

Records = dict[str, tuple[Any, ...]]

FEW = 8  # steps of a loop that are all kept
_FIRST, _MIDDLE, _LAST = 3, 2, 3  # of more steps


class Recorder(Walk):
    """A walk that fills `records`, and `sites` with what the addresses stand for."""

    def __init__(self) -> None:
        """Nothing is recorded yet."""
        self.records: Records = {}
        self.sites: dict[str, Site] = {}
        self.loops: dict[str, int] = {}  # how many axes in front of a record's own are those of loops
        self.sampled: dict[str, str] = {}  # sentences, by address, about loops of which not all steps are kept

    def rule(self, found: Site, values: list[Any], index: int) -> list[Any]:
        """Keep the values; go through the primal, which may hold rules of its own."""
        self.sites[found.address] = found
        self.records[found.address] = tuple(values)
        self.loops[found.address] = len(found.place.loops)
        inside = found.place.inside(index, found.word, nested=True)
        return self.evaluate(found.eqn.params[RULES[found.eqn.primitive.name]], values, inside)

    def scan(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """Record inside the steps that are kept; those between them run as they stand."""
        params = eqn.params
        constants, count = interpreter.scan_parts(eqn)
        carried = constants + count
        length, reverse = params["length"], params["reverse"]
        consts, carry, xs = values[:constants], values[constants:carried], values[carried:]
        spans = _spans(length)
        steps = [t for begin, end, kept in spans if kept for t in range(begin, end)]
        steps = [length - 1 - t for t in steps] if reverse else steps
        body = place.looped(index, "scan", steps)
        if len(steps) < length:
            self.sampled[place.at(index)] = f"{_named(place, 'scan')} takes {length} steps: recorded were {steps}"

        def step(kept: bool) -> Any:
            def run(carry: Any, x: Any) -> Any:
                args = [*consts, *carry, *x]
                if kept:
                    outs, records = self._separately(params["jaxpr"], args, body)
                else:
                    outs, records = core.jaxpr_as_fun(params["jaxpr"])(*args), {}
                return outs[:count], (outs[count:], records)

            return run

        ys, recorded = [], []
        for begin, end, kept in spans:
            begin, end = (length - end, length - begin) if reverse else (begin, end)
            part = [x[begin:end] for x in xs]
            carry, (y, records) = jax.lax.scan(step(kept), carry, part, length=end - begin, reverse=reverse)
            # a reversed scan stacks by position, we by the order of running
            recorded.append(jax.tree.map(lambda r: r[::-1], records) if reverse else records)
            ys.append(y)
        if reverse:
            ys.reverse()
        joined = [jnp.concatenate(parts) if len(parts) > 1 else parts[0] for parts in zip(*ys, strict=True)]
        full = [records for records in recorded if records]
        self.records |= jax.tree.map(lambda *parts: _joined(parts), *full) if full else {}
        return [*carry, *joined]

    def while_(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """Record the first steps and the last one in slots, and how many there were."""
        params = eqn.params
        ahead, behind = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
        cond_consts, body_consts, carry = values[:ahead], values[ahead:behind], values[behind:]
        again = core.jaxpr_as_fun(params["cond_jaxpr"])
        body = place.looped(index, "while", range(FEW), counted=True)
        address = place.at(index)
        self.sampled[address] = f"{_named(place, 'while')}: of many steps the first {FEW - 1} and the last are recorded"
        _, asked = self._separately(
            params["cond_jaxpr"], [*cond_consts, *carry], place.inside(index, "condition of while", "condition")
        )

        def run(state: Any) -> Any:
            count, carry, slots = state
            outs, records = self._separately(params["body_jaxpr"], [*body_consts, *carry], body)
            slot = jnp.minimum(count, FEW - 1)
            slots = jax.tree.map(lambda kept, new: kept.at[slot].set(new), slots, records)
            return count + 1, outs, slots

        shapes = jax.eval_shape(lambda: self._separately(params["body_jaxpr"], [*body_consts, *carry], body)[1])
        slots = jax.tree.map(_slots, shapes)
        start = (jnp.zeros((), jnp.int32), carry, slots)
        count, carry, slots = jax.lax.while_loop(lambda s: again(*cond_consts, *s[1])[0], run, start)
        self.records |= asked | slots | {address: (count,)}
        self.loops[address] = len(place.loops)
        return list(carry)

    def cond(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """Record inside every branch at the operands that arrive; the result is that of the branch that is taken."""
        taken, operands = values[0], values[1:]
        for k, branch in enumerate(eqn.params["branches"]):
            inside = place.inside(index, f"cond[branch={k}]", k)
            _, records = self._separately(branch, operands, inside)
            self.records |= records
        self.records[place.at(index)] = (taken,)
        self.loops[place.at(index)] = len(place.loops)
        return interpreter.bind(eqn, values)

    def shard_map(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """Record on every device: what differs between them is stacked along an axis before the value's own."""
        params = eqn.params
        axes = tuple(str(axis) for axis in params["mesh"].axis_names if axis in params["newly_manual_axes"])
        shards = Shards(params["mesh"], axes, params["check_vma"])
        body = place.inside(index, "shard_map", shards=shards)
        out_specs: dict[str, Any] = {}

        def run(*args: Any) -> Any:
            outs, records = self._separately(params["jaxpr"], args, body)
            stacked, specs = {}, {}
            for address, leaves in records.items():
                rank = self.loops[address] - len(place.loops)
                pairs = [_stacked(v, varying_axes(jax.typeof(v), shards), rank) for v in leaves]
                stacked[address], specs[address] = tuple(v for v, _ in pairs), tuple(s for _, s in pairs)
            out_specs.update(specs)
            return tuple(outs), stacked

        kwargs = {
            "mesh": params["mesh"],
            "in_specs": tuple(params["in_specs"]),
            "axis_names": set(params["newly_manual_axes"]),
            "check_vma": params["check_vma"],
        }
        # the specs of the records follow from a trace of the body; an abstract one that returns nothing gives them
        jax.eval_shape(jax.shard_map(lambda *a: (run(*a), ())[1], out_specs=(), **kwargs), *values)
        outs, records = jax.shard_map(run, out_specs=(tuple(params["out_specs"]), dict(out_specs)), **kwargs)(*values)
        self.records |= records
        return list(outs)

    def custom_linear_solve(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """Record inside the solver, and inside the product with the matrix at the solution."""
        lengths, programs = eqn.params["const_lengths"], eqn.params["jaxprs"]
        ends = np.cumsum(lengths)
        consts = {name: values[end - n : end] for name, n, end in zip(programs._fields, lengths, ends, strict=True)}
        given = values[ends[-1] :]
        solved = interpreter.bind(eqn, values)
        for name, args in (("solve", given), ("matvec", solved)):
            inside = place.inside(index, f"custom_linear_solve[{name}]", name)
            _, records = self._separately(getattr(programs, name), [*consts[name], *args], inside)
            self.records |= records
        return solved

    def _separately(self, program: Any, args: Sequence[Any], place: Place) -> tuple[list[Any], Records]:
        """Outputs and records of an inner program, which a loop has to carry out of its body."""
        outside, self.records = self.records, {}
        outs = self.evaluate(program, args, place)
        inside, self.records = self.records, outside
        return outs, inside


def varying_axes(aval: Any, shards: Shards) -> tuple[str, ...]:
    """Along which axes of the mesh a per-shard value of this type differs; along all where JAX keeps no account."""
    differing = _differing(aval)
    return tuple(axis for axis in shards.axes if axis in differing or not shards.check_vma)


def _differing(aval: Any) -> frozenset[Any]:
    """The axes along which a value of this type differs; newer versions of JAX keep them in a type of their own."""
    kept = getattr(aval, "manual_axis_type", None)
    return frozenset(kept.varying if kept is not None else getattr(aval, "vma", ()))


def _stacked(value: Any, axes: tuple[str, ...], rank: int) -> tuple[Any, PartitionSpec]:
    if not axes:
        return value, PartitionSpec()
    return jnp.expand_dims(value, rank), PartitionSpec(*[None] * rank, axes)


def _slots(shape: Any) -> Any:
    if jax.dtypes.issubdtype(shape.dtype, jax.dtypes.prng_key):
        key = jax.random.key(0, impl=str(jax.random.key_impl(shape)))
        return jnp.broadcast_to(key, (FEW, *shape.shape))
    zeros = jnp.zeros((FEW, *shape.shape), shape.dtype)
    axes = tuple(_differing(shape))
    return jax.lax.pcast(zeros, axes, to="varying") if axes else zeros


def _joined(parts: Sequence[Any]) -> Any:
    return jnp.concatenate(parts) if len(parts) > 1 else parts[0]


def _named(place: Place, word: str) -> str:
    return " / ".join((*place.words, word)).replace("[t={}]", "")


def _spans(length: int) -> list[tuple[int, int, bool]]:
    """The steps in pieces: begin, end, whether they are recorded."""
    if length <= FEW:
        return [(0, length, True)]
    middle, last = length // 2, length - _LAST
    cuts = [(0, _FIRST, True), (_FIRST, middle, False), (middle, middle + _MIDDLE, True)]
    cuts += [(middle + _MIDDLE, last, False), (last, length, True)]
    return [(begin, end, kept) for begin, end, kept in cuts if end > begin]
