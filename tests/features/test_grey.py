"""Grey values."""

import numpy as np

from scoreline.features.grey import grey_values


def test_colours_are_weighed_and_rounded_half_up():
    images = np.random.default_rng(0).integers(0, 256, (2, 40, 50, 3), dtype=np.uint8)
    thousandths = images.astype(np.int64) @ [299, 587, 114]
    np.testing.assert_array_equal(grey_values(images), (thousandths + 500) // 1000)


def test_grey_stays_grey():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    np.testing.assert_array_equal(grey_values(images)[0], images[0, ..., 0])
    np.testing.assert_array_equal(grey_values(np.repeat(images, 3, axis=3))[0], images[0, ..., 0])
