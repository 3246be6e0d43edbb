"""`verify.check_rule` accepts every fast form, and rejects it with a fault."""

import dataclasses

import numpy as np
import pytest

from jaxcnn.fast import FORMS
from jaxcnn.fast.loss import weighted_cross_entropy, weighted_cross_entropy_rule
from tests.jaxcnn.fast._faults import EVERY, planted
from verify import Domain, check_rule
from verify.checks import first_failure

# An example for each: not square, windows that leave a remainder, padding, more than one of everything.
EXAMPLES = {
    "patches": (((2, 5, 4, 2), (3, 2, 2, 3), (3,)), {"padding": ((1, 0), (0, 1)), "relu": True, "window": (2, 2)}),
    "windows": (((2, 5, 4, 2), (2, 3, 2, 3), (3,)), {"padding": "SAME", "relu": False, "window": (2, 1)}),
    "winograd": (((2, 5, 4, 1), (3, 3, 1, 2), (2,)), {"padding": "SAME", "relu": True, "window": (2, 2)}),
    "taps": (((2, 5, 4, 2),), {"window": (2, 3)}),
    "batch_minor": (((3, 4), (4, 5), (5,)), {}),
}
FIXED = Domain(vary_shape=False)


def example(name):
    shapes, options = EXAMPLES[name]
    random = np.random.default_rng(0)
    return [np.round(random.standard_normal(shape), 2).astype(np.float32) for shape in shapes], options


@pytest.mark.parametrize(("op", "name"), EVERY)
def test_the_form_is_right(op, name):
    arguments, options = example(name)
    # One form of the block by every law, the others by agreement; at other shapes all of them are in
    # test_whole_numbers.py, where that costs less.
    budget = 1e-9 if name in ("windows", "winograd") else None
    form = FORMS[op][name].rule().with_custom_vjp(**options)
    report = check_rule(form, *arguments, domain=[FIXED] * len(arguments), budget=budget)
    report.raise_if_failed()
    assert not report.inconclusive
    assert any(finding.law == "agreement" for finding in report.passed)


# The other two blocks with their faults are in test_whole_numbers.py, where that costs less.
@pytest.mark.parametrize(("op", "name"), [one for one in EVERY if one[1] not in ("windows", "winograd")])
def test_a_fault_in_the_form_is_rejected(op, name, monkeypatch):
    arguments, options = example(name)
    form = planted(op, name, monkeypatch)
    report = first_failure(form.rule().with_custom_vjp(**options), *arguments, domain=[FIXED] * len(arguments))
    assert {finding.law for finding in report.failures} == {"agreement"}


LABELS, WEIGHTS = np.array([0, 3, 1, 4], np.int32), np.float32([0.5, 0, 0.25, 1])
LOGITS = np.round(np.random.default_rng(0).standard_normal((4, 5)), 2).astype(np.float32)


# By every law as it is, and by agreement at the example with smoothed labels or the classes on the other axis.
@pytest.mark.parametrize(
    ("classes", "smoothing", "budget"),
    [(0, 0.0, None), (0, 0.25, 1e-9), (1, 0.25, 1e-9)],
    ids=["plain", "smoothed", "batch first"],
)
def test_the_weighted_loss_is_right(classes, smoothing, budget):
    fun = weighted_cross_entropy_rule(classes).with_custom_vjp(smoothing=smoothing)
    report = check_rule(fun, LOGITS, LABELS, WEIGHTS, domain=[FIXED, None, FIXED], budget=budget)
    report.raise_if_failed()
    assert not report.inconclusive


@pytest.mark.parametrize("wrong", [{"d_logits": 0.0}, {"d_weights": 0.0}], ids=["d_logits", "d_weights"])
def test_a_weighted_loss_that_forgets_smoothing_in_one_gradient_is_rejected(wrong):
    right = weighted_cross_entropy_rule()

    def backward(residuals, cotangent, smoothing):
        found = right.backward(residuals, cotangent, smoothing=smoothing)
        plain = right.backward(residuals, cotangent, smoothing=0.0)
        return (plain[0], *found[1:]) if "d_logits" in wrong else (*found[:2], plain[2])

    fun = dataclasses.replace(right, backward=backward).with_custom_vjp(smoothing=0.25)
    report = first_failure(fun, LOGITS, LABELS, WEIGHTS, domain=[FIXED, None, FIXED])
    assert {finding.argument for finding in report.failures} == {"logits" if "d_logits" in wrong else "weights"}


def test_the_smoothed_loss_is_that_of_smoothed_labels_by_hand():
    log_p = LOGITS - np.log(np.exp(LOGITS.astype(float)).sum(axis=1, keepdims=True))
    y = 0.75 * np.eye(5)[LABELS] + 0.25 / 5
    found = weighted_cross_entropy(LOGITS, LABELS, WEIGHTS, smoothing=0.25)
    np.testing.assert_allclose(found, -(WEIGHTS[:, None] * y * log_p).sum(), rtol=1e-6)
