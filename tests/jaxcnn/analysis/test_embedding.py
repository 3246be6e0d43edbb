"""t-SNE of clusters that are known, and neighbours counted by hand."""

import numpy as np
import pytest

from jaxcnn.analysis import embed, nearest_agree

RANDOM = np.random.default_rng(0)
LABELS = np.repeat(np.arange(3), 12)
CLUSTERS = 20 * np.eye(3, 8)[LABELS] + RANDOM.standard_normal((36, 8))
NOISE = RANDOM.standard_normal((36, 8))


def test_clusters_stay_together_in_the_plane_and_noise_does_not_become_clusters():
    found = embed(CLUSTERS, perplexity=30)
    assert found.points.shape == (36, 2)
    assert found.perplexity == 9  # a quarter of the examples
    assert nearest_agree(found.points, LABELS) == 1
    assert nearest_agree(embed(NOISE).points, LABELS) < 0.7
    np.testing.assert_array_equal(embed(CLUSTERS, perplexity=30).points, found.points)
    assert found.divergence > 0


def test_the_nearest_other_example_decides():
    features = np.array([[0.0], [1.0], [1.5], [10.0], [10.25]])
    assert nearest_agree(features, np.array([0, 0, 1, 1, 1])) == 3 / 5


@pytest.mark.parametrize("features", [np.zeros((3, 2)), np.zeros(5), np.full((5, 2), np.inf)])
def test_what_has_no_neighbours_is_refused(features):
    with pytest.raises(ValueError, match="at least 4 rows of finite numbers; got shape"):
        embed(features)
