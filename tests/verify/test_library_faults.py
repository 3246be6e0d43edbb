"""Real faults of published libraries that verify finds: each pinned with a minimal example."""

import jax
import numpy as np
import pytest

import verify
from verify.scanning.examine import examine

DOMAIN = verify.Domain(low=0.25, high=1.75, vary_shape=False)


def test_the_gradient_of_spence_is_nan_at_a_smooth_point(failed):
    example = np.asarray([1.5], np.float32)
    assert np.isnan(jax.grad(lambda x: jax.scipy.special.spence(x)[0])(example)).all()
    report = verify.check_rule(jax.scipy.special.spence, example, domain=DOMAIN, budget=1e-9)
    assert ("agreement", "x") in failed(report)
    (finding,) = (f for f in report.failures if f.law == "agreement")
    # spence(x) has the derivative log(x) / (1 - x)
    x, w = (float(np.ravel(jax.tree.leaves(part)[0])[0]) for part in finding.example)
    assert np.isnan(finding.actual)
    np.testing.assert_allclose(finding.expected, w * np.log(x) / (1 - x), rtol=1e-4)


def test_the_gradient_of_a_quantile_raises():
    report = examine("jax.scipy.stats.gumbel_r.ppf")
    (finding,) = (f for f in report.findings if f.verdict == "raises")
    assert finding.got.startswith("TypeError: Called multiply with a float0 array.")
    with pytest.raises(TypeError, match="float0"):  # of xlogy, whose rule multiplies by an integer's tangent
        jax.grad(lambda y: jax.scipy.special.xlogy(2, y))(0.5)
