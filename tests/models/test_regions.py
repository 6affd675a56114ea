"""Contributions of regions: sums over pixels where features are pixels, else what covering a region costs."""

import numpy as np
import pytest

from scoreline.features import build_features
from scoreline.models import SavedModel, regions
from scoreline.models.prediction import class_scores
from scoreline.models.regions import Lead, covered_copies, grey, region_contributions, sums_pixels

COVER = np.random.default_rng(4).integers(0, 256, (9, 12, 3), dtype=np.uint8)
IMAGE = np.random.default_rng(3).integers(0, 256, (9, 12, 3), dtype=np.uint8)


def model_of(features, classes=("ant", "bee", "cat"), images=IMAGE[None]):
    rng = np.random.default_rng(1)
    fitted = build_features(features).fit(images)
    rows = 1 if len(classes) == 2 else len(classes)
    coef = rng.normal(size=(rows, fitted.width())).astype(np.float32)
    bias = np.zeros(rows, np.float32)
    return SavedModel(coef, bias, classes, "softmax", features, images.shape[1:]), fitted


def lead_of(model, fitted, image, named, rival):
    scores = class_scores(model.scores(fitted.transform(image[None])))[0].astype(np.float64)
    return scores[named] - scores[rival]


@pytest.mark.parametrize("classes", [("ant", "bee", "cat"), ("no", "yes")])
def test_sums_of_pixels_are_the_lead_less_that_of_black(classes):
    model, fitted = model_of("mirror:pixels", classes)
    (found,) = region_contributions(model, fitted, [Lead(IMAGE, 1, 0)], COVER)
    assert sums_pixels(model, fitted)
    assert found.shape == (8, 8)
    expected = lead_of(model, fitted, IMAGE, 1, 0) - lead_of(model, fitted, 0 * IMAGE, 1, 0)
    assert found.sum() == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("features", ["hog:3", "pixels,hog:3"])
@pytest.mark.parametrize("classes", [("ant", "bee", "cat"), ("no", "yes")])
def test_a_covered_field_adds_what_the_lead_loses_without_it(features, classes):
    model, fitted = model_of(features, classes)
    (found,) = region_contributions(model, fitted, [Lead(IMAGE, 0, 1)], COVER)
    assert not sums_pixels(model, fitted)
    assert found.shape == (4, 4)
    covered = IMAGE.copy()
    covered[4:6, 6:9] = COVER[4:6, 6:9]
    lost = lead_of(model, fitted, IMAGE, 0, 1) - lead_of(model, fitted, covered, 0, 1)
    assert found[2, 2] == pytest.approx(lost, rel=1e-3, abs=1e-4)


def test_fields_tile_the_image():
    blank = np.zeros((9, 12, 1), np.uint8)
    covered = covered_copies(blank, grey(blank.shape), 4, 3) == 128
    assert (covered.sum(axis=0) == 1).all()


def test_no_more_fields_than_pixels():
    image = IMAGE[:3]
    model, fitted = model_of("pixels,hue", images=image[None])
    (found,) = region_contributions(model, fitted, [Lead(image, 0, 1)], COVER[:3])
    assert found.shape == (3, 4)


def test_an_image_that_is_its_own_cover_has_no_contributions():
    plain = np.full_like(IMAGE, 77)
    model, fitted = model_of("hog:3")
    (found,) = region_contributions(model, fitted, [Lead(plain, 0, 1)], plain)
    np.testing.assert_array_equal(found, 0)


def test_several_images_are_as_each_by_itself(monkeypatch):
    rng = np.random.default_rng(5)
    model, fitted = model_of("hog:3")
    leads = [Lead(rng.integers(0, 256, IMAGE.shape, dtype=np.uint8), k % 3, (k + 1) % 3) for k in range(6)]
    together = list(region_contributions(model, fitted, leads, COVER))
    monkeypatch.setattr(regions, "block_rows", lambda _: 5)  # fewer than the copies of one
    for lead, found in zip(leads, together, strict=True):
        (alone,) = region_contributions(model, fitted, [lead], COVER)
        np.testing.assert_allclose(alone, found, atol=1e-4)


def test_no_more_images_are_taken_than_are_computed_together():
    model, fitted = model_of("hog:3")
    taken = []
    found = region_contributions(model, fitted, (taken.append(k) or Lead(IMAGE, 0, 1) for k in range(100)), COVER)
    next(found)
    assert len(taken) == regions.TOGETHER
