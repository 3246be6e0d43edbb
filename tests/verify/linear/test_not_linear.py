"""A function that is not linear has no matrix: check_linear says so, and draws again the vectors that showed it."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify
from tests.verify.linear._convolution import KERNEL, SHAPE, convolution, matrix_of


@pytest.mark.parametrize(
    ("bend", "words"),
    [
        (jax.nn.relu, "f(x + y) = f(x) + f(y) does not hold at whole numbers."),
        (lambda y: jnp.clip(y, -1e4, 1e4), "f(1.04858e+06 x) = 1.04858e+06 f(x) does not hold at whole numbers."),
        (lambda y: jnp.where(jnp.abs(y) < 1e-3, 0, y), "f(9.53674e-07 x) = 9.53674e-07 f(x) does not hold"),
        (jnp.abs, "does not hold at whole numbers."),
    ],
    ids=["relu", "clipped", "small ones dropped", "absolute"],
)
def test_a_function_that_is_not_linear_is_rejected(bend, words):
    report = verify.check_linear(lambda image: bend(convolution(image)), matrix_of(KERNEL), SHAPE)
    (told,) = [f.diagnosis.sentence for f in report.failures if f.law == "linear"]
    assert words in told


@pytest.mark.parametrize("seed", [0, 1])
def test_the_lines_of_what_is_not_linear_draw_the_vectors_that_showed_it(seed, capsys):
    finding = verify.check_linear(np.square, np.eye(4), (4,), seed=seed).failures[0]
    assert finding.diagnosis.code == "not-linear"
    exec("\n".join(finding.reproduce), {"fun": np.square})
    both, apart = re.findall(r"\[[^]]*\]", capsys.readouterr().out)
    at = finding.index[0]
    assert float(both.strip("[]").split()[at]) == finding.actual
    assert float(apart.strip("[]").split()[at]) == finding.expected
