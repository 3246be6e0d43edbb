"""Templates as a mosaic: each in its place, on one scale that is symmetric about zero."""

import numpy as np

from jaxcnn.plots.templates import templates


def test_every_template_is_in_its_place_on_one_symmetric_scale():
    images = np.arange(-2.0, 10)[:, None, None] * np.ones((12, 8, 6))
    axes = templates(images, columns=4).axes[0]
    (drawn,) = axes.images
    assert drawn.get_clim() == (-9, 9)
    tiles = np.ma.filled(drawn.get_array(), np.nan)
    assert [tiles[0, 0], tiles[0, 7], tiles[9, 0]] == [-2, -1, 2]
    assert np.isnan(tiles[0, 6])
