"""Features that change little where images are shifted."""

import numpy as np
import pytest

from scoreline.errors import DataError, UsageError
from scoreline.features import MirrorAverage, ShiftAverage, build_features
from scoreline.features.shifting import shifted_images

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 17, 24, 3), dtype=np.uint8)


def test_shifted_images_repeat_the_border():
    image = np.arange(12, dtype=np.uint8).reshape(1, 3, 4, 1)
    down_right, *_, up_left = shifted_images(image, 1)
    np.testing.assert_array_equal(down_right[0, :, :, 0], [[0, 0, 1, 2], [0, 0, 1, 2], [4, 4, 5, 6]])
    np.testing.assert_array_equal(up_left[0, :, :, 0], [[5, 6, 7, 7], [9, 10, 11, 11], [9, 10, 11, 11]])
    np.testing.assert_array_equal(list(shifted_images(image, 1))[4], image)


@pytest.mark.parametrize("pixels", [1, 2])
def test_rows_are_the_mean_over_shifted_images(pixels):
    averaged = ShiftAverage("hog:8,hue", pixels=pixels).fit(IMAGES).transform(IMAGES)
    plain = build_features("hog:8,hue").fit(IMAGES)
    copies = [plain.transform(images) for images in shifted_images(IMAGES, pixels)]
    assert len(copies) == (2 * pixels + 1) ** 2
    np.testing.assert_allclose(averaged, np.mean(copies, axis=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "encoding", ["linear-triangle", "triangle", "nearest-words", "soft-threshold:two_sided=yes"]
)
@pytest.mark.parametrize("grid", [1, 3])
def test_patches_that_copies_have_in_common_are_coded_once_to_the_same_rows(encoding, grid):
    spec = f"dictionary:20,patch_size=5,grid={grid},encoding=[{encoding}],n_patches=300"
    plain = build_features(spec).fit(IMAGES)
    for images, (even, odd) in zip(shifted_images(IMAGES, 2), plain.shifted_halves(IMAGES, 2), strict=True):
        own_even, own_odd = plain.mirror_halves(images)
        np.testing.assert_allclose(even, own_even, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(odd, own_odd, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("more", ["mirror=no", "stride=2"])
def test_dictionaries_of_other_kinds_are_shifted_image_by_image(more):
    averaged = build_features(f"shifts:[dictionary:12,patch_size=4,{more},n_patches=300]").fit(IMAGES)
    copies = [averaged.inner_.transform(images) for images in shifted_images(IMAGES, 1)]
    np.testing.assert_allclose(averaged.transform(IMAGES), np.mean(copies, axis=0), rtol=1e-5, atol=1e-6)


def test_more_images_than_are_shifted_at_a_time():
    many = np.concatenate([IMAGES] * 24)
    averaged = ShiftAverage("hue").fit(many)
    np.testing.assert_array_equal(averaged.transform(many)[-6:], averaged.transform(IMAGES))


class TestTrainingPairs:
    def test_their_mean_is_the_row_and_their_moments_those_of_the_copies(self):
        averaged = ShiftAverage("hue:4").fit(IMAGES)
        copies = np.stack([averaged.inner_.transform(images) for images in shifted_images(IMAGES, 1)])
        moments = np.einsum("sni,snj->ij", copies, copies) / len(copies)
        found = np.zeros_like(moments)
        rng = np.random.default_rng(1)
        for _ in range(400):
            pairs = averaged.training_pairs(IMAGES, rng)
            np.testing.assert_allclose((pairs[::2] + pairs[1::2]) / 2, averaged.transform(IMAGES), atol=1e-5)
            found += pairs.T @ pairs / 2 / 400
        mean = averaged.transform(IMAGES)
        beyond = moments - mean.T @ mean
        np.testing.assert_allclose(found - mean.T @ mean, beyond, atol=0.1 * np.abs(beyond).max())

    def test_a_mirror_average_has_the_two_copies_themselves(self):
        averaged = MirrorAverage("hog:8").fit(IMAGES)
        pairs = averaged.training_pairs(IMAGES, np.random.default_rng(0))
        np.testing.assert_allclose(pairs[::2], averaged.inner_.transform(IMAGES), atol=1e-6)
        np.testing.assert_allclose(pairs[1::2], averaged.inner_.transform(IMAGES[:, :, ::-1]), atol=1e-6)


def test_what_cannot_be_shifted():
    with pytest.raises(DataError, match="no pixels to shift"):
        ShiftAverage("pixels").fit(np.zeros((3, 5)))
    with pytest.raises(UsageError, match="inner shift"):
        ShiftAverage("shifts:hue").fit(IMAGES)
    with pytest.raises(UsageError, match="pixels is 0"):
        ShiftAverage("hue", pixels=0).fit(IMAGES)
    with pytest.raises(UsageError, match="pixels is 9"):
        ShiftAverage("hue", pixels=9).fit(IMAGES)
