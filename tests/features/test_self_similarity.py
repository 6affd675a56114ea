"""The self-similarity descriptor against its definition, offset by offset."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.features import SelfSimilarity

RNG = np.random.default_rng(0)
IMAGES = np.kron(RNG.integers(0, 256, (2, 9, 10, 3)), np.ones((1, 3, 3, 1))).astype(np.uint8)


def descriptor(image, r, c, features):
    """Return the descriptor of the place (r, c) by the formula."""
    half, reach = features.patch // 2, features.radius
    image = image.astype(float)

    def patch(r, c):
        inside = half <= r < image.shape[0] - half and half <= c < image.shape[1] - half
        return image[r - half : r + half + 1, c - half : c + half + 1] if inside else None

    differences, near = {}, [features.noise * image.shape[2] * features.patch**2]
    for down, right in np.ndindex(2 * reach + 1, 2 * reach + 1):
        down, right = down - reach, right - reach
        other = patch(r + down, c + right)
        if not 1 <= np.hypot(down, right) <= reach or other is None:
            continue
        differences[down, right] = np.square(patch(r, c) - other).sum()
        if max(abs(down), abs(right)) == 1:
            near.append(differences[down, right])
    bins = np.zeros((features.radii, features.angles))
    for (down, right), difference in differences.items():
        ring = int(np.log(np.hypot(down, right)) / np.log(reach + 1) * features.radii)
        sector = int(np.arctan2(-down, right) % (2 * np.pi) / (2 * np.pi) * features.angles)
        at = min(ring, features.radii - 1), min(sector, features.angles - 1)
        bins[at] = max(bins[at], np.exp(-difference / max(near)))
    spread = np.ptp(bins)
    return ((bins - bins.min()) / (spread or 1)).ravel()


@pytest.mark.parametrize("change", [{}, {"radius": 5, "step": 3, "patch": 5, "angles": 7, "radii": 2}], ids=str)
def test_the_rows_are_the_definition(change):
    features = SelfSimilarity(**change).fit(IMAGES)
    H, W = IMAGES.shape[1:3]
    places = [np.arange(features.radius, side - features.radius, features.step) for side in (H, W)]
    for image, row in zip(IMAGES, features.transform(IMAGES), strict=True):
        expected = [descriptor(image, r, c, features) for r in places[0] for c in places[1]]
        np.testing.assert_allclose(row, np.concatenate(expected), atol=1e-6)


def test_colours_may_be_exchanged_but_not_shapes():
    negative = 255 - IMAGES
    features = SelfSimilarity().fit(IMAGES)
    np.testing.assert_allclose(features.transform(negative), features.transform(IMAGES), atol=1e-6)
    assert np.abs(features.transform(IMAGES[:, ::-1]) - features.transform(IMAGES)).max() > 0.1


def test_small_images_have_one_place_in_the_middle():
    small = IMAGES[:, :9, :9]
    features = SelfSimilarity().fit(small)
    assert {name.split("_ring")[0] for name in features.get_feature_names_out()} == {"place_4_4"}
    expected = [descriptor(image, 4, 4, features) for image in small]
    np.testing.assert_allclose(features.transform(small), expected, atol=1e-6)


def test_parameters_out_of_range():
    with pytest.raises(UsageError, match="radius"):
        SelfSimilarity(radius=1).fit(IMAGES)
