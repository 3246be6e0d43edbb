"""Rules for four devices, wrong ones and right ones beside them, and what `check_rule` says of each, as JSON.

Run as a program in a process of its own with four devices, with the names of rules or none for all of them.
"""

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental.custom_partitioning import custom_partitioning
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import verify
from verify import laws

MESH = jax.make_mesh((4,), ("d",), axis_types=(AxisType.Auto,))
TYPED = jax.make_mesh((4,), ("d",), axis_types=(AxisType.Explicit,))
GRID = jax.make_mesh((2, 2), ("d", "m"), axis_types=(AxisType.Auto,) * 2)
RNG = np.random.default_rng(0)
X, W = (np.asarray(RNG.integers(-8, 9, shape) / 8, np.float32) for shape in ((8, 4), (4, 2)))
DATA, WHOLE = P("d"), P()


def put(array, spec, mesh=MESH):
    return jax.device_put(array, NamedSharding(mesh, spec))


def dense(backward):
    """x w with a backward pass of (x, w, cotangent)."""

    def product(x, w):
        return x @ w

    rule = jax.custom_vjp(product)
    rule.defvjp(lambda x, w: (x @ w, (x, w)), lambda saved, g: backward(*saved, g))
    return rule


def by_hand(reduce):
    """A backward pass that every device runs on its part, and `reduce` for what it finds of the weights' cotangent."""
    run = lambda x, w, g: (g @ w.T, reduce(x.T @ g))  # noqa: E731
    return dense(jax.shard_map(run, mesh=MESH, in_specs=(DATA, WHOLE, DATA), out_specs=(DATA, WHOLE), check_vma=False))


def around_the_ring(dw):
    """A sum that begins on every device with its own part: copies differ by roundings."""
    total, moving = dw, dw
    for _ in range(3):
        moving = lax.ppermute(moving, "d", [(k, (k + 1) % 4) for k in range(4)])
        total = total + moving
    return total


def on_grid(reduce):
    """Examples split along one axis of a grid, weights by column along the other."""

    def run(x, w, g):
        return lax.psum(g @ w.T, "m"), reduce(x.T @ g)

    columns = P(None, "m")
    specs, out = (DATA, columns, P("d", "m")), (DATA, columns)
    return dense(jax.shard_map(run, mesh=GRID, in_specs=specs, out_specs=out, check_vma=False))


def fully_sharded(reduce):
    """Weights split over the devices too: gathered for the product, and their cotangent scattered again."""

    def run(x, w, g):
        whole = lax.all_gather(w, "d", tiled=True)
        return g @ whole.T, reduce(x.T @ g)

    specs = (DATA, DATA, DATA)
    return dense(jax.shard_map(run, mesh=MESH, in_specs=specs, out_specs=(DATA, DATA), check_vma=False))


def own_rows(dw):
    return lax.dynamic_slice_in_dim(dw, lax.axis_index("d"), 1)


def partitioned(reduce, out=WHOLE):
    """A kernel that says itself how it is split: on one device there is nothing to reduce, and nothing to forget."""

    @custom_partitioning
    def kernel(x, g):
        return x.T @ g

    def partition(mesh, arguments, result):
        place = NamedSharding(mesh, out)
        return mesh, lambda x, g: reduce(x.T @ g), place, (NamedSharding(mesh, DATA),) * 2

    kernel.def_partition(
        partition=partition,
        infer_sharding_from_operands=lambda mesh, arguments, result: NamedSharding(mesh, out),
        sharding_rule="b i, b o -> i o",
    )
    return dense(lambda x, w, g: (g @ w.T, kernel(x, g)))


def inside(backward, check_vma, mesh=MESH):
    """A rule within `shard_map`."""
    return jax.shard_map(dense(backward), mesh=mesh, in_specs=(DATA, WHOLE), out_specs=DATA, check_vma=check_vma)


def local(x, w, g):
    return g @ w.T, x.T @ g


def local_sum(x, w, g):
    return g @ w.T, lax.psum(x.T @ g, "d")


def tripled(x, w, g):
    dx, dw = local_sum(x, w, g)
    return 3 * dx, dw


def halo(step):
    """Every row minus the one before it, across devices; the backward pass hands its cotangent on by `step` devices."""

    def from_device(last, by):
        return lax.ppermute(last, "d", [(k, (k + by) % 4) for k in range(4)])

    def primal(x):
        return x - jnp.concatenate([from_device(x[-1:], 1), x[:-1]])

    rule = jax.custom_vjp(lambda x: primal(x))
    rule.defvjp(lambda x: (primal(x), None), lambda _, g: (g - jnp.concatenate([g[1:], from_device(g[:1], step)]),))
    return jax.shard_map(rule, mesh=MESH, in_specs=DATA, out_specs=DATA)


def laid_out(spec):
    """tanh(x) whose cotangent is laid out on purpose."""
    rule = jax.custom_vjp(lambda x: jnp.tanh(x))
    place = NamedSharding(MESH, spec)
    rule.defvjp(
        lambda x: (jnp.tanh(x), x), lambda x, g: (lax.with_sharding_constraint(g * (1 - jnp.tanh(x) ** 2), place),)
    )
    return rule


def dropped(factor):
    """A rule of complex numbers beside a random key and a mask, everything on four devices."""

    def primal(z, key, mask):
        return jnp.where(mask & jax.random.bernoulli(key, 0.75, z.shape), z * z, 0 * z)

    rule = jax.custom_vjp(lambda z, key, mask: primal(z, key, mask))

    def backward(saved, g):
        z, kept = saved
        return jnp.where(kept, factor * g * z, 0 * g), None, None

    def forward(z, key, mask):
        return primal(z, key, mask), (z, mask & jax.random.bernoulli(key, 0.75, z.shape))

    rule.defvjp(forward, backward)
    return rule


