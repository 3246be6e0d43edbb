"""Templates: where each weight lies in the image."""

import numpy as np
import pytest

from jaxcnn.analysis import templates


def params(pixels=12, units=5):
    return {"dense_0": {"kernel": np.random.default_rng(0).normal(size=(pixels, units)), "bias": np.zeros(units)}}


def test_a_template_times_an_image_is_the_answer_of_its_unit():
    own, image = params(), np.random.default_rng(1).normal(size=(2, 3, 2))
    found = templates(own, (2, 3, 2))
    assert found.shape == (5, 2, 3, 2)
    np.testing.assert_allclose((found * image).sum((1, 2, 3)), image.reshape(-1) @ own["dense_0"]["kernel"], rtol=1e-12)


def test_other_layers_and_images_are_refused():
    conv = {"conv_0": {"kernel": np.zeros((3, 3, 1, 2)), "bias": np.zeros(2)}}
    with pytest.raises(ValueError, match=r"^`layer` must name a dense layer; got 'dense_0', and there are conv_0\.$"):
        templates(conv, (2, 3, 2))
    with pytest.raises(ValueError, match="got 'conv_0'"):
        templates(conv, (2, 3, 2), "conv_0")
    with pytest.raises(ValueError, match=r"each of the 16 pixels of \(4, 4, 1\); it has 12"):
        templates(params(), (4, 4, 1))
