"""SIFT descriptors on a grid, against OpenCV."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.features import DenseSIFT

RNG = np.random.default_rng(0)


def photograph(H, W):
    coarse = RNG.integers(256, size=(H // 4 + 1, W // 4 + 1)).astype(float)
    image = np.kron(coarse, np.ones((4, 4)))[:H, :W] + RNG.normal(scale=10, size=(H, W))
    return np.clip(image, 0, 255).astype(np.uint8)[None, ..., None]


@pytest.mark.parametrize(("H", "W", "step", "bin_"), [(32, 32, 4, 3.0), (50, 61, 7, 4.5), (32, 32, 4, 6.0)])
def test_equals_opencv(H, W, step, bin_):
    """OpenCV rounds its numbers to bytes of 512 to the length, and its directions to 0.3 degrees."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    image = photograph(H, W)
    sift = DenseSIFT(step, bin=bin_, blur=1.6).fit(image)
    rows, columns = sift.places(image.shape[1:])
    keypoints = [cv2.KeyPoint(float(c), float(r), 2 / 3 * bin_, 0.0) for r in rows for c in columns]
    _, theirs = cv2.SIFT_create().compute(image[0, ..., 0], keypoints)
    ours = sift.describe(image)[0]
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs / 512, atol=0.006)


def test_scales_are_larger_bins_at_the_same_places():
    image = photograph(40, 40)
    both = DenseSIFT(5, bin=3.0, scales=2).fit(image).describe(image)
    small = DenseSIFT(5, bin=3.0).fit(image)
    places = len(small.places(image.shape[1:])[0]) ** 2
    np.testing.assert_array_equal(both[:, :places], small.describe(image))
    assert np.abs(both[:, places:] - both[:, :places]).max() > 0.01


@pytest.mark.parametrize(("H", "W", "step"), [(32, 32, 3), (50, 61, 7), (8, 9, 20)])
def test_the_grid_goes_to_the_border(H, W, step):
    for places, side in zip(DenseSIFT(step).places((H, W, 1)), (H, W), strict=True):
        assert (np.diff(places) == step).all()
        assert places[0] >= 0
        assert abs(places[0] - (side - 1 - places[-1])) <= 1
        assert places[0] < step


def test_the_blur_of_the_camera_is_left_alone():
    image = photograph(32, 32)
    sharp, soft = (DenseSIFT(blur=blur).fit(image).transform(image) for blur in (0.5, 1.6))
    assert np.abs(sharp - soft).max() > 0.05
    with pytest.raises(UsageError, match="blur"):
        DenseSIFT(blur=0.4).fit(image)


def test_flat_images_have_no_direction():
    flat = np.full((1, 32, 32, 1), 90, np.uint8)
    assert not DenseSIFT().fit(flat).transform(flat).any()
