"""A fault in one layer of many, told by the smallest network that shows it."""

import jax

import verify
from tests.verify.search.test_networks import APPLY, network
from verify import strategies as vs


@jax.custom_vjp
def dense(x, kernel, bias):
    return x @ kernel + bias[None]


dense.defvjp(
    lambda x, kernel, bias: (dense(x, kernel, bias), (x, kernel)),
    lambda saved, g: (g @ saved[1].T, saved[0].T @ g, g.mean(0)),
)


def test_a_fault_in_one_layer_is_told_by_the_smallest_network_that_shows_it():
    def make(layers):
        return network(layers, {**APPLY, "dense": lambda x, layer, kernel, bias: dense(x, kernel, bias)})

    problems = vs.networks(kinds=["relu", "dense"], images=False)
    report = verify.search(make, problems, max_examples=30, budget=600)
    (params, inputs), _ = report.failures[0].example
    assert {finding.argument for finding in report.failures} == {"params[0]['bias']"}
    assert inputs.shape == (2, 1)  # the mean over one row is its sum
    assert [sorted(parameters) for parameters in params] == [["bias", "kernel"]]
