"""What features see, as pictures: one for every kind, within [0, 1], in both themes."""

from pathlib import Path

import numpy as np
import pytest

from scoreline.features import FEATURES, build_features
from scoreline.report.figures import LIGHT, THEMES, feature_views, png_bytes
from scoreline.report.figures.feature_pictures import picture_of

RNG = np.random.default_rng(0)
IMAGES = np.kron(RNG.integers(256, size=(4, 9, 8, 3)), np.ones((1, 4, 4, 1))).astype(np.uint8)
QUICK = {
    "textons": "textons:6,scales=1",
    "words": "words:8",
    "dictionary": "dictionary:16,n_patches=300",
    "two-layers": "two-layers:16,channels=8,n_patches=300",
    "gist": "gist:scales=2",
    "onnx": f"onnx:{Path(__file__).parents[2] / 'fixtures' / 'encoder.onnx'},size=16",
}


def test_derived_features_are_drawn_as_the_first_of_their_own():
    derived = build_features("mirror:hog").fit(IMAGES)
    assert np.array_equal(
        picture_of(derived, IMAGES[0], LIGHT), picture_of(build_features("hog").fit(IMAGES), IMAGES[0], LIGHT)
    )


@pytest.mark.parametrize("name", list(FEATURES))
@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_pictures_are_colours_and_depend_on_the_image(name, theme):
    extractor = build_features(QUICK.get(name, name)).fit(IMAGES)
    pictures = [picture_of(extractor, image, theme) for image in IMAGES[:2]]
    for picture in pictures:
        assert picture.ndim == 3
        assert picture.shape[2] == 3
        assert picture.min() >= 0
        assert picture.max() <= 1
    assert not np.array_equal(*pictures)


def test_the_hue_wheel_points_at_the_hue():
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 200
    picture = picture_of(build_features("hue").fit(red[None]), red, LIGHT)
    side = len(picture)
    coloured = (picture != picture[0, 0]).any(axis=2)
    assert coloured[side // 2, int(0.9 * side)]  # red is to the right
    assert not coloured[side // 2, int(0.1 * side)]


def test_a_vertical_edge_is_drawn_vertically():
    image = np.zeros((8, 8, 1), np.uint8)
    image[:, 4:] = 200
    picture = picture_of(build_features("hog:cell=8,block=1,bins=8").fit(image[None]), image, LIGHT)
    ink = (picture != 1).any(axis=2)
    rows, columns = np.nonzero(ink)
    assert np.ptp(rows) > 2 * np.ptp(columns)


def test_pictures_fill_their_places():
    parts = [(name, build_features(QUICK.get(name, name)).fit(IMAGES)) for name in ("words", "ssim", "pixels")]
    figure = feature_views(IMAGES[0], parts)
    assert len({max(image.get_array().shape[:2]) for image in figure.images}) == 1


def test_the_figure_holds_the_image_and_all_parts():
    parts = [(name, build_features(name).fit(IMAGES)) for name in ("hog", "hue", "lbp", "pixels", "ssim")]
    small, large = (feature_views(IMAGES[0], parts[:n], title="an image.png") for n in (1, 5))
    assert large.get_size_inches()[1] > small.get_size_inches()[1]
    assert png_bytes(large) == png_bytes(feature_views(IMAGES[0], parts, title="an image.png"))
