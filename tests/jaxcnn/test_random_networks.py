"""Random networks: by hand, by the installed rules and by Flax they are one function with one derivative.

On whole numbers the readings must be equal bit for bit, in float32 as long as no partial sum can reach 2²⁴, else in
float64. Elsewhere they are compared in float64, within a bound on what rounding can do in that very network. That the
comparison notices what it should is shown with every fault that can be planted.
"""

import functools
import random
from typing import Any

import hypothesis
import jax
import numpy as np
import optax
import pytest
from hypothesis import given, settings

from jaxcnn import (
    FAULTS,
    RULES,
    Conv,
    FlaxReading,
    MaxPool,
    Network,
    Rules,
    Softmax,
    apply_with_rules,
    backward,
    forward,
    loss_and_gradients_by_hand,
    plant,
)
from tests.jaxcnn._networks import WHOLE, Case, Reach, cases, differences, reach

# Every network is compiled for a single run: without optimisation that takes half the time.
compiled = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
CLASSES = 2**24, 2**53  # up to here every whole number is a float32, a float64


def exactness(case: Case) -> tuple[Any, float]:
    """Return the dtype to compute in and the difference to allow: none for whole numbers that are exact."""
    if not case.whole:
        return np.float64, 2 * reach(case, np.float64)[1]
    size = reach(case, np.float64)[0]
    assert size < CLASSES[1]
    return (np.float32 if size < CLASSES[0] else np.float64), 0.0


def run(function: Any, case: Case, *more: Any) -> Any:
    """Run a function of the case's arrays in the dtype that suits it; return NumPy arrays."""
    dtype, _ = exactness(case)
    with jax.enable_x64(dtype == np.float64):
        return jax.tree.map(np.asarray, compiled(function)(*case.arrays(dtype), *more))


def by_hand(case: Case, rules: Rules = RULES) -> Any:
    """Return outputs, input gradient and parameter gradients."""

    def hand(params, inputs, cotangent):
        outputs, residuals = forward(case.network, params, inputs, rules=rules)
        return outputs, *backward(case.network, residuals, cotangent, rules=rules)

    return run(hand, case)


@functools.cache
def by_flax(case: Case) -> Any:
    """Return the same by Flax and autodiff."""

    def flax(params, inputs, cotangent):
        outputs, vjp = jax.vjp(FlaxReading(case.network).apply, params, inputs)
        d_params, d_inputs = vjp(cotangent)
        return outputs, d_inputs, d_params

    return run(flax, case)


def disagreements(case: Case, rules: Rules = RULES) -> list[str]:
    return differences(by_hand(case, rules), by_flax(case), exactness(case)[1])


# More of each kind: thorough/test_many_random_networks.py.
@settings(max_examples=16)
@given(cases(whole=True))
def test_on_whole_numbers_flax_and_by_hand_are_equal_bit_for_bit(case):
    assert disagreements(case) == []


@settings(max_examples=10)
@given(cases())
def test_flax_and_by_hand_are_equal_but_for_rounding(case):
    assert disagreements(case) == []


SCALE = 3.0  # the loss is scaled, so that its rule meets another cotangent than 1


def losses_by_hand(case: Case, rules: Rules = RULES) -> Any:
    """Return (loss, gradients) by hand; and of the scaled loss, with the rules installed, the gradients of all."""
    to_logits = case.network.without_softmax()

    def scaled_loss(params, inputs, labels):
        loss = rules["cross_entropy"].with_custom_vjp()
        return SCALE * loss(apply_with_rules(to_logits, params, inputs, rules=rules), labels)

    def hand(params, inputs, _, labels):
        return (
            loss_and_gradients_by_hand(case.network, params, inputs, labels, rules=rules),
            jax.grad(scaled_loss, argnums=(0, 1, 2))(params, inputs, labels),
        )

    return run(hand, case, case.soft_labels())


@functools.cache
def losses_by_optax(case: Case) -> Any:
    """Return the same by Flax, Optax and autodiff."""
    reading = FlaxReading(case.network.without_softmax())

    def loss(params, inputs, labels):
        return optax.softmax_cross_entropy(reading.apply(params, inputs), labels).mean()

    def flax(params, inputs, _, labels):
        value, found = jax.value_and_grad(loss, argnums=(0, 1, 2))(params, inputs, labels)
        return (value, found[0]), jax.tree.map(lambda g: SCALE * g, found)

    return run(flax, case, case.soft_labels())


