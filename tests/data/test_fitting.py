"""Fitting pictures to a size by products of whole numbers gives what Pillow gives, to the bit."""

import numpy as np
import pytest

from scoreline.data.fitting import fitted, fitting_steps
from scoreline.data.images import resize_images


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((150, 200), (48, 64)),
        ((131, 43), (117, 38)),
        ((43, 131), (38, 117)),
        ((20, 30), (40, 40)),
        ((199, 23), (11, 1)),
        ((64, 64), (64, 32)),
        ((9, 9), (9, 9)),
    ],
)
def test_products_give_what_pillow_gives(shape, size):
    pictures = np.random.default_rng(1).integers(0, 256, (2, *shape, 3), dtype=np.uint8)
    pictures[1] = pictures[1] // 128 * 255  # curves overshoot there
    np.testing.assert_array_equal(fitted(pictures, fitting_steps(shape, size)), resize_images(pictures, size))
