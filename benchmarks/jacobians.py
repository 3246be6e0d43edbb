"""Are closed-form Jacobians worth deriving: are they written at the speed of memory, and faster than autodiff's?

Each is made in turn, compiled, with what autodiff makes of the same thing, and agrees with it:

* the gradients of 256 single examples of the 784-64-10 perceptron: at most 1.2 compiled fills of arrays of that size,
  at least 2 times faster than `jax.vmap(jax.grad)`, and in factors at least 25 times;
* LeNet's logits by its inputs: at least 1.5 times faster than `jax.jacrev` for one image, 3 times for a batch of 16.
  Both the network's own ops and the Flax reading are differentiated, and the faster of the two counts.

    python -m benchmarks.jacobians [--smoke] [--json FILE]

Exit status 1 if a claim does not hold. `--smoke` runs all of it at small networks, where times claim nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.command import finish, parser
from benchmarks.interleaved import interleaved, ratio
from benchmarks.judged import against, timed
from benchmarks.record import Row
from jaxcnn import (
    LENET,
    MLP,
    Conv,
    Dense,
    Flatten,
    FlaxReading,
    MaxPool,
    Network,
    Relu,
    Sigmoid,
    apply,
    init_parameters,
)
from jaxcnn.jacobians import factored_gradients, input_jacobian, per_example_gradients


class Problem(NamedTuple):
    """What is timed: gradients of `batch` examples, and Jacobians of as many images as `faster` has keys for."""

    perceptron: Network
    convolutional: Network
    size: int
    batch: int
    faster: dict[int, float]

    def example(self, network: Network, count: int) -> tuple[Any, Any]:
        """Parameters as training starts with, and images."""
        images = jax.random.uniform(jax.random.key(1), (count, self.size, self.size, 1))
        return init_parameters(network, jax.random.key(0), images.shape), images


LABS = Problem(MLP, LENET, 28, 256, {1: 1.5, 16: 3.0})
SMALL = Problem(
    Network(Flatten(), Dense(6), Sigmoid(), Dense(4)),
    Network(Conv(2, 3), Relu(), MaxPool(2), Flatten(), Dense(4)),
    8,
    8,
    {4: 1.0},
)


FILL = "compiled fill of the same bytes"


def ready(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Call, and wait for the result."""
    return lambda: jax.block_until_ready(function(*arguments))


def own_loss(network: Network, params: Any, image: Any, label: Any) -> Any:
    return -jax.nn.log_softmax(apply(network, params, image[None])[0])[label]


def gradient_rows(problem: Problem, rounds: int) -> list[Row]:
    network = problem.perceptron
    params, images = problem.example(network, problem.batch)
    labels = jax.random.randint(jax.random.key(2), (problem.batch,), 0, 4)
    closed, factored = (jax.jit(partial(one, network)) for one in (per_example_gradients, factored_gradients))
    autodiff = jax.jit(jax.vmap(jax.grad(partial(own_loss, network)), in_axes=(None, 0, 0)))
    made, expected = closed(params, images, labels), autodiff(params, images, labels)
    for ours, theirs in zip(jax.tree.leaves(made), jax.tree.leaves(expected), strict=True):
        # sums of 64 or 10 terms below 1, in float32
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=64 * 2.0**-23)
    shapes = jax.tree.map(jnp.shape, made, is_leaf=lambda leaf: hasattr(leaf, "shape"))
    filled = jax.jit(
        lambda value: jax.tree.map(lambda s: jnp.full(s, value), shapes, is_leaf=lambda s: type(s) is tuple)
    )
    found = interleaved(
        {
            "closed form": ready(closed, params, images, labels),
            FILL: ready(filled, jnp.float32(1)),
            "in factors": ready(factored, params, images, labels),
            "vmap(grad)": ready(autodiff, params, images, labels),
        },
        rounds,
    )
    judge = partial(against, f"gradients of {problem.batch} examples", found)
    return [
        judge("closed form", FILL, least=1 / 1.2, floor=True),
        judge("closed form", "vmap(grad)", least=2.0),
        judge("in factors", "vmap(grad)", least=25.0),
        *(timed(f"gradients of {problem.batch} examples", name, found[name]) for name in (FILL, "vmap(grad)")),
    ]


def by_jacrev(network: Network) -> dict[str, Callable[[Any, Any], Any]]:
    """The input Jacobian of every example by reverse mode: of the ops, and of Flax with its `reduce_window`."""
    flax = FlaxReading(network).apply
    return {
        f"jacrev of {name}": jax.jit(
            jax.vmap(jax.jacrev(lambda image, params, f=f: f(params, image[None])[0]), in_axes=(0, None))
        )
        for name, f in (("the ops", partial(apply, network)), ("Flax", flax))
    }


def equal_on_integers(problem: Problem, others: dict[str, Callable[[Any, Any], Any]]) -> None:
    """Raise `AssertionError` unless all are equal bit for bit on whole numbers, ties of max pooling included."""
    network = problem.convolutional
    params, images = problem.example(network, max(problem.faster))
    random = np.random.default_rng(0)
    params = jax.tree.map(lambda p: random.integers(-1, 2, p.shape).astype(np.float32), params)
    images = np.floor(3 * np.asarray(images))
    ours = np.asarray(input_jacobian(network, params, images))
    assert 0 < np.abs(ours).max() < 2**24
    for name, other in others.items():
        np.testing.assert_array_equal(ours, other(images, params), err_msg=name)


def input_rows(problem: Problem, rounds: int) -> list[Row]:
    network = problem.convolutional
    others = by_jacrev(network)
    equal_on_integers(problem, others)
    rows = []
    for count, least in problem.faster.items():
        params, images = problem.example(network, count)
        works = {"closed form": ready(partial(input_jacobian, network), params, images)}
        works |= {name: ready(other, images, params) for name, other in others.items()}
        found = interleaved(works, rounds)
        section = f"logits by the inputs, {count} at once"
        best = max(others, key=lambda name: ratio(found["closed form"], found[name]))
        rows.append(against(section, found, "closed form", best, least))
        rows += [timed(section, name, found[name]) for name in others]
    return rows


def main(words: Sequence[str] | None = None) -> int:
    options = parser("jacobians", __doc__, smoke="small networks").parse_args(words)
    parts = ((gradient_rows, 30), (input_rows, 100))
    rows = [row for part, n in parts for row in (part(SMALL, 2) if options.smoke else part(LABS, n))]
    return finish("jacobians", rows, options)


if __name__ == "__main__":
    sys.exit(main())
