"""Whole networks by hand against autodiff of the Flax reading, at real digits.

Two paths. On integers (parameters -1, 0, 1; pixels 0 .. 3; an integer cotangent on the logits) the gradients of a
piecewise-polynomial network are integers. They are computed in float64, where a bound on every intermediate, pushed
through the program, proves them exact; float32 must meet them bit for bit, by hand and by `jax.grad` alike, ties of max
pooling included. On floats, the mean cross-entropy is compared within the tolerance that `verify` derives.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxcnn._types import Array, Parameters
from jaxcnn.by_hand import backward, forward, loss_and_gradients_by_hand
from jaxcnn.datasets import load_digits, scaled
from jaxcnn.flax_reading import FlaxReading
from jaxcnn.network import Network
from jaxcnn.rules import RULES, Rules
from jaxcnn.zoo import LENET, MLP
from verify import Diagnosis, Domain, Finding, Report, check_backward, magnitude

NETWORKS: Mapping[str, Network] = MappingProxyType({"lenet": LENET, "mlp": MLP})
_EXACT_LAYERS = {"conv", "max_pool", "relu", "flatten", "dense"}
_BATCH = 16
_TOP = 3  # the largest pixel, parameter and cotangent entry of the integer path


@dataclass(frozen=True)
class Digits:
    """The embedded digits, loaded once.

    Attributes:
        images: (N, 28, 28, 1) uint8, the training split.
        labels: (N,) int32.
        test_images: (M, 28, 28, 1) uint8.
        test_labels: (M,) int32.
    """

    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    @classmethod
    def load(cls, seed: int = 0) -> "Digits":
        """Load both splits.

        Raises:
            ImportError: if scikit-learn is not installed.
        """
        return cls(*load_digits("train", seed=seed), *load_digits("test", seed=seed))


def has_integer_path(network: Network) -> bool:
    """Whether every layer maps integers to integers, backwards too."""
    return all(layer.op in _EXACT_LAYERS for _, layer in network.named_layers())


def exact_report(name: str, digits: Digits, rules: Rules = RULES, *, seed: int = 0) -> Report:
    """Compare hand and autodiff gradients of integer logits with the exact ones, `==`, for every parameter."""
    started = time.monotonic()
    network = NETWORKS[name]
    images = (digits.images[:_BATCH] // 64).astype(np.float32)  # 0 .. 3
    params, weights = _integers(network, images.shape, seed)
    reading = FlaxReading(network)

    def by_hand(values: Parameters, inputs: Array, cotangent: Array) -> Parameters:
        _, residuals = forward(network, values, inputs, rules=rules)
        return backward(network, residuals, cotangent, rules=rules)[1]

    def by_autodiff(values: Parameters, inputs: Array, cotangent: Array) -> Parameters:
        return jax.grad(lambda p: jnp.vdot(cotangent, reading.apply(p, inputs)))(values)

    hand = jax.jit(by_hand)(params, images, weights)
    autodiff = jax.jit(by_autodiff)(params, images, weights)
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda a: np.asarray(a, np.float64), (params, images, weights))
        exact = jax.jit(by_autodiff)(*wide)
        size = magnitude.bound(jax.make_jaxpr(by_autodiff)(*wide), (len(jax.tree.leaves(params)) + 1, 0, 1), _TOP, ())
    if isinstance(size, str) or size.largest >= 2.0**53:
        raise AssertionError(f"the float64 gradients of {name} are not proven exact: {size}")
    proof = f"all intermediates of the float64 gradients are integers below {size.largest:.1g} < 2^53: they are exact"
    failures: list[Finding] = []
    passed: list[Finding] = []
    for path, found, peer, truth in _leaves(hand, autodiff, exact):
        finding = _equal(f"params{path}", found, peer, truth)
        (failures if finding.actual is not None else passed).append(finding)
    return Report(f"{name} on integers", tuple(failures), (), tuple(passed), (proof,), time.monotonic() - started)


def _equal(path: str, found: np.ndarray, peer: np.ndarray, truth: np.ndarray) -> Finding:
    law = "equal bit for bit"
    if truth.size and (np.any(truth != np.round(truth)) or not np.isfinite(truth).all()):
        return Finding(law, path, actual="no integers", expected="integer gradients of integer logits")
    for what, values in (("by hand", found), ("jax.grad", peer)):
        wrong = np.argwhere(np.asarray(values, np.float64) != truth)
        if len(wrong):
            index = tuple(int(k) for k in wrong[0])
            actual, expected = float(values[index]), float(truth[index])
            error = abs(actual - expected)
            diagnosis = Diagnosis("not-exact", f"{len(wrong)} of {truth.size} entries differ {what}.")
            return Finding(law, path, index, actual, expected, error, 0.0, diagnosis, where=f"network, {what}")
    return Finding(law, path, error=0.0, tolerance=0.0)


def _leaves(*trees: Parameters) -> list[tuple[Any, ...]]:
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(trees[0])]
    columns = [[np.asarray(leaf) for leaf in jax.tree.leaves(tree)] for tree in trees]
    return list(zip(paths, *columns, strict=True))


def _integers(network: Network, input_shape: tuple[int, ...], seed: int) -> tuple[Parameters, np.ndarray]:
    """Parameters from {-1, 0, 1}, zeros more often, and a cotangent on the logits from {-2, ..., 2}."""
    random = np.random.default_rng(seed)
    like = jax.eval_shape(lambda: FlaxReading(network).init(jax.random.key(0), input_shape))
    params = jax.tree.map(lambda p: random.choice([-1.0, 0.0, 0.0, 1.0], p.shape).astype(np.float32), like)
    return params, random.integers(-2, 3, network.shapes(input_shape)[-1]).astype(np.float32)


def float_report(name: str, digits: Digits, rules: Rules = RULES, *, seed: int = 0) -> Report:
    """Compare `loss_and_gradients_by_hand` with autodiff of Flax and Optax at real digits."""
    network = NETWORKS[name]
    images, labels = scaled(digits.images[:_BATCH]), digits.labels[:_BATCH]
    reading = FlaxReading(network)
    params = jax.tree.map(np.asarray, reading.init(jax.random.key(seed), images.shape))

    def loss(params: Parameters) -> Array:
        dtype = jax.tree.leaves(params)[0].dtype
        logits = reading.apply(params, jnp.asarray(images, dtype))
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))

    def gradients(params: Parameters, cotangent: Array) -> Parameters:
        dtype = jax.tree.leaves(params)[0].dtype
        found = loss_and_gradients_by_hand(network, params, jnp.asarray(images, dtype), labels, rules=rules)[1]
        return jax.tree.map(lambda g: cotangent.astype(g.dtype) * g, found)

    fixed = Domain(vary_shape=False, vary_values=False)  # real digits, at parameters as training starts with
    report = check_backward(loss, gradients, params, domain=fixed, seed=seed)
    return Report(
        f"{name} on digits", report.failures, report.inconclusive, report.passed, report.notes, report.seconds
    )
