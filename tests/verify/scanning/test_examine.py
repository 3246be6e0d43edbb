"""Planted derivatives: each kind of fault gets its verdict, and the same function without it gets none."""

import sys
import types

import jax
import jax.numpy as jnp
import pytest

from verify.scanning import examine as examination
from verify.scanning import signatures, surrogate
from verify.scanning.examine import examine


def with_rule(fun, slope):
    """A function of one argument, whose derivative is said to be `slope`."""
    ruled = jax.custom_jvp(fun)
    ruled.defjvp(lambda primals, tangents: (fun(*primals), slope(*primals) * tangents[0]))
    return ruled


@jax.custom_vjp
def forgetful(x):
    return jnp.sin(x)


forgetful.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x) * jnp.where(x > 0.2, 1.0, 0.99),))


def short(x):
    return jnp.sin(x)


short = jax.custom_vjp(short)
short.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x), g))  # two cotangents of one argument


def says(error):
    def slope(x):
        raise error

    return slope


def tied(x1, x2):
    """Return the hypotenuse as JAX 0.10 does: where both sides are equal, their order is a kink of its own."""
    longer, shorter = jnp.maximum(jnp.abs(x1), jnp.abs(x2)), jnp.minimum(jnp.abs(x1), jnp.abs(x2))
    return longer * jnp.sqrt(1 + jnp.square(shorter / jnp.where(longer == 0, 1, longer)))


PLANTED = {
    "right": with_rule(jnp.sin, jnp.cos),
    "sign": with_rule(jnp.sin, lambda x: -jnp.cos(x)),
    "second_only": with_rule(lambda x: x**3, lambda x: 3 * x * jax.lax.stop_gradient(x)),
    "untaken": lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.5 * x),  # 0 times infinity at zero and NaN below
    "cancelling": lambda x: (1e6 + jnp.sin(x) * jnp.sin(x)) * 1e6 + jnp.cos(x) * jnp.cos(x) - 1e12,
    "forgetful": forgetful,
    "kinked": lambda x: jnp.maximum(x, 0.5) + jnp.abs(x),
    "sawtooth": lambda x: jax.lax.rem(x, jnp.asarray(2.0**-20, x.dtype)),
    "raising": lambda x: jnp.reshape(x, (7,)),
    "tied": tied,
    "straight_through": with_rule(lambda x: jnp.round(x), jnp.ones_like),
    "flat": with_rule(lambda x: 0 * x + 2.5, jnp.ones_like),
    "steps_and_slope": with_rule(lambda x: jnp.round(x) + 0.01 * x, jnp.ones_like),
    "short": short,
    "raising_rule": with_rule(jnp.sin, says(ValueError("out of cheese\nand crackers"))),
    "raising_second": with_rule(jnp.sin, with_rule(jnp.cos, says(TypeError("no slope of a slope")))),
    "its_own_words": with_rule(jnp.sin, says(ValueError("this rule does not work for float32"))),
    "betainc": lambda x, a: jax.scipy.special.betainc(jnp.abs(a) + 1, 2.0, jax.nn.sigmoid(x)),
    "refusing": with_rule(jnp.sin, says(NotImplementedError("no rule for it"))),
    "whole": lambda x: jnp.floor(x).astype(jnp.int32),
}


@pytest.fixture
def planted(monkeypatch):
    """A module of planted functions, found by name as every library is."""
    module = types.ModuleType("planted")
    for name, fun in PLANTED.items():
        setattr(module, name, fun)
    monkeypatch.setitem(sys.modules, "planted", module)
    return lambda name: examine(f"planted.{name}")


def verdicts(record):
    return {(finding.verdict, finding.order, finding.mode) for finding in record.findings}


def test_a_right_rule_gives_no_finding(planted):
    record = planted("right")
    assert (record.status, record.findings, record.calls) == ("checked", (), 12)


def test_a_wrong_sign_is_wrong_in_both_modes_and_its_second_order_is_not_told_twice(planted):
    assert verdicts(planted("sign")) == {("wrong", 1, "reverse, forward")}


def test_a_rule_that_is_wrong_at_second_order_only_is_found_there(planted):
    (finding,) = planted("second_only").findings
    assert (finding.verdict, finding.order) == ("wrong", 2)
    assert finding.how == "difference quotients in float64 of the first derivative"


def test_a_nan_of_one_mode_alone_is_said_to_be_of_that_mode(planted):
    found = verdicts(planted("untaken"))
    assert ("nan", 1, "reverse") in found
    assert not any(verdict == "wrong" for verdict, *_ in found)


def test_a_rule_that_is_wrong_on_one_side_of_a_threshold_is_found_and_forward_mode_may_be_refused(planted):
    record = planted("forgetful")
    assert ("wrong", 1, "reverse") in verdicts(record)
    assert "forward mode is refused" in record.detail


def test_a_second_derivative_that_is_wrong_at_a_tie_alone_is_found(planted):
    found = {f.argument: f for f in planted("tied").findings if f.verdict == "wrong"}
    assert {(f.at, f.order) for f in found.values()} == {("x1=0.5, x2=0.5", 2)}
    assert float(found["x1"].expected) == pytest.approx(2**-0.5, rel=1e-8)


