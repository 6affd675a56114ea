"""Cells in which a Gaussian weights all patches, against their formula."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.features import PatchDictionary

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 13, 16, 3), dtype=np.uint8)
SMALL = {"words": 11, "patch_size": 4, "components": 9, "n_patches": 400}


def maps(features, images):
    """Return what every patch, by itself in its cell, gives each word: ``(n, H', W', k)``."""
    one = PatchDictionary(**SMALL, grid=1, mirror=features.mirror)
    one.whitening_, one.words_, one.encoding_ = features.whitening_, features.words_, features.encoding_
    one.image_shape_ = (4, 4, 3)
    p = features.patch_size
    windows = np.lib.stride_tricks.sliding_window_view(images, (p, p), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    n, h, w = windows.shape[:3]
    even, odd = one.mirror_halves(np.ascontiguousarray(windows.reshape(-1, p, p, 3)))
    both = np.square(even) * 2, np.zeros_like(even) if odd is None else 2 * odd
    # own + mirrored = both[0], root(own) - root(mirrored) = both[1]
    product = (both[0] - np.square(both[1])) / 2
    roots = np.sqrt(np.maximum(both[0] + 2 * product, 0))
    own, mirrored = (roots + both[1]) / 2, (roots - both[1]) / 2
    return (np.square(part).reshape(n, h, w, -1) for part in (own, mirrored))


def weights(side, grid, spread):
    """Return Gaussians about the middles of cells ``(grid, side)``, the same within three strips a cell."""
    places = (np.arange(side) + 0.5) / side * grid
    gaussians = np.exp(-np.square((places - (np.arange(grid)[:, None] + 0.5)) / spread) / 2)
    n = {(2, 10): 6, (2, 13): 5, (3, 10): 9, (3, 13): 9, (1, 10): 3, (1, 13): 3}[grid, side]
    half = np.arange(-(-side // 2)) * n // side
    strip = np.concatenate([half, n - 1 - half[: side // 2][::-1]])
    return np.stack([[row[strip == i].mean() for i in strip] for row in gaussians])


@pytest.mark.parametrize("grid", [1, 2, 3])
@pytest.mark.parametrize("spread", [0.3, 0.54, 2.0])
def test_every_cell_sees_all_patches_by_their_weights(grid, spread):
    features = PatchDictionary(**SMALL, grid=grid, spread=spread).fit(IMAGES)
    own, mirrored = maps(features, IMAGES)
    down, across = weights(own.shape[1], grid, spread), weights(own.shape[2], grid, spread)

    def cells(values, of_columns):
        shares = down[:, None, :, None] * of_columns[None, :, None, :]
        shares /= shares.sum(axis=(2, 3), keepdims=True)
        return np.einsum("rchw,nhwk->nrck", shares, values).reshape(len(values), -1)

    a, b = cells(own, across), cells(mirrored, across[::-1])
    even, odd = features.mirror_halves(IMAGES)
    np.testing.assert_allclose(even, np.sqrt((a + b) / 2), rtol=2e-4, atol=1e-5)
    np.testing.assert_allclose(odd, (np.sqrt(a) - np.sqrt(b)) / 2, rtol=2e-3, atol=2e-4)
    np.testing.assert_array_equal(features.transform(IMAGES), even)


def test_without_mirror_images_there_is_no_other_side():
    features = PatchDictionary(**SMALL, grid=2, spread=0.5, mirror=False).fit(IMAGES)
    rows, odd = features.mirror_halves(IMAGES)
    assert odd is None
    assert np.abs(rows - features.transform(IMAGES[:, :, ::-1])).max() > 0.01
    wide = PatchDictionary(**SMALL, grid=2, spread=9.9, mirror=False).fit(IMAGES).transform(IMAGES)
    left, right = wide.reshape(4, 2, 2, -1)[:, :, 0], wide.reshape(4, 2, 2, -1)[:, :, 1]
    np.testing.assert_allclose(left, right, rtol=0.02, atol=1e-3)


@pytest.mark.parametrize("spread", [-0.5, 0.1, 10.0])
def test_no_such_weights(spread):
    with pytest.raises(UsageError, match="spread is"):
        PatchDictionary(**SMALL, spread=spread).fit(IMAGES)
