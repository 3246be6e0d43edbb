"""The seven Jacobians of the perceptron on trial, at a real digit: beside autodiff's, and by `verify`."""

from dataclasses import dataclass

import jax
import numpy as np

from jaxcnn.datasets import scaled
from jaxcnn.jacobians.seven import NamedJacobian, seven_jacobians
from jaxcnn.parameters import init_parameters
from jaxcnn.verification.networks import Digits
from jaxcnn.zoo import MLP
from verify import Report, check_jacobian


@dataclass(frozen=True)
class JacobianRow:
    """One Jacobian in closed form, by autodiff, and what verify says of it.

    Attributes:
        closed: the closed form, with its name.
        autodiff: what `jax.jacrev` makes of the same function.
        report: of `verify.check_jacobian`.
    """

    closed: NamedJacobian
    autodiff: np.ndarray
    report: Report

    @property
    def difference(self) -> float:
        """The largest difference of an entry to that of autodiff."""
        return float(np.max(np.abs(np.asarray(self.closed.value, np.float64) - self.autodiff)))


def seven_rows(digits: Digits, *, seed: int = 0) -> tuple[JacobianRow, ...]:
    """Return the seven Jacobians of the 784-64-10 perceptron at a random digit.

    Weights are drawn from N(0, 0.1²) and biases are 0, as training starts with.

    Args:
        digits: of which one is chosen.
        seed: of the parameters and of the choice.
    """
    at = int(np.random.default_rng(seed).integers(len(digits.images)))
    images = scaled(digits.images[at : at + 1])
    params = init_parameters(
        MLP, jax.random.key(seed), images.shape, kernel_init=jax.nn.initializers.normal(0.1), dtype=images.dtype
    )
    rows = []
    for closed in seven_jacobians(MLP, params, images[0], digits.labels[at]):
        autodiff = np.asarray(jax.jacrev(closed.function)(closed.argument), np.float64)
        report = check_jacobian(closed.function, closed.value, closed.argument, seed=seed)
        rows.append(JacobianRow(closed, autodiff, report))
    return tuple(rows)