def rounding_of_losses(case: Case) -> float:
    """Return how far two ways of computing the gradients of the loss may be apart."""
    unit, classes = float(np.finfo(np.float64).eps) / 2, case.output_shape[-1]
    logits = reach(case, np.float64)[2]
    # log p = z - log sum exp z, at most 2 |z| + log K in size; p (sum y) - y with labels up to 1, at most K + 1.
    log_p = Reach(2 * logits.size + np.log(classes), 2 * logits.error + (classes + 16) * unit * (logits.size + 1))
    d_logits = Reach(SCALE * (classes + 1), SCALE * (classes + 1) * (log_p.error + (classes + 16) * unit))
    _, error, _ = reach(case, np.float64, d_logits)
    return 2 * max(
        error, SCALE * classes * log_p.error + unit * SCALE * classes * log_p.size * int(np.prod(case.output_shape))
    )


def loss_disagreements(case: Case, rules: Rules = RULES) -> list[str]:
    return differences(losses_by_hand(case, rules), losses_by_optax(case), rounding_of_losses(case))


@settings(max_examples=8)
@given(cases(layers=4))
def test_the_loss_and_its_gradients_are_those_of_flax_and_optax(case):
    assert loss_disagreements(case) == []


def first(strategy: Any, condition: Any) -> Case:
    """Return the first of two hundred draws that meets a condition, the same in every run."""
    few = settings(max_examples=200, phases=[hypothesis.Phase.generate], database=None)
    return hypothesis.find(strategy, condition, settings=few, random=random.Random(1))


def check_noticed(name: str) -> None:
    """Raise if no random network shows a fault, or the one that does is not right without it."""
    fault = FAULTS[name]
    compare = loss_disagreements if fault.rule == "cross_entropy" else disagreements
    strategy = cases(whole=fault.rule in WHOLE, containing=fault.rule, layers=2 if fault.rule == "cross_entropy" else 3)
    rules = plant(name)
    case = first(strategy, lambda case: compare(case, rules) != [])
    assert compare(case) == []


IN_VALUES = [name for name, fault in FAULTS.items() if fault.shows_in == "values"]
ONE_PER_RULE = {FAULTS[name].rule: name for name in reversed(IN_VALUES)}.values()  # all of them with --thorough


@pytest.mark.parametrize("name", ONE_PER_RULE)
def test_a_fault_in_the_values_is_noticed_on_a_random_network_that_has_the_layer(name):
    check_noticed(name)


def convs(case: Case) -> list[Conv]:
    return [layer for layer in case.network if isinstance(layer, Conv)]


FEATURES = {
    **{op: lambda case, op=op: any(layer.op == op for layer in case.network) for op in RULES if op != "cross_entropy"},
    "two layers": lambda case: len(case.network) == 2,
    "six layers": lambda case: len(case.network) == 6,
    "rows": lambda case: len(case.input_shape) == 2,
    "images that are not square": lambda case: len(set(case.input_shape[1:3])) == 2 and len(case.input_shape) == 4,
    "a depthwise convolution": lambda case: any(
        isinstance(layer, Conv) and 1 < layer.groups == shape[3]
        for layer, shape in zip(case.network, case.network.shapes(case.input_shape), strict=False)
    ),
    "dilation": lambda case: any(max(conv.dilation) > 1 for conv in convs(case)),
    "different strides": lambda case: any(len(set(conv.strides)) == 2 for conv in convs(case)),
    "padding that crops": lambda case: any("-" in str(conv.padding) for conv in convs(case)),
    "same padding": lambda case: any(conv.padding == "SAME" for conv in convs(case)),
    "valid padding": lambda case: any(conv.padding == "VALID" for conv in convs(case)),
    "windows that overlap": lambda case: any(
        isinstance(layer, MaxPool) and max(np.subtract(layer.window, layer.strides)) > 0 for layer in case.network
    ),
    "a fused softmax": lambda case: isinstance(case.network.layers[-1], Softmax),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_two_hundred_random_networks_have_every_feature(feature):
    assert FEATURES[feature](first(cases(), FEATURES[feature]))


def test_whole_numbers_that_outgrow_float32_are_compared_in_float64():
    case = Case(Network(*[Conv(4, 3)] * 4), (1, 3, 4, 4), seed=0, whole=True)
    assert CLASSES[0] < reach(case, np.float64)[0] < CLASSES[1]
    assert exactness(case) == (np.float64, 0)
    assert disagreements(case) == []


def test_the_allowed_rounding_is_far_below_the_gradients():
    # Not one network in two hundred may round by more than a billionth; the smallest fault is a thousandth of an entry.
    with pytest.raises(hypothesis.errors.NoSuchExample, match="No examples found"):
        first(cases(layers=3), lambda case: exactness(case)[1] > 1e-9)
