"""Features for which left and right are the same."""

import numpy as np
import pytest

from scoreline.errors import DataError, UsageError
from scoreline.features import HOG, LBP, MirrorAverage, build_features

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 17, 24, 3), dtype=np.uint8)


def test_rows_are_the_mean_over_the_mirror_image():
    mirrored = MirrorAverage("hog,lbp").fit(IMAGES).transform(IMAGES)
    plain = build_features("hog,lbp").fit(IMAGES)
    expected = (plain.transform(IMAGES) + plain.transform(IMAGES[:, :, ::-1])) / 2
    np.testing.assert_allclose(mirrored, expected, rtol=1e-6)


@pytest.mark.parametrize("spec", ["mirror:[hog:8,lbp]", "mirror:hue", "mirror:[words:12,step=6]"])
def test_a_mirror_image_has_the_same_row(spec):
    extractor = build_features(spec).fit(IMAGES)
    np.testing.assert_array_equal(extractor.transform(IMAGES), extractor.transform(IMAGES[:, :, ::-1]))


def test_the_odd_half_is_what_the_mean_leaves_out():
    even, odd = MirrorAverage("hog,lbp").fit(IMAGES).mirror_halves(IMAGES)
    plain = build_features("hog,lbp").fit(IMAGES)
    np.testing.assert_allclose(even + odd, plain.transform(IMAGES), atol=1e-6)
    np.testing.assert_allclose(even - odd, plain.transform(IMAGES[:, :, ::-1]), atol=1e-6)


def test_halves_of_several_stand_side_by_side():
    union = build_features("hog:8,mirror:hog:8").fit(IMAGES)
    even, odd = union.mirror_halves(IMAGES)
    np.testing.assert_array_equal(even, union.transform(IMAGES))
    assert odd.shape == even.shape
    alone, averaged = np.split(odd, np.cumsum(union.widths())[:-1], axis=1)
    assert not alone.any()
    np.testing.assert_array_equal(averaged, build_features("mirror:hog:8").fit(IMAGES).mirror_halves(IMAGES)[1])
    assert build_features("hog:8,lbp").fit(IMAGES).mirror_halves(IMAGES)[1] is None


def test_extractors_may_be_given_and_are_left_unfitted():
    hog = HOG(8)
    both = MirrorAverage(hog).fit(IMAGES)
    assert not hasattr(hog, "image_shape_")
    np.testing.assert_array_equal(both.transform(IMAGES), MirrorAverage("hog:8").fit(IMAGES).transform(IMAGES))


def test_what_has_no_left_and_right():
    with pytest.raises(DataError, match="left and right"):
        MirrorAverage("pixels").fit(np.zeros((3, 5)))
    with pytest.raises(UsageError, match="inner mirror"):
        MirrorAverage(MirrorAverage(LBP())).fit(IMAGES)
