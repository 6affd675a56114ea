"""Local binary patterns, against scikit-image."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.features import LBP
from scoreline.features.lbp import PATTERNS, pattern_labels

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 20, 24, 1), dtype=np.uint8)
IMAGES[1] = 100  # flat: every neighbour ties
IMAGES[2] //= 64  # many ties


@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.parametrize(("radius", "points"), [(1.0, 8), (2.0, 8), (2.0, 12), (1.5, 4)])
def test_labels_equal_scikit_image(patterns, radius, points):
    skimage = pytest.importorskip("skimage.feature", reason="scikit-image is not installed")
    ours = LBP(radius, points=points, patterns=patterns).fit(IMAGES).label_map(IMAGES)
    method = patterns.replace("-", "_")
    for image, labels in zip(IMAGES[..., 0], ours, strict=True):
        theirs = skimage.local_binary_pattern(image, points, radius, method)
        np.testing.assert_array_equal(labels, theirs)


@pytest.mark.parametrize("patterns", PATTERNS)
def test_frequencies_are_those_of_the_label_map(patterns):
    lbp = LBP(patterns=patterns, grid=3, power=1).fit(IMAGES)
    rows, labels = lbp.transform(IMAGES), lbp.label_map(IMAGES)
    count = int(pattern_labels(8, patterns).max()) + 1
    cell = (np.arange(20) * 3 // 20)[:, None] * 3 + np.arange(24) * 3 // 24
    for row, map_ in zip(rows.reshape(3, 9, count), labels, strict=True):
        for k in range(9):
            np.testing.assert_allclose(row[k], np.bincount(map_[cell == k], minlength=count) / (cell == k).sum())


def test_colour_is_turned_to_grey():
    same = np.repeat(IMAGES, 3, axis=3)
    np.testing.assert_array_equal(LBP().fit(same).transform(same), LBP().fit(IMAGES).transform(IMAGES))


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"points": 17}, "points"),
        ({"radius": 0.0}, "radius"),
        ({"patterns": "uniforn"}, "uniform"),
        ({"grid": 0}, "grid"),
    ],
)
def test_what_is_out_of_range(parameters, told):
    with pytest.raises(UsageError, match=told):
        LBP(**parameters).fit(IMAGES)
