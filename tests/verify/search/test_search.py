"""A search ends at the smallest failing example and says which options and sizes decide."""

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

import verify
from verify import strategies as vs
from verify.searching import draws

LONG = 600  # seconds: a slow machine must not change what is found
FEW = {"max_batch": 1, "max_channels": 1}


def size(report):
    """Return the shapes of the arguments of the first failure's example."""
    return [np.shape(a) for a in report.failures[0].example[0]]


def claim(report):
    return next(note for note in report.notes if "fails iff" in note)


def scaled(factor):
    """Make x -> sin(x) whose gradient is `factor(x)` times the right one."""
    fun = jax.custom_vjp(jnp.sin)
    fun.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x) * factor(x),))
    return fun


@pytest.fixture(scope="module")
def wrong_for_strides(conv_maker):
    return conv_maker(lambda strides, padding, kernel: max(strides) > 1)


@pytest.fixture(scope="module")
def found_for_strides(wrong_for_strides):
    problems = vs.conv_problems(dilation=None, groups=None, **FEW)
    return verify.search(wrong_for_strides, problems, max_examples=25, budget=LONG)


def test_a_rule_that_is_wrong_only_for_strides_above_one_is_shrunk_to_one_entry_and_its_strides_named(
    found_for_strides,
):
    report = found_for_strides
    assert not report.ok
    images, kernel = size(report)
    assert np.prod(images) <= 4
    assert np.prod(kernel) == 1
    assert claim(report).startswith("fails iff some entry of strides > 1 (it fails with (")
    assert claim(report).endswith("and holds with (1, 1))")
    assert report.notes[0].startswith(f"smallest failing example: images {images}, kernel (1, 1, 1, 1), strides=(1, 2)")
    assert "with strides=(1, 2), padding='VALID'" in report.failures[0].where


# Of parity, and of padding alone: thorough/test_search.py.
def check_padding(make, said):
    problems = vs.conv_problems(dilation=None, groups=None, **FEW)
    report = verify.search(make, problems, max_examples=40, budget=LONG)
    assert claim(report).startswith(said)
    assert [np.prod(shape) for shape in size(report)] == [1, 1]


def test_a_rule_that_is_wrong_under_one_padding_and_stride_only_is_told_both(conv_maker):
    make = conv_maker(lambda strides, padding, kernel: padding == "SAME" and max(strides) > 1)
    check_padding(make, "fails iff some entry of strides > 1 and padding = 'SAME'")


def test_a_right_rule_is_accepted_and_the_report_says_how_much_was_tried(conv_maker):
    report = verify.search(conv_maker(lambda *_: False), vs.conv_problems(**FEW), max_examples=12)
    assert report.ok
    assert report.passed
    assert report.notes[0].startswith("searched 12 examples in ")
    assert any(note.startswith("checked in full at images") for note in report.notes)


def test_the_reproduction_runs_without_hypothesis_and_prints_the_wrong_value(
    wrong_for_strides, found_for_strides, capsys
):
    make = wrong_for_strides
    (finding, *_) = found_for_strides.failures
    lines = "\n".join(finding.reproduce)
    assert "hypothesis" not in lines
    assert any(line.startswith("fun = make(strides=(1, 2), padding='VALID'") for line in finding.reproduce)
    scope = {"make": make}
    exec(lines, scope)
    pulled = scope["pullback"](scope["w0"])
    assert float(pulled[0][finding.index]) == finding.actual
    assert finding.actual == pytest.approx(2 * finding.expected)
    assert "Array" in capsys.readouterr().out


def test_a_fault_that_depends_on_values_is_shrunk_to_the_smallest_of_them():
    report = verify.search(scaled(lambda x: jnp.where(x > 2, 3, 1).astype(x.dtype)), vs.arrays(vs.shapes(min_dims=1)))
    (x,) = report.failures[0].example[0]
    assert x.shape == (1,)
    assert x[0] == 3


def test_a_fault_that_only_a_full_check_sees_is_found():
    fun = jax.custom_vjp(jnp.sin)
    fun.defvjp(lambda x: (jnp.sin(x), jax.lax.stop_gradient(x)), lambda x, g: (g * jnp.cos(x),))
    report = verify.search(fun, vs.arrays(vs.shapes(min_dims=1, max_dims=2)), max_examples=20)
    assert {finding.law for finding in report.failures} == {"second order"}
    assert report.notes[0].startswith("failing example: ")


def test_a_rule_that_raises_where_its_primal_runs_fails():
    def backward(x, g):
        if x.ndim == 2:
            raise NotImplementedError("no matrices")
        return (g * jnp.cos(x),)

    fun = jax.custom_vjp(jnp.sin)
    fun.defvjp(lambda x: (jnp.sin(x), x), backward)
    report = verify.search(fun, {"args": vs.arrays(vs.shapes(max_dims=2))})
    assert "no matrices" in report.failures[0].actual
    assert size(report) == [(1, 1)]


def test_a_maximum_with_ties_is_accepted():
    """On small whole numbers ties are everywhere: conventions at kinks are no failures."""
    report = verify.search(lambda x: jax.nn.relu(jnp.max(x, axis=0)), vs.arrays((3, 2)), max_examples=15)
    assert report.ok


