"""Products of principal components: what they are, how much they count, and what a line can say with them."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from scoreline import LinearClassifier
from scoreline.errors import DataError, UsageError
from scoreline.features import HOG, PrincipalProducts, build_features
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import feature_weights, prepare

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)


def test_rows_are_the_features_and_products_of_scikit_learns_components():
    extractor = PrincipalProducts("hog:8", components=36).fit(IMAGES)  # all: random directions are then exact
    rows = extractor.transform(IMAGES)
    plain = build_features("hog:8").fit(IMAGES).transform(IMAGES)
    np.testing.assert_array_equal(rows[:, :36], plain)
    standard = StandardScaler().fit_transform(plain.astype(float))
    z = PCA(svd_solver="full", whiten=True).fit(standard).transform(standard) * np.sqrt(
        len(IMAGES) / (len(IMAGES) - 1)
    )
    i, j = np.triu_indices(len(extractor.variances_))
    leading = j < 10
    products = rows[:, 36:][:, leading]
    i, j = i[leading], j[leading]
    # A component's sign is free.
    z = np.clip(z, -3, 3)
    np.testing.assert_allclose(np.abs(products), np.abs(z[:, i] * z[:, j]), rtol=1e-3, atol=1e-4)
    assert (products[:, i == j] >= 0).all()


@pytest.mark.parametrize("spec", ["mirror:hog:8", "mirror:hog:8,hog:8", "dictionary:9,components=5,n_patches=300"])
def test_products_of_the_odd_half_are_those_of_its_components_and_the_same_for_the_mirror_image(spec):
    extractor = PrincipalProducts(spec, components=5).fit(IMAGES)
    rows = extractor.transform(IMAGES)
    even, odd = build_features(spec).fit(IMAGES).mirror_halves(IMAGES)
    D = even.shape[1]
    np.testing.assert_allclose(rows[:, :D], even, atol=1e-6)
    scaled = odd / StandardScaler().fit(even.astype(float)).scale_
    _, variances, directions = np.linalg.svd(scaled)
    np.testing.assert_allclose(extractor.odd_variances_, np.square(variances[:5]) / len(IMAGES), rtol=1e-2)
    z = np.clip(scaled @ directions[:5].T * np.sqrt(len(IMAGES)) / variances[:5], -3, 3)
    i, j = np.triu_indices(5)
    first = j < 2  # random directions of the others are not exact
    np.testing.assert_allclose(np.abs(rows[:, D + 15 :])[:, first], np.abs(z[:, i] * z[:, j])[:, first], atol=0.1)
    mirrored = extractor.transform(IMAGES[:, :, ::-1])
    np.testing.assert_allclose(mirrored[:, D + 15 :], rows[:, D + 15 :], atol=2e-3)
    assert extractor.relative_weights().shape == (D + 30,)
    assert extractor.get_feature_names_out()[-1] == "odd_product_4_4"


def test_products_count_less_along_smaller_components():
    extractor = PrincipalProducts("hog:8", components=3, variance=0.36).fit(IMAGES)
    weights, D = extractor.relative_weights(), 36
    assert (weights[:D] == 1).all()
    assert np.square(weights[D:]).sum() == pytest.approx(0.36)
    one, two, three = extractor.variances_
    np.testing.assert_allclose(weights[D + 1] / weights[D], (two / one) ** 0.25)
    np.testing.assert_allclose(weights[-1] / weights[D], np.sqrt(three / one))


def test_a_rare_feature_does_not_run_away():
    """One image in a thousand has it: it lies 31 standard deviations from the mean, and its square would 1,000."""
    X = RNG.normal(size=(1000, 4)).astype(np.float32)
    X[:, 3] = 0
    X[7, 3] = 1
    extractor = PrincipalProducts("pixels", components=4).fit(X)
    products = extractor.transform(X)[:, 4:]
    assert np.abs(products).max() == pytest.approx(9)


def test_no_more_components_than_there_are():
    few = PrincipalProducts(HOG(8), components=30).fit(IMAGES[:4])
    assert len(few.variances_) == 3  # four rows less their mean
    assert few.transform(IMAGES).shape == (40, 36 + 6)
    alike = PrincipalProducts("hog:8").fit(np.repeat(IMAGES[:1], 5, axis=0))
    assert alike.transform(IMAGES).shape == (40, 36)
    assert alike.relative_weights().shape == (36,)


@pytest.mark.parametrize("bad", [{"components": 0}, {"variance": 0.0}, {"n_images": 0}])
def test_parameters_out_of_range(bad):
    with pytest.raises(UsageError, match=next(iter(bad))):
        PrincipalProducts("hog:8", **bad).fit(IMAGES)


def test_no_images():
    with pytest.raises(DataError, match="no images"):
        PrincipalProducts("hog:8").fit(IMAGES[:0])


def test_they_say_what_two_numbers_mean_together():
    """Classes that no line tells apart: the sign of a product."""
    X = RNG.normal(size=(600, 2)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    assert LinearClassifier(lam=1e-4).fit(X, y).score(X, y) < 0.7
    extractor = PrincipalProducts("pixels").fit(X)
    rows = extractor.transform(X)
    classifier = LinearClassifier(lam=1e-4, feature_weights=extractor.relative_weights()).fit(rows, y)
    assert classifier.score(rows, y) > 0.95


def weights_of_a_run(features, blocks=None):
    config = RunConfig(data="digits", features=features, block_weights=blocks)
    prepared = prepare(config)
    return feature_weights(config, prepared), prepared.extractor


def test_a_run_counts_them_so():
    weights, extractor = weights_of_a_run("products:pixels,components=5")
    assert len(weights) == 64 + 15
    np.testing.assert_array_equal(weights, extractor.relative_weights())
    assert weights_of_a_run("pixels")[0] is None


def test_weights_of_blocks_come_on_top():
    weights, extractor = weights_of_a_run("products:[hog:4],components=2,lbp:grid=1", "2,3")
    own = extractor.relative_weights()
    assert (own != 1).any()
    np.testing.assert_array_equal(weights, own * np.repeat([2.0, 3.0], extractor.widths()))
