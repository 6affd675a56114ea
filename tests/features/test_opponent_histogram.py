"""Histograms of opponent colours."""

import numpy as np
import pytest

from scoreline.errors import DataError
from scoreline.features import OpponentHistogram

RNG = np.random.default_rng(0)
#: Opponent colours of van de Sande et al. (2010), equation 3, and the ranges of colours in 0 ... 255.
TURN = np.array([[1, -1, 0], [1, 1, -2], [1, 1, 1]]) / np.sqrt([[2], [6], [3]])
LOW, HIGH = np.minimum(TURN, 0).sum(axis=1) * 255, np.maximum(TURN, 0).sum(axis=1) * 255


def slowly(image, bins):
    """Return the histograms by NumPy: each pixel's tent over the bins' centres, clipped at the ends."""
    colours = (image.reshape(-1, 3) @ TURN.T - LOW) / (HIGH - LOW)
    places = np.clip(colours * bins - 0.5, 0, bins - 1)
    tents = np.maximum(0, 1 - np.abs(places[..., None] - np.arange(bins)))
    return tents.mean(axis=0).ravel()


@pytest.mark.parametrize("bins", [1, 5, 16])
def test_equals_the_papers_colours(bins):
    images = RNG.integers(0, 256, (3, 9, 7, 3), dtype=np.uint8)
    ours = OpponentHistogram(bins, power=1).fit(images).transform(images)
    np.testing.assert_allclose(ours, [slowly(image, bins) for image in images], atol=1e-6)


def test_cells_and_channels_add_up_to_one():
    images = RNG.integers(0, 256, (2, 11, 10, 3), dtype=np.uint8)
    rows = OpponentHistogram(8, grid=3, power=1).fit(images).transform(images)
    np.testing.assert_allclose(rows.reshape(2, 9, 3, 8).sum(axis=-1), 1, atol=1e-6)


def test_ends_of_the_axes():
    corners = np.array(
        [[255, 0, 0], [0, 255, 0], [255, 255, 0], [0, 0, 255], [0, 0, 0], [255, 255, 255]], np.uint8
    )
    images = np.broadcast_to(corners[:, None, None], (6, 2, 2, 3)).copy()
    rows = OpponentHistogram(4).fit(images).transform(images).reshape(6, 3, 4)
    for channel, (most, least) in enumerate(((0, 1), (2, 3), (5, 4))):
        np.testing.assert_allclose(rows[most, channel], [0, 0, 0, 1], atol=1e-6)
        np.testing.assert_allclose(rows[least, channel], [1, 0, 0, 0], atol=1e-6)


def test_added_light_moves_brightness_alone():
    images = RNG.integers(0, 200, (1, 8, 8, 3), dtype=np.uint8)
    dark, light = (OpponentHistogram(6).fit(x).transform(x).reshape(3, 6) for x in (images, images + np.uint8(50)))
    np.testing.assert_allclose(dark[:2], light[:2], atol=1e-6)
    assert np.abs(dark[2] - light[2]).max() > 0.1


def test_grey_images():
    with pytest.raises(DataError, match="opponent"):
        OpponentHistogram().fit(np.zeros((2, 8, 8, 1), np.uint8))
