"""Complex arguments and outputs: two real leaves each, in JAX's own convention."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import verify
from verify import complexes

Z = np.asarray([0.5 - 1.25j, 2.0 + 0.75j, -1.5 + 0.25j], np.complex64)
HERE = verify.Domain(vary_shape=False)
SHORT = {"budget": 1e-9}  # agreement at the example and nothing more: all that these faults need
W = np.asarray([1.5 + 0.5j, -0.75 + 2.0j, 0.25 - 1.0j], np.complex64)


def rule(primal, backward):
    fun = jax.custom_vjp(lambda *args: primal(*args))
    fun.defvjp(lambda *args: (primal(*args), args), backward)
    return fun


def test_parts_are_joined_to_what_they_were():
    np.testing.assert_array_equal(complexes.join(*complexes.parts(Z)), Z)
    assert complexes.join(*complexes.parts(Z)).dtype == Z.dtype
    np.testing.assert_array_equal(jax.jit(lambda z: complexes.join(*complexes.parts(z)))(Z), Z)


def test_cotangents_of_the_parts_follow_the_convention_of_jax():
    def pair(x, y):
        return complexes.parts(jnp.exp(complexes.join(x, y)))

    a, b = np.float32([1.0, 2.0, 3.0]), np.float32([-1.0, 0.5, 2.0])
    expected = jax.vjp(pair, *map(jnp.asarray, complexes.parts(Z)))[1]((a, b))
    (joined,) = complexes.joined_cotangents((a, b), (True,))
    (pulled,) = jax.vjp(jnp.exp, Z)[1](joined)
    for found, wanted in zip(complexes.cotangent_parts(pulled), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("x64", [False, True])
def test_a_holomorphic_rule_is_accepted_and_its_conjugate_named(x64):
    with jax.enable_x64(x64):
        z = Z.astype(np.complex128) if x64 else Z
        right = verify.check_rule(rule(lambda z: z**2, lambda res, g: (2 * res[0] * g,)), z, domain=HERE)
        assert right.ok
        assert not right.inconclusive
        wrong = verify.check_rule(rule(lambda z: z**2, lambda res, g: (2 * jnp.conj(res[0]) * g,)), z, **SHORT)
        assert {finding.argument for finding in wrong.failures} <= {"args[0].real", "args[0].imag"}
        assert {finding.diagnosis.code for finding in wrong.failures} == {"conjugate"}


def test_a_flipped_sign_is_not_called_a_conjugate():
    report = verify.check_rule(rule(lambda z: z**2, lambda res, g: (-2 * res[0] * g,)), Z, **SHORT)
    assert {finding.diagnosis.code for finding in report.failures} == {"sign"}


def test_a_real_function_of_complex_arguments_is_checked():
    def energy(z):
        return jnp.sum(z.real**2 + z.imag**2)

    assert verify.check_rule(
        rule(energy, lambda res, g: (2 * lax.complex(g, 0 * g) * jnp.conj(res[0]),)), Z, domain=HERE
    ).ok
    assert not verify.check_rule(rule(energy, lambda res, g: (2 * lax.complex(g, 0 * g) * res[0],)), Z, **SHORT).ok


def test_a_backward_pass_in_numpy_takes_and_returns_complex_cotangents():
    right = verify.check_backward(lambda z, w: z * w, lambda z, w, g: (g * w, g * z), Z, W)
    assert right.ok
    wrong = verify.check_backward(lambda z, w: z * w, lambda z, w, g: (g * w, g * np.conj(z)), Z, W)
    assert {finding.argument for finding in wrong.failures} <= {"w.real", "w.imag"}
    assert not wrong.ok


def test_the_reproduction_of_a_complex_failure_runs_and_shows_it(capsys):
    fun = rule(lambda z: z**2, lambda res, g: (2 * jnp.conj(res[0]) * g,))
    finding = verify.check_rule(fun, Z, **SHORT).failures[0]
    exec("\n".join(finding.reproduce), {"fun": fun})
    assert "j" in capsys.readouterr().out


def test_nan_in_a_complex_example_is_refused():
    with pytest.raises(ValueError, match="`z` holds NaN"):
        verify.check_rule(lambda z: z, Z * np.nan)
