"""Where each map lies in a mosaic, and what figures of maps show."""

import numpy as np
import pytest

from jaxcnn.plots.maps import maps_over_time, mosaic, mosaics

MAPS = np.arange(2 * 3 * 5, dtype=float).reshape(2, 3, 5)


def test_a_mosaic_holds_every_map_once_row_by_row_with_nothing_between():
    tiles = mosaic(MAPS)  # five in three columns and two rows, one pixel apart
    assert tiles.shape == (2 * 2 + 1, 3 * 3 + 2)
    np.testing.assert_array_equal(tiles[:2, 4:7], MAPS[:, :, 1])
    np.testing.assert_array_equal(tiles[3:, :3], MAPS[:, :, 3])
    assert np.isnan(tiles[3:, 8:]).all()
    assert np.isnan(tiles[2]).all()
    assert np.isnan(tiles[:, 3]).all()
    assert np.sum(~np.isnan(tiles)) == MAPS.size


def test_a_row_of_mosaics_begins_with_its_image():
    images = np.zeros((2, 4, 4, 1), np.uint8)
    figure = mosaics(images, ["a", "b"], {"first": np.ones((2, 4, 4, 3)), "second": np.zeros((2, 2, 2, 9))})
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["a", "first", "second", "b", "", ""]
    assert [axes.images[0].get_array().shape for axes in figure.axes[:3]] == [(4, 4), (9, 9), (8, 8)]


def test_maps_go_from_left_to_right_and_on_below_with_one_scale_for_each_name():
    series = {"a": [np.full((2, 2), float(k)) for k in range(3)], "b": [np.full((2, 2), -float(k)) for k in range(3)]}
    figure = maps_over_time(series, ["0", "1", "2"], columns=2)
    shown = [axes.images[0].get_array()[0, 0] if axes.images else None for axes in figure.axes]
    assert shown == [0, 1, 0, -1, 2, None, -2, None]
    scales = [axes.images[0].get_clim() for axes in figure.axes if axes.images]
    assert scales == [(0, 2), (0, 2), (-2, 0), (-2, 0), (0, 2), (-2, 0)]
    assert [axes.get_title() for axes in figure.axes] == ["0", "1", "", "", "2", "", "", ""]
    assert figure.axes[2].texts[0].get_text() == "b\n-2 … 0"


@pytest.mark.parametrize("value", [0.0, -2.0])
def test_maps_without_a_positive_value_are_drawn(value):
    maps_over_time({"one": [np.full((2, 2), value)]}, ["left"]).draw_without_rendering()
    mosaics(np.zeros((1, 2, 2, 3), np.uint8), ["a"], {"one": np.full((1, 2, 2, 4), value)}).draw_without_rendering()
