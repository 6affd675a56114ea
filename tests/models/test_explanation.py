"""Contributions to a score: they add up to it, in features and in pixels."""

import numpy as np
import pytest

from scoreline.errors import ImageError, UnknownNameError, UsageError
from scoreline.features import build_features
from scoreline.models import ImageClassifier, InputSpec, SavedModel

OF_PIXELS = ("pixels", "pixels:zca=0.1", "mirror:pixels", "mirror:[pixels:zca=0.1]", "pixels,mirror:pixels")
OTHERS = ("hog:4", "pixels,hog:4")
IMAGE = np.random.default_rng(3).integers(0, 256, (9, 12, 3), dtype=np.uint8)


def classifier(features, classes=("ant", "bee", "cat"), channels=3):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (30, 9, 12, channels), dtype=np.uint8)
    fitted = build_features(features).fit(images)
    rows = 1 if len(classes) == 2 else len(classes)
    coef, bias = (
        rng.normal(size=shape).astype(np.float32) / np.float32(50) for shape in ((rows, fitted.width()), (rows,))
    )
    spec = InputSpec(size=(9, 12), channels=channels)
    state = fitted.state()
    shape = (9, 12, channels)
    return ImageClassifier(
        SavedModel(coef, bias, classes, "softmax", features, shape, feature_state=state, input=spec)
    )


@pytest.mark.parametrize("features", OF_PIXELS + OTHERS)
@pytest.mark.parametrize("classes", [("ant", "bee", "cat"), ("no", "yes")])
def test_contributions_sum_to_the_score_less_the_bias(features, classes):
    model = classifier(features, classes)
    told = model.scores(IMAGE)[0]
    for place, label in enumerate(classes):
        why = model.explain(IMAGE, label)
        assert why.label == label
        assert why.contributions.shape == why.names.shape
        assert why.contributions.sum() == pytest.approx(why.score - why.bias, rel=1e-12)
        rounding = 1e-5 * np.abs(why.contributions).sum()
        assert why.score == pytest.approx(float(told[place]), abs=rounding)


@pytest.mark.parametrize("features", OF_PIXELS)
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_sum_to_the_same(features, channels):
    why = classifier(features, channels=channels).explain(IMAGE)
    assert why.pixels.shape == (9, 12)
    size = np.abs(why.pixels).sum()
    assert why.pixels.sum() == pytest.approx(why.score - why.bias, abs=1e-5 * size)
    for grid in ((1, 1), (2, 3), (4, 5), (9, 12)):
        regions = why.regions(*grid)
        assert regions.shape == grid
        assert regions.sum() == pytest.approx(why.pixels.sum(), abs=1e-9 * size)
    np.testing.assert_allclose(why.regions(9, 12), why.pixels)


def test_a_pixel_adds_what_the_score_loses_without_it():
    model = classifier("mirror:pixels")
    why = model.explain(IMAGE, "bee")
    without = IMAGE.copy()
    without[4, 7] = 0
    lost = why.score - model.explain(without, "bee").score
    assert lost == pytest.approx(why.pixels[4, 7], rel=1e-4)


def test_the_best_guess_is_explained():
    model = classifier("pixels")
    (answer,) = model.predict(IMAGE)
    assert model.explain(IMAGE).label == answer.label


def test_the_strongest_come_first():
    why = classifier("hog:4").explain(IMAGE)
    strongest = why.strongest(4)
    sizes = [abs(value) for _, value in strongest]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == np.abs(why.contributions).max()
    assert strongest[0][0] in why.names


def test_fields_are_covered_on_request_where_features_are_no_pixels():
    model = classifier("hog:4")
    assert model.explain(IMAGE).covered is None
    assert classifier("pixels").explain(IMAGE, cover=True).covered is None
    covered = IMAGE.copy()
    covered[:2, :3] = 128
    before, after = (dict(zip(model.classes, model.scores(image)[0], strict=True)) for image in (IMAGE, covered))
    rival = max(("ant", "cat"), key=before.__getitem__)
    why = model.explain(IMAGE, "bee", cover=True)
    assert why.covered.shape == (4, 4)
    lost = (before["bee"] - before[rival]) - (after["bee"] - after[rival])
    assert why.covered[0, 0] == pytest.approx(lost, rel=1e-3, abs=1e-4)


def test_what_cannot_be_explained():
    model = classifier("hog:4")
    why = model.explain(IMAGE)
    assert why.pixels is None
    with pytest.raises(UsageError, match="do not come from one pixel"):
        why.regions(2, 2)
    with pytest.raises(UnknownNameError, match="no class called 'dog'"):
        model.explain(IMAGE, "dog")
    with pytest.raises(ImageError, match="no image of a known format"):
        model.explain(b"")
    with pytest.raises(UsageError, match="1 to 9 rows"):
        classifier("pixels").explain(IMAGE).regions(10, 2)
