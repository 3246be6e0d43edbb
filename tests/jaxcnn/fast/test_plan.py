"""Plans: which form each layer takes, and that the network computed so is the network."""

import functools

import jax
import numpy as np
import pytest
from hypothesis import given, settings

from jaxcnn import Conv, Dense, Flatten, MaxPool, Network, Relu, backward, forward
from jaxcnn.fast import batch_minor, chain, choose_form, choose_plain, plan
from jaxcnn.zoo import ZOO
from tests.jaxcnn._networks import cases, differences

compiled = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def forms(network, shape, **options):
    return [stage.form.name for stage in plan(network, (1, *shape), backend="cpu", **options).stages]


def test_the_labs_networks_take_the_forms_that_are_fast():
    found = {
        name: forms(ZOO[name].network, ZOO[name].input_shape) for name in ("backprop", "filters", "conv-as-matrix")
    }
    assert found["backprop"] == [
        *["conv_by_windows"] * 2,
        "flatten_batch_minor",
        *["dense_batch_minor", "relu", "dense_batch_minor"],
    ]
    assert found["filters"][:3] == ["conv_by_windows", "conv_by_winograd", "conv_by_patches"]
    assert found["conv-as-matrix"][:2] == ["conv_by_windows", "flatten_batch_minor"]


def test_where_nothing_is_fast_everything_is_plain_and_batch_first():
    network = ZOO["filters"].network
    for options in ({"choose": choose_plain}, {"backend": "gpu"}):
        made = plan(network, (1, 28, 28, 1), **{"backend": "cpu", **options})
        assert [stage.form.name for stage in made.stages] == [layer.op for layer in network]
        assert not made.batch_minor


def test_a_convolution_that_no_form_covers_stays_plain_between_layouts():
    network = Network(Conv(2, 3, strides=2), Relu(), MaxPool(2, 1), Flatten(), Dense(3))
    assert forms(network, (9, 9, 1)) == ["conv", "relu", "max_pool", "flatten_batch_minor", "dense_batch_minor"]


def test_ones_own_choice_is_taken_and_a_name_that_is_none_is_refused():
    network = ZOO["backprop"].network

    def mine(site, backend):
        return "patches" if site.op == "conv_block" else choose_form(site, backend)

    assert forms(network, (28, 28, 1), choose=mine)[:2] == ["conv_by_patches"] * 2
    with pytest.raises(
        ValueError, match=r"^`choose` must return plain or one of patches, windows, winograd for .*'fft'"
    ):
        forms(network, (28, 28, 1), choose=lambda site, backend: "fft")


def by_plan(case):
    """Return outputs and parameter gradients of a case on whole numbers, batch first."""
    made = plan(case.network, case.input_shape, backend="cpu")

    def turned(values):
        return values if made.classes else values.T

    def run(params, inputs, cotangent):
        values, residuals = chain.forward(made, params, batch_minor(inputs) if made.minor_inputs else inputs)
        return turned(values), chain.backward(made, residuals, turned(cotangent))

    return compiled(run)(*case.arrays(np.float32))


def by_hand(case):
    def run(params, inputs, cotangent):
        outputs, residuals = forward(case.network, params, inputs)
        return outputs, backward(case.network, residuals, cotangent)[1]

    return compiled(run)(*case.arrays(np.float32))


@settings(max_examples=8)
@given(cases(whole=True, containing="dense", layers=5))
def test_a_random_network_is_equal_to_itself_by_hand_bit_for_bit(case):
    if len(case.output_shape) == 2:
        assert differences(by_plan(case), by_hand(case), 0) == []
