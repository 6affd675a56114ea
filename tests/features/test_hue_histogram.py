"""Histograms of hue."""

import colorsys

import numpy as np
import pytest

from scoreline.errors import DataError
from scoreline.features import HueHistogram

RNG = np.random.default_rng(0)


def slowly(image, bins):
    """Return the histogram by the standard library's hues."""
    sums = np.zeros(bins)
    for red, green, blue in image.reshape(-1, 3) / 255:
        hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
        place = hue * bins - 0.5
        low = int(np.floor(place))
        sums[low % bins] += saturation * (1 - (place - low))
        sums[(low + 1) % bins] += saturation * (place - low)
    return sums / image[..., 0].size


@pytest.mark.parametrize("bins", [1, 6, 32])
def test_equals_the_standard_librarys_hues(bins):
    images = RNG.integers(0, 256, (3, 9, 7, 3), dtype=np.uint8)
    ours = HueHistogram(bins, power=1).fit(images).transform(images)
    np.testing.assert_allclose(ours, [slowly(image, bins) for image in images], atol=1e-6)


def test_cells_lie_where_their_pixels_do():
    image = np.zeros((1, 4, 4, 3), np.uint8)
    image[0, :2, 2:] = (0, 255, 0)
    rows = HueHistogram(3, grid=2, power=1).fit(image).transform(image).reshape(4, 3)
    np.testing.assert_allclose(rows[1], [0.5, 0.5, 0])  # pure green lies between the first two of three bins
    assert not rows[[0, 2, 3]].any()


def test_grey_has_no_hue():
    greys = np.repeat(np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1), 3, axis=3)
    assert not HueHistogram().fit(greys).transform(greys).any()
    with pytest.raises(DataError, match="hue"):
        HueHistogram().fit(greys[..., :1])


def test_names_tell_the_hue():
    images = np.zeros((1, 4, 4, 3), np.uint8)
    assert list(HueHistogram(2).fit(images).get_feature_names_out()) == ["cell_0_0_hue_90", "cell_0_0_hue_270"]
