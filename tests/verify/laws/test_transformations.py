"""Law: vmap = loop, for every choice of which arguments are batched."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.custom_partitioning import custom_partitioning

from tests.verify._here import check_here

X, W = np.asarray([0.5, -1.25, 2.0], np.float32), np.asarray([1.5, 0.25, -1.0], np.float32)
LAW = "vmap = loop"


def product(rule):
    """Return x * w whose backward pass is a kernel with a batching rule of its own."""
    kernel = jax.custom_batching.custom_vmap(lambda a, b: a * b)
    kernel.def_vmap(rule)
    fun = jax.custom_vjp(lambda x, w: x * w)
    fun.defvjp(lambda x, w: (x * w, (x, w)), lambda saved, g: (kernel(saved[1], g), kernel(saved[0], g)))
    return fun


def full(size, batched, *arrays):
    return [a if b else jnp.broadcast_to(a, (size, *a.shape)) for a, b in zip(arrays, batched, strict=True)]


def right(size, batched, a, b):
    a, b = full(size, batched, a, b)
    return a * b, True


def sums_over_the_batch(size, batched, a, b):
    a, b = full(size, batched, a, b)
    return jnp.broadcast_to(jnp.sum(a * b, axis=0, keepdims=True), a.shape), True


def first_of_the_batch(size, batched, a, b):
    a, b = full(size, batched, a, b)
    return a[:1] * b, True


def refuses(size, batched, a, b):
    raise NotImplementedError("no batches")


@functools.cache
def report_on(rule):
    return check_here(product(rule), X, W)


@pytest.mark.parametrize("rule", [sums_over_the_batch, first_of_the_batch], ids=["sum", "first row for all"])
def test_a_wrong_batching_rule_is_rejected(failed, rule):
    report = report_on(rule)
    assert {law for law, _ in failed(report)} == {LAW}
    assert {argument for _, argument in failed(report)} <= {"x", "w"}


def test_a_right_batching_rule_passes():
    report = report_on(right)
    assert (LAW, "x") in {(finding.law, finding.argument) for finding in report.passed}
    assert (LAW, "w") in {(finding.law, finding.argument) for finding in report.passed}
    assert report.ok, str(report)


def test_a_rule_that_cannot_be_mapped_though_its_primal_can_is_rejected(failed):
    report = check_here(product(refuses), X, W)
    assert failed(report) == {(LAW, None)}
    assert report.failures[0].actual == "NotImplementedError: no batches"


def with_kernel(kernel):
    """Return x², whose backward pass calls a kernel that is to double its argument."""
    fun = jax.custom_vjp(lambda x: x * x)
    fun.defvjp(lambda x: (x * x, x), lambda x, g: (kernel(x) * g,))
    return fun


def test_where_jax_itself_cannot_batch_that_is_noted_and_everything_else_asked(failed):
    kernel = custom_partitioning(lambda x: 2 * x)
    kernel.def_partition(
        partition=lambda mesh, arguments, result: (mesh, lambda x: 2 * x, result.sharding, (arguments[0].sharding,)),
        infer_sharding_from_operands=lambda mesh, arguments, result: arguments[0].sharding,
        sharding_rule="i -> i",
    )
    report = check_here(with_kernel(kernel), X)
    assert report.ok, str(report)
    assert "vmap is not applicable: JAX has no batching rule for custom_partitioning" in report.notes
    assert {name for name, verdict in cells(report).items() if verdict == "left out"} == {"vmap over x", "grad of vmap"}
    assert {"scan", "remat"} <= {name for name, verdict in cells(report).items() if verdict == "held"}
    assert failed(check_here(with_kernel(lambda x: 1.5 * kernel(x)), X))


def test_a_batching_rule_that_somebody_else_has_not_written_is_a_failure(failed):
    def missing(size, batched, x):
        raise NotImplementedError("Batching rule for 'kernel' not implemented")

    kernel = jax.custom_batching.custom_vmap(lambda x: 2 * x)
    kernel.def_vmap(missing)
    assert failed(check_here(with_kernel(kernel), X)) == {(LAW, None)}


def cells(report):
    return {cell.name: cell.verdict for cell in report.cells}


def test_every_transformation_has_its_line_in_the_table():
    report = report_on(right)
    names = ["jit", "two forwards, then the backwards", "called again"]
    names += ["vmap over x, w", "vmap over x", "vmap over w", "grad of vmap", "scan", "remat"]
    assert cells(report) == dict.fromkeys(names, "held")
    assert all(name in report.table() for name in names)
    assert '"scan"' in report.to_json()


def test_only_the_transformations_that_a_rule_fails_under_are_marked():
    report = report_on(sums_over_the_batch)
    marked = {name for name, verdict in cells(report).items() if verdict == "failed"}
    assert "vmap over x, w" in marked
    assert not marked & {"jit", "scan", "remat", "called again"}


def test_residuals_kept_outside_are_refused_by_scan(failed):
    kept = []

    def forward(x):
        kept.append(x)
        return jnp.sin(x), None

    fun = jax.custom_vjp(lambda x: jnp.sin(x))
    fun.defvjp(forward, lambda _, g: (g * jnp.cos(kept[-1]),))
    assert failed(check_here(fun, X))


def test_a_primal_that_cannot_be_transformed_is_noted_and_not_failed():
    fun = jax.custom_batching.custom_vmap(jnp.sin)
    fun.def_vmap(refuses)
    outer = jax.custom_vjp(lambda x: fun(x))
    outer.defvjp(lambda x: (fun(x), x), lambda x, g: (g * jnp.cos(x),))
    report = check_here(outer, X)
    assert report.ok, str(report)
    assert {"vmap over x", "grad of vmap"} <= {name for name, verdict in cells(report).items() if verdict == "left out"}
    assert any("vmap was left out" in note for note in report.notes)