STRIDES = [(1, 1), (2, 2)]
CONV_ARGS = (vs.arrays((1, 3, 3, 1)), vs.arrays((2, 2, 1, 1), low=1))


@pytest.mark.parametrize(
    "domain",
    [
        lambda make: verify.configurations(make, strides=STRIDES, padding="VALID", args=CONV_ARGS),
        lambda make: verify.configurations(make, strides=STRIDES, args=CONV_ARGS),
        lambda make: verify.configurations(make, strides=st.sampled_from(STRIDES), args=st.tuples(*CONV_ARGS)),
        lambda make: verify.configurations(make, strides=STRIDES, args=lambda strides: CONV_ARGS),
        lambda make: verify.configurations(make, strides=STRIDES, args=vs.conv_problems(strides=None, **FEW)),
        lambda make: st.tuples(st.tuples(*CONV_ARGS), st.fixed_dictionaries({"strides": st.sampled_from(STRIDES)})),
        lambda make: st.fixed_dictionaries({"args": st.tuples(*CONV_ARGS), "strides": st.sampled_from(STRIDES)}),
        lambda make: vs.conv_problems(strides=STRIDES),
    ],
    ids=[
        "values and a scalar",
        "values",
        "strategies",
        "of the options",
        "problems",
        "pairs",
        "drawn dicts",
        "drawn problems",
    ],
)
def test_a_domain_may_be_given_in_many_ways(conv_maker, domain):
    make = conv_maker(lambda *_: False)
    settings = hypothesis.settings(database=None)
    wide = lambda drawn: drawn.options["strides"][0] == 2  # noqa: E731
    found = hypothesis.find(draws.problems(make, domain(make)), wide, settings=settings)
    assert found.options["strides"] == (2, 2)
    assert make(**found.options)(*found.args).ndim == 4


def test_fixed_arguments_are_searched_over_the_options_alone(conv_maker):
    make = conv_maker(lambda strides, padding, kernel: strides[0] == 2)
    args = (np.ones((1, 4, 4, 1), np.float32), np.ones((2, 2, 1, 1), np.float32))
    domain = {"strides": [(1, 1), (2, 1), (1, 2)], "padding": "VALID", "args": args}
    assert "strides[0] = 2" in claim(verify.search(make, domain, max_examples=20))


def test_equal_seeds_give_equal_reports():
    def once():
        return verify.search(scaled(lambda x: jnp.where(x > 2, 3, 1).astype(x.dtype)), vs.arrays(2), max_examples=20)

    first, second = once(), once()
    assert str(first) == str(second)


def test_draws_that_the_primal_refuses_are_counted_and_not_failed():
    def make(axis):
        return lambda x: jnp.sum(x, axis=axis)

    domain = {"axis": [0, 1], "args": (vs.arrays(st.sampled_from([(2,), (2, 2)])),)}
    report = verify.search(make, domain, max_examples=20)
    assert report.ok
    assert any("the primal refused" in note and "ValueError" in note for note in report.notes)


def times(factor=1.0):
    return lambda x: x * factor


@pytest.mark.parametrize(
    ("make", "domain", "settings", "kind", "message"),
    [
        (3, vs.arrays(2), {}, TypeError, "`make` must be a function of the options"),
        (times, None, {}, TypeError, "`domain` must be a Hypothesis strategy for problems"),
        (times, verify.Domain(), {}, TypeError, "`domain` must be a Hypothesis strategy"),
        (times, {"factor": [1.0]}, {}, ValueError, "`domain` says nothing of the arguments: add `args=`"),
        (times, {"fact": [1.0], "args": vs.arrays(2)}, {}, TypeError, "`make` cannot be called with the options fact"),
        (times, vs.conv_problems(), {}, TypeError, "`make` cannot be called with the options strides, padding"),
        (times, verify.configurations(dict, args=(1.0,)), {}, ValueError, "must be given the same `make` twice"),
        (times, {"args": vs.arrays(2, np.int32)}, {}, TypeError, "needs at least one floating-point array"),
        (lambda: 3, {"args": vs.arrays(2)}, {}, TypeError, r"`make\(\*\*options\)` must return the rule.*got int"),
        (times, st.just({"factor": 1.0}), {}, ValueError, 'must hold the arguments under "args"; it holds factor'),
        (times, vs.arrays(2), {"budget": 0}, ValueError, "`budget` must be a positive number of seconds; got 0"),
        (times, vs.arrays(2), {"max_examples": 0}, ValueError, "`max_examples` must be a positive integer; got 0"),
        (lambda: jnp.linalg.inv, {"args": vs.arrays(2)}, {}, ValueError, "the primal refused every one of"),
    ],
    ids=[
        "make is no function",
        "no domain",
        "a Domain",
        "no arguments",
        "an unknown option",
        "options that make does not take",
        "two makes",
        "integers only",
        "make returns no rule",
        "a drawn dict without args",
        "budget",
        "max_examples",
        "no draw is accepted",
    ],
)
def test_a_search_that_cannot_be_is_refused(make, domain, settings, kind, message):
    with pytest.raises(kind, match=message):
        verify.search(make, domain, **settings)
