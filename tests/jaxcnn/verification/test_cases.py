"""Every right rule is accepted at every configuration, every planted fault is rejected and its argument named."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn import FAULTS, RULES, plant
from jaxcnn.verification import CASES
from verify import Domain, check_rule
from verify.checks import first_failure

BY_NAME = {case.name: case for case in CASES}
FIRST = {case.rule: case for case in reversed(CASES)}

# Where the first configuration of a rule cannot show a fault, because it has no stride, no groups, no padding ...
TELLING = {
    "conv_inputs_stride": "conv 2x3 stride 2 valid",
    "conv_kernel_stride": "conv 2x3 stride 2 valid",
    "conv_inputs_dilation": "conv dilated, uneven",
    "conv_kernel_dilation": "conv dilated, uneven",
    "conv_inputs_groups": "conv 2 groups",
    "conv_kernel_groups": "conv 2 groups",
    "avg_pool_padding_counted": "avg_pool 3 stride 2 same",
    "cross_entropy_labels_sign": "cross_entropy one-hot",
}

EXAMPLE_ONLY = Domain(vary_shape=False)
VARIED = ("dense", "flatten", "log_softmax")  # a reduction over the batch, a change of shape, one along an axis


def checked(case, rules=RULES, dtype=np.float32, check=check_rule, **budget):
    rule = rules[case.rule].with_custom_vjp(**case.options)
    return check(rule, *case.example(dtype=dtype), domain=EXAMPLE_ONLY, **budget)


def test_every_rule_has_a_case_and_no_two_cases_have_the_same_name():
    assert {case.rule for case in CASES} == set(RULES)
    assert len(BY_NAME) == len(CASES)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_right_rule_is_accepted_at_every_configuration(name):
    case = BY_NAME[name]
    # By every law the first of each rule, at other shapes too where that is cheap; the others by agreement. All of them
    # by every law, and the first at other shapes, with `--thorough`; all of it in `jaxcnn verify`.
    if case is not FIRST[case.rule]:
        check_accepted(case, checked(case, budget=1e-9))
    else:
        check_accepted(case, case.check() if case.rule in VARIED else checked(case))


def check_accepted(case, report):
    assert report.failures == ()
    assert report.inconclusive == ()
    # Nothing was passed over: whatever the rule has of floating arguments was compared with autodiff.
    compared = {finding.argument for finding in report.passed if finding.law == "agreement"}
    floating = zip(RULES[case.rule].arguments, case.example(), strict=True)
    assert compared == {argument for argument, value in floating if value.dtype.kind == "f"}


# In float64: thorough/test_float64.py.
@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_rejected_and_its_argument_named(name):
    fault = FAULTS[name]
    case = BY_NAME[TELLING[name]] if name in TELLING else FIRST[fault.rule]
    failures = checked(case, plant(name), check=first_failure).failures
    assert failures != ()
    # A law of second order names both arguments: "kernel, differentiated by inputs".
    named = {finding.argument.split(",")[0] for finding in failures if finding.argument is not None}
    assert named == {fault.argument}


def test_the_telling_cases_belong_to_the_rules_of_their_faults():
    assert {name: BY_NAME[case].rule for name, case in TELLING.items()} == {n: FAULTS[n].rule for n in TELLING}


def wrong_at_zero(residuals, cotangent):
    (right,) = RULES["relu"].backward(residuals, cotangent)
    return (jnp.where(residuals == 0, 2 * cotangent, right),)


def test_points_at_exactly_zero_are_tried():
    # Right everywhere else; the example has no zero.
    assert np.all(FIRST["relu"].example()[0] != 0)
    report = checked(FIRST["relu"], RULES.replaced(replace(RULES["relu"], backward=wrong_at_zero)))
    (at,) = {finding.index for finding in report.failures if finding.law == "agreement"}
    ((inputs,), _) = next(finding.example for finding in report.failures if finding.law == "agreement")
    assert np.asarray(inputs)[at] == 0


def test_ties_within_a_window_are_tried():
    # This fault is right where there is no tie, and the example has none.
    case = FIRST["max_pool"]
    (inputs,) = case.example()
    windows = inputs.reshape(2, 3, 2, 2, 2, 2).transpose(0, 1, 3, 5, 2, 4).reshape(-1, 4)
    assert np.all((windows == windows.max(axis=1, keepdims=True)).sum(axis=1) == 1)
    assert "agreement" in {
        finding.law for finding in checked(case, plant("max_pool_ties"), check=first_failure).failures
    }


def test_equal_seeds_give_equal_examples_and_other_seeds_other_ones():
    for case in CASES:
        one, same, other = case.example(3), case.example(3), case.example(4)
        assert all(map(np.array_equal, one, same))
        assert not all(map(np.array_equal, one, other))