SPLIT = (put(X, DATA), put(W, WHOLE))
ON_TYPES = (put(X, DATA, TYPED), put(W, WHOLE, TYPED))
ON_GRID = (put(X, P("d"), GRID), put(W, P(None, "m"), GRID))
FULLY = (put(X, DATA), put(W, DATA))
EVERYTHING = (
    put(np.asarray(X[:, 0] + 1j * X[:, 1], np.complex64), DATA),
    put(jax.random.key(0), WHOLE),
    put(np.arange(8) % 3 > 0, DATA),
)

# name: the rule, its arguments
RIGHT = {
    "summed by hand": (by_hand(lambda dw: lax.psum(dw, "d")), SPLIT),
    "summed by hand, of NumPy arrays": (by_hand(lambda dw: lax.psum(dw, "d")), (X, W)),
    "summed by hand, on a grid": (on_grid(lambda dw: lax.psum(dw, "d")), ON_GRID),
    "summed around the ring": (by_hand(around_the_ring), SPLIT),
    "scattered": (fully_sharded(lambda dw: lax.psum_scatter(dw, "d", tiled=True)), FULLY),
    "partitioned": (partitioned(lambda dw: lax.psum(dw, "d")), SPLIT),
    "inside, checked": (inside(local_sum, True), SPLIT),
    "inside, unchecked": (inside(local, False), SPLIT),
    "inside, explicit": (inside(local_sum, True, TYPED), ON_TYPES),
    "halo": (halo(-1), (put(X, DATA),)),
    "laid out as its argument": (laid_out(DATA), (put(X, DATA),)),
    "everything": (dropped(2), EVERYTHING),
    "autodiff": (lambda x, w: jnp.tanh(x @ w), FULLY),
}
# what is wrong with each is said in `_sharded_faults`
WRONG = {
    "not summed": (by_hand(lambda dw: dw), SPLIT),
    "averaged": (by_hand(lambda dw: lax.pmean(dw, "d")), SPLIT),
    "not summed, of NumPy arrays": (by_hand(lambda dw: dw), (X, W)),
    "not summed, on a grid": (on_grid(lambda dw: dw), ON_GRID),
    "not scattered": (fully_sharded(own_rows), FULLY),
    "partitioned, not summed": (partitioned(lambda dw: dw), SPLIT),
    "partitioned, summed twice": (partitioned(lambda dw: 4 * lax.psum(dw, "d")), SPLIT),
    "partitioned, not scattered": (partitioned(own_rows, DATA), FULLY),
    "partitioned, in disorder": (partitioned(lambda dw: lax.psum(dw, "d")[::-1]), SPLIT),
    "inside, checked, not summed": (inside(local, True), SPLIT),
    "inside, unchecked, summed twice": (inside(local_sum, False), SPLIT),
    "inside, explicit, tripled": (inside(tripled, True, TYPED), ON_TYPES),
    "halo, the wrong way": (halo(1), (put(X, DATA),)),
    "gathered": (laid_out(WHOLE), (put(X, DATA),)),
    "everything, tripled": (dropped(3), EVERYTHING),
}
ON_TWO = jax.sharding.Mesh(jax.devices()[:2], ("d",))


def checked(fun, *args, **options):
    return json.loads(verify.check_rule(fun, *args, **options).to_json())


def shown_again(name):
    """What the printed lines print when they are run: the cotangents' parts by device, and the unsharded cotangents."""
    fun, args = WRONG[name]
    finding = verify.check_rule(fun, *args).failures[-1]
    printed = []
    exec("\n".join(finding.reproduce), {"fun": fun, "print": printed.append})
    return [finding.argument, *jax.tree.map(lambda a: np.asarray(a).tolist(), printed)]


def by_backward(reduce):
    """Forward and backward pass as two functions."""
    run = lambda x, w, g: (g @ w.T, reduce(x.T @ g))  # noqa: E731
    specs = {"in_specs": (DATA, WHOLE, DATA), "out_specs": (DATA, WHOLE)}
    backward = jax.shard_map(run, mesh=MESH, check_vma=False, **specs)
    return json.loads(verify.check_backward(lambda x, w: x @ w, backward, *SPLIT).to_json())


def reports(names):
    """Agreement, structure and the law of shardings for every rule of `names`, all laws and what is odd besides."""
    found = {"whole": checked(RIGHT["summed by hand"][0], *SPLIT)}
    laws.AT_THE_EXAMPLE = tuple(law for law in laws.AT_THE_EXAMPLE if laws.name(law) in ("sharding", "structure"))
    here = verify.Domain(vary_shape=False)
    for name in names:
        fun, args = (RIGHT | WRONG)[name]
        found[name] = checked(fun, *args, domain=here)
    plain = RIGHT["autodiff"][0]
    found["primal refuses"] = checked(plain, put(X, DATA), put(W, WHOLE, ON_TWO), domain=here)
    found["shown again"] = shown_again("partitioned, not summed")
    found["backward"] = {"right": by_backward(lambda dw: lax.psum(dw, "d")), "wrong": by_backward(lambda dw: dw)}
    return found


if __name__ == "__main__":
    json.dump(reports(sys.argv[1:] or RIGHT | WRONG), sys.stdout)
