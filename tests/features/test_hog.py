"""Histograms of oriented gradients, against scikit-image."""

import numpy as np
import pytest

from scoreline.features import HOG

RNG = np.random.default_rng(0)


def smooth(shape):
    """Return images with slopes in all directions, and some that are flat."""
    images = RNG.integers(0, 256, shape, dtype=np.uint8)
    images[0] = 7
    r, c = np.ogrid[: shape[1], : shape[2]]
    images[1] = ((3 * r + 5 * c) % 256).astype(np.uint8)[..., None]
    return images


@pytest.mark.parametrize("shape", [(4, 32, 32, 3), (4, 32, 32, 1), (3, 29, 43, 3)])
@pytest.mark.parametrize(("cell", "block", "bins"), [(8, 3, 9), (8, 2, 9), (4, 2, 9), (5, 1, 12), (7, 2, 6)])
def test_equals_scikit_image(shape, cell, block, bins):
    skimage = pytest.importorskip("skimage.feature", reason="scikit-image is not installed")
    images = smooth(shape)
    theirs = [
        skimage.hog(
            image,
            orientations=bins,
            pixels_per_cell=(cell, cell),
            cells_per_block=(block, block),
            channel_axis=-1,
        )
        for image in images
    ]
    ours = HOG(cell, block, bins=bins, signed=False).fit(images).transform(images)
    assert ours.shape == np.shape(theirs)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_signed_directions_tell_edges_from_their_negatives():
    edge = np.zeros((1, 8, 8, 1), np.uint8)
    edge[:, :, 4:] = 100
    pair = np.concatenate([edge, 100 - edge])
    unsigned, signed = (HOG(8, 1, bins=8, signed=on).fit(pair).transform(pair) for on in (False, True))
    np.testing.assert_array_equal(unsigned[0], unsigned[1])
    assert np.flatnonzero(signed[0]) == [0]  # brighter to the right: 0 degrees
    assert np.flatnonzero(signed[1]) == [4]


def test_cells_are_mean_gradient_lengths():
    ramp = np.repeat(np.arange(0, 80, 10, dtype=np.uint8)[:, None], 8, axis=1)[None, ..., None]
    cells = HOG(8, 1, bins=4, signed=False).fit(ramp).cells(ramp)
    # Rows 1 to 6 have the difference 20 downwards, 90 degrees.
    np.testing.assert_allclose(cells[0, 0, 0], [0, 0, 20 * 6 / 8, 0])