def test_kinks_are_conventions(planted):
    assert {verdict for verdict, *_ in verdicts(planted("kinked"))} == {"convention"}


def test_a_period_that_divides_the_steps_of_quotients_does_not_pass_for_a_constant(planted):
    assert not {verdict for verdict, *_ in verdicts(planted("sawtooth"))} & {"wrong", "nan", "imprecise"}


def test_what_integers_come_out_of_is_not_differentiable(planted):
    assert planted("whole").status == "not differentiable"


def test_a_rule_that_raises_where_jax_offers_its_mode_is_found_and_told_once(planted):
    record = planted("short")
    (finding,) = record.findings
    assert (finding.verdict, finding.mode, finding.order) == ("raises", "reverse", 1)
    assert finding.got.startswith("TypeError: Custom VJP bwd rule must produce")
    assert record.status == "checked"
    assert "forward mode is refused (TypeError: can't apply forward-mode" in record.detail


def test_what_a_rule_says_is_told_with_lines_that_show_it(planted):
    (finding,) = planted("raising_rule").findings
    assert (finding.verdict, finding.mode, finding.got) == ("raises", "reverse, forward", "ValueError: out of cheese")
    with pytest.raises(ValueError, match="out of cheese"):
        exec("\n".join(finding.reproduction), {})


def test_a_rule_whose_own_derivative_raises_is_found_at_second_order(planted):
    record = planted("raising_second")
    (finding,) = record.findings
    assert (finding.verdict, finding.order, finding.got) == ("raises", 2, "TypeError: no slope of a slope")
    assert record.calls == 4  # what answers is checked


def test_what_the_table_calls_a_convention_is_one_where_it_raises_as_well(planted, monkeypatch):
    monkeypatch.setitem(signatures.table().conventions, "planted.short", "it is not to be differentiated")
    (finding,) = planted("short").findings
    assert (finding.verdict, finding.why) == ("convention", "it is not to be differentiated")


def test_an_argument_of_another_shape_than_the_output_has_no_surrogate():
    item = types.SimpleNamespace(arrays=(jnp.ones(3),))
    programs = types.SimpleNamespace(outputs=(jnp.ones(()),))
    assert not surrogate.stands_for(0, programs, None, [item])


def test_words_of_a_rule_are_not_taken_for_a_refusal_of_jax(planted):
    assert {finding.verdict for finding in planted("its_own_words").findings} == {"raises"}


def test_a_refusal_in_other_words_than_usual_accuses_nobody(planted):
    record = planted("betainc")
    assert "raises" not in {finding.verdict for finding in record.findings}
    assert "gradient with respect to a and b not supported" in record.detail


def test_a_rule_that_says_it_is_not_implemented_accuses_nobody(planted):
    record = planted("refusing")
    assert (record.status, record.findings) == ("not differentiable", ())
    assert "NotImplementedError: no rule for it" in record.detail


def test_a_straight_through_estimator_is_not_called_wrong(planted):
    (finding,) = planted("straight_through").findings
    assert (finding.verdict, finding.order, finding.mode) == ("inconclusive", 1, "reverse, forward")
    assert finding.why == surrogate.WHY


@pytest.mark.parametrize("name", ["flat", "steps_and_slope"])
def test_a_slope_of_what_does_not_jump_or_is_not_flat_is_no_surrogate(planted, name):
    assert ("wrong", 1, "reverse, forward") in verdicts(planted(name))


def test_a_function_that_no_probe_fits_has_no_signature(planted):
    record = planted("raising")
    assert (record.status, record.findings) == ("no signature", ())


@pytest.mark.parametrize("broken", [0, 1])
def test_what_one_call_has_shown_is_not_lost_where_another_raises(planted, monkeypatch, broken):
    (call,) = signatures.calls("planted.sign", signatures.table())
    calls = [call, call._replace(text=call.text.replace(")", " )"))]  # the same, told apart by a space
    monkeypatch.setattr(signatures, "calls", lambda *_: calls)
    prepared = examination._prepared

    def preparing(call, seed):
        if call.text == calls[broken].text:
            raise RuntimeError("out of cheese\nand crackers")
        return prepared(call, seed)

    monkeypatch.setattr(examination, "_prepared", preparing)
    record = planted("sign")
    assert record.status == "checked"
    assert verdicts(record) == {("wrong", 1, "reverse, forward")}
    assert record.detail == f"{calls[broken].text}: RuntimeError: out of cheese"
    del calls[1 - broken]
    assert (planted("sign").status, planted("sign").findings) == ("failed", ())


def test_an_unknown_function_is_one_sentence():
    with pytest.raises(ValueError, match=r"`jax\.numpy\.sine` must name a function; jax\.numpy has no sine\."):
        examine("jax.numpy.sine")


def test_a_reproduction_prints_what_was_got(planted, capsys):
    (finding,) = planted("sign").findings
    assert len(finding.reproduction) <= 6
    with jax.enable_x64(True):
        exec("\n".join(line for line in finding.reproduction if "enable_x64" not in line), {})
    got, expected = (line.split()[1] for line in capsys.readouterr().out.splitlines())
    assert (float(got), expected) == (pytest.approx(float(finding.got), rel=1e-8), finding.expected)
