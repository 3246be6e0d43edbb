"""A captured rule does what it does in its program, in the program's own dtypes and in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import verify
from verify.auditing.capture import capture
from verify.auditing.captured import CapturedRule


def ruled(primal, backward):
    """A `custom_vjp` with everything as residuals."""
    fun = jax.custom_vjp(primal)
    fun.defvjp(lambda *xs: (primal(*xs), xs), lambda xs, g: backward(*xs, g))
    return fun


def take(table, index):
    return 0.1 * table[index]


RULES = {
    "indices, a scatter": (
        take,
        lambda t, i, g: (0.1 * jnp.zeros_like(t).at[i].add(g), None),
        (4, np.int32([2, 0, 2])),
    ),
    "a scan inside": (
        lambda x, n: lax.scan(lambda c, _: (jnp.sin(c), ()), x, None, length=3)[0] * n.astype(x.dtype),
        lambda x, n, g: (jax.vjp(lambda z: jnp.sin(jnp.sin(jnp.sin(z))) * n.astype(x.dtype), x)[1](g)[0], None),
        (3, np.int32(2)),
    ),
    "random bits, by a key": (
        lambda x, k: x * jax.random.uniform(k, x.shape),
        lambda x, k, g: (g * jax.random.uniform(k, x.shape), None),
        (5, jax.random.key(3)),
    ),
    "a branch and a while loop": (
        lambda x, n: lax.cond(
            n > 1, lambda y: lax.while_loop(lambda s: s[1] < n, lambda s: (2 * s[0], s[1] + 1), (y, 0))[0], jnp.sin, x
        ),
        lambda x, n, g: (4 * g, None),
        (2, np.int32(2)),
    ),
}


@pytest.mark.parametrize(("primal", "backward", "args"), RULES.values(), ids=RULES)
def test_a_captured_rule_agrees_with_its_program_and_with_itself_in_float64(primal, backward, args):
    fun = ruled(primal, backward)
    x = np.linspace(0.2, 0.9, args[0], dtype=np.float32)
    captured = capture(jax.jit(fun), (x, args[1]))
    (site,) = captured.sites
    rule, values = CapturedRule(site), captured.arrivals[site.address][0].values

    def gradient(call, x):
        y, pullback = jax.vjp(lambda z: call(z, values[1])[0], x)
        return y, pullback(jnp.ones_like(y))[0]

    y, g = gradient(lambda *xs: [fun(*xs)], jnp.asarray(values[0]))
    for found, expected in zip(gradient(rule, jnp.asarray(values[0])), (y, g), strict=True):
        assert np.array_equal(found, expected)  # the same operations
    with jax.enable_x64(True):
        wide = gradient(rule, jnp.asarray(values[0], np.float64))
        bare = rule.primal(jnp.asarray(values[0], np.float64), values[1])[0]
    assert [a.dtype for a in wide] == [np.float64, np.float64]
    assert np.array_equal(wide[0], bare)
    for found, narrow in zip(wide, (y, g), strict=True):
        assert np.allclose(found, narrow, rtol=8 * 2.0**-24, atol=0)
        assert found.shape == narrow.shape


def test_a_complex_rule_is_audited():
    wrong = ruled(lambda z: z * z, lambda z, g: (2 * jnp.conj(z) * g,))
    report = verify.audit(lambda z: jnp.sum(jnp.abs(wrong(z))), np.complex64([1 + 2j, 0.5 - 1j]))
    assert [f.diagnosis.code for f in report.failures if f.law == "agreement"][:1] == ["conjugate"]


def test_where_the_primal_has_no_derivative_nothing_is_called_wrong():
    report = verify.audit(lambda x: jnp.sum(jax.scipy.special.xlogy(x, x)), np.float32([0.0, 0.4]))
    assert report.ok
    assert any("the primal has no derivative at that point" in f.diagnosis.sentence for f in report.inconclusive)
