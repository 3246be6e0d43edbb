"""Rules around calls that leave the program, kernels of Pallas and of LAPACK, are checked as black boxes.

Nobody can differentiate inside them, nor run them in float64 where they were built for float32: the numbers decide.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import pallas
from jax.scipy.linalg import solve_triangular

import verify


def ruled(primal, backward):
    """A `custom_vjp` of `primal` with `backward(arguments, outputs, cotangent)`."""
    fun = jax.custom_vjp(primal)
    fun.defvjp(lambda *xs: ((y := primal(*xs)), (xs, y)), lambda saved, g: backward(*saved, g))
    return fun


def swish_kernel(x, out):
    out[...] = x[...] / (1 + jnp.exp(-x[...]))


def swish(x):
    return pallas.pallas_call(swish_kernel, out_shape=jax.ShapeDtypeStruct(x.shape, x.dtype), interpret=True)(x)


def swish_backward(factor, xs, y, g):
    s = jax.nn.sigmoid(xs[0])
    return (g * (s + factor * y * (1 - s)),)


def solve(lower, b):
    """L⁻¹ b by LAPACK's trsm, which JAX's CPU back end registers; its matrices are stored column after column."""
    options = {"side": "L", "uplo": "L", "trans_x": "N", "diag": "N"}
    out = jax.ShapeDtypeStruct(b.shape, b.dtype)
    layouts = {"input_layouts": [(1, 0), (1, 0)], "output_layouts": (1, 0)}
    return jax.ffi.ffi_call("lapack_strsm_ffi", out, **layouts, input_output_aliases={1: 0})(
        lower, b, **{name: np.uint8(ord(letter)) for name, letter in options.items()}
    )


def solve_backward(factor, xs, y, g):
    d_b = solve_triangular(xs[0], g, lower=True, trans=1)
    return -factor * jnp.tril(d_b @ y.T), d_b


RULES = {
    "pallas": (swish, swish_backward, (np.float32([0.3, -1.25, 0.75, 2.0]),)),
    "ffi": (solve, solve_backward, (np.float32([[2, 0], [0.5, 1.5]]), np.float32([[1, 0.5], [0.25, -1]]))),
}


@pytest.mark.parametrize("name", RULES)
def test_a_right_rule_around_a_black_box_is_held_and_a_wrong_one_found(name):
    primal, backward, example = RULES[name]
    solve_triangular(jnp.eye(2), jnp.ones(2))  # JAX loads LAPACK when it first needs it

    def audited(factor):
        rule = ruled(lambda *xs: primal(*xs), functools.partial(backward, factor))
        return verify.audit(lambda *xs: jnp.sum(jnp.sin(jax.jit(rule)(*xs))), *example)

    right, wrong = audited(1.0), audited(1.0 + 2.0**-6)
    assert [rule.verdict for rule in right.rules] == ["held"]
    assert right.inconclusive == ()
    assert any(note.startswith("not entered: ") and "checked only as part of a rule" in note for note in right.notes)
    assert {finding.argument for finding in wrong.failures if finding.law == "agreement"} == {"args[0]"}
    (where,) = {finding.where for finding in wrong.failures}
    assert where.startswith("jit / custom_vjp `")
    assert "(test_boxes.py:" in where
