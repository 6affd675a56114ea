"""The compiled dictionary against its formulae, written out in float64 patch by patch."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_limits

from scoreline.errors import DataError, UnknownNameError, UsageError
from scoreline.features import FEATURES, PatchDictionary
from scoreline.features.patch_encodings import ENCODINGS, LinearTriangle, NearestWords, SoftThreshold, Triangle
from scoreline.features.patch_words import DICTIONARIES

SMALL = {"words": 20, "patch_size": 4, "components": 11, "n_patches": 500}


def photographs(n=3, H=12, W=13, ch=3, seed=0):
    """Return smooth images with some noise, whose patches have large and small variances."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(256, size=(n, H // 4 + 2, W // 4 + 2, ch)).astype(float)
    fine = np.kron(coarse, np.ones((1, 4, 4, 1)))[:, :H, :W] + rng.normal(scale=12, size=(n, H, W, ch))
    return np.clip(fine, 0, 255).astype(np.uint8)


def triangle(z, words, share):
    distance = np.linalg.norm(words - z, axis=1)
    return np.maximum(0, distance.mean() - distance)


def linear_triangle(z, words, share):
    square = np.square(words - z).sum(axis=1)
    return np.maximum(0, square.mean() - square) / 2


def soft_threshold(z, words, share):
    return np.maximum(0, words @ z / np.linalg.norm(words, axis=1) - 0.5)


def both_sides(z, words, share):
    return np.concatenate([soft_threshold(z, words, share), soft_threshold(-z, words, share)])


def nearest(z, words, share):
    order = np.argsort(np.linalg.norm(words - z, axis=1))
    return np.isin(np.arange(len(words)), order[: round(share * len(words))]).astype(float)


REFERENCES = [
    (LinearTriangle(), linear_triangle),
    (SoftThreshold(), soft_threshold),
    (SoftThreshold(two_sided=True), both_sides),
    (Triangle(), triangle),
    (NearestWords(0.3), nearest),
]


def described(features, image, encode, views=None):
    """Return the features of one image as the class's docstring has them, cell by cell; or of some views of it."""
    p, grid, step = features.patch_size, features.grid, features.stride
    V, shift = features.whitening_.basis, features.whitening_.shift
    views = views or ([image, image[:, ::-1]] if features.mirror else [image])
    H, W, _ = image.shape
    h, w = (H - p) // step + 1, (W - p) // step + 1
    cells = [[] for _ in range(grid**2)]
    for view in views:
        for i in range(h):
            for j in range(w):
                left = j * step if view is image else W - p - (w - 1 - j) * step
                x = view[i * step : i * step + p, left : left + p].astype(float).ravel()
                x = (x - x.mean()) / np.sqrt(x.var() + features.norm_bias)
                cells[i * grid // h * grid + j * grid // w].append(
                    encode(V @ x + shift, features.words_, getattr(features.encoding_, "share", None))
                )
    return np.sqrt([np.mean(cell, axis=0) for cell in cells]).ravel()


@pytest.mark.parametrize(("encoding", "reference"), REFERENCES, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("mirror", [True, False])
def test_every_encoding_is_its_formula(encoding, reference, mirror):
    X = photographs()
    features = PatchDictionary(**SMALL, encoding=encoding, mirror=mirror).fit(X)
    rows = features.transform(X)
    assert rows.dtype == np.float32
    expected = [described(features, image, reference) for image in X]
    assert np.std(expected) > 0.05
    np.testing.assert_allclose(rows, expected, rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose(np.square(rows), np.square(expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [{"grid": 1}, {"grid": 3}, {"stride": 2}, {"stride": 3}, {"words": 16}, {"words": 33}, {"components": 3}],
    ids=str,
)
@pytest.mark.parametrize("ch", [1, 3])
def test_grids_strides_and_odd_numbers(change, ch):
    X = photographs(ch=ch, H=17, W=20)
    features = PatchDictionary(**{**SMALL, **change}).fit(X)
    expected = [described(features, image, linear_triangle) for image in X]
    np.testing.assert_allclose(np.square(features.transform(X)), np.square(expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("encoding", "reference"), REFERENCES, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("change", [{}, {"grid": 3, "stride": 2}], ids=str)
def test_halves_are_made_of_the_image_and_its_mirror_image_by_themselves(encoding, reference, change):
    X = photographs(H=15, W=18)
    features = PatchDictionary(**{**SMALL, **change}, encoding=encoding).fit(X)
    even, odd = features.mirror_halves(X)
    np.testing.assert_allclose(even, features.transform(X), rtol=1e-5, atol=1e-6)
    own, mirrored = (
        np.array([described(features, image, reference, [view(image)]) for image in X])
        for view in (lambda image: image, np.fliplr)
    )
    assert odd.std() > 0.02
    np.testing.assert_allclose(odd, (own - mirrored) / 2, rtol=2e-3, atol=2e-3)


def test_nothing_is_left_out_where_the_mirror_image_is_not_asked():
    X = photographs()
    features = PatchDictionary(**SMALL, mirror=False).fit(X)
    even, odd = features.mirror_halves(X)
    np.testing.assert_array_equal(even, features.transform(X))
    assert odd is None


def test_every_encoding_and_dictionary_has_been_tried():
    assert {type(encoding) for encoding, _ in REFERENCES} == set(ENCODINGS.values())
    for name in DICTIONARIES:
        features = PatchDictionary(**SMALL, dictionary=name).fit(photographs())
        assert features.words_.shape == (20, len(features.whitening_.basis))
        assert len(np.unique(features.words_.round(6), axis=0)) > 10


def test_a_mirror_image_has_the_same_features():
    X = photographs(H=13, W=14)
    features = PatchDictionary(**SMALL).fit(X)
    np.testing.assert_allclose(features.transform(X), features.transform(X[:, :, ::-1]), rtol=1e-4, atol=1e-5)
    sided = PatchDictionary(**SMALL, mirror=False).fit(X)
    assert np.abs(sided.transform(X) - sided.transform(X[:, :, ::-1])).max() > 0.1


def test_the_symmetric_basis_loses_nothing():
    X = photographs(n=20, ch=1)
    every = {**SMALL, "components": 100}
    both, plain = (PatchDictionary(**every, mirror=mirror).fit(X).whitening_ for mirror in (True, False))
    # All but the mean, which leaves 7 even rows to 8 odd ones: a row of zeros makes up for it.
    assert len(plain.basis) == plain.n_even == 15
    assert (len(both.basis), both.n_even) == (16, 8)
    assert np.any(both.basis, axis=1).sum() == 15
    even, odd = np.split(both.basis.reshape(16, 4, 4), [8])
    np.testing.assert_allclose(even, even[:, :, ::-1], atol=1e-12)
    np.testing.assert_allclose(odd, -odd[:, :, ::-1], atol=1e-12)


def test_whitening_gives_like_variances():
    X = photographs(n=50)
    features = PatchDictionary(**{**SMALL, "n_patches": 20_000}, eps=1e-9, mirror=False).fit(X)
    V = features.whitening_.basis
    windows = np.lib.stride_tricks.sliding_window_view(X, (4, 4), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    x = windows.reshape(-1, 48).astype(float)
    x -= x.mean(axis=1, keepdims=True)
    x /= np.sqrt(x.var(axis=1, keepdims=True) + 10)
    z = x @ V.T + features.whitening_.shift
    np.testing.assert_allclose(np.cov(z.T), np.eye(11), atol=0.15)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.1)


def test_the_same_seed_gives_the_same_rows_for_any_number_of_threads():
    X = photographs(n=70)
    features = PatchDictionary(**SMALL).fit(X)
    rows = features.transform(X)
    with threadpool_limits(1):
        np.testing.assert_array_equal(clone(features).fit(X).transform(X), rows)
        np.testing.assert_array_equal(features.transform(X[40:41]), rows[40:41])
    assert np.abs(PatchDictionary(**SMALL, random_state=1).fit(X).transform(X) - rows).max() > 0.01


def test_images_of_another_size_are_taken_as_they_are():
    X = photographs(n=10, H=16, W=16)
    features = PatchDictionary(**SMALL).fit(X)
    large = np.kron(X, np.ones((1, 1, 2, 1), np.uint8))[:, :, :30]
    rows = features.transform(large)
    assert rows.shape == (10, 80)
    np.testing.assert_allclose(rows[0], described(features, large[0], linear_triangle), rtol=2e-3, atol=2e-3)


def test_flat_images_are_no_trouble():
    X = photographs()
    features = PatchDictionary(**SMALL).fit(X)
    assert np.isfinite(features.transform(np.full_like(X, 255))).all()
    with pytest.raises(DataError, match="No patch of 3 images shows any contrast"):
        PatchDictionary(**SMALL).fit(np.full_like(X, 7))


def test_how_bright_an_image_is_changes_no_digit():
    """Whatever is rounded off is the same, and as little where an image is bright or dark as where it is grey."""
    images = photographs() // 2
    features = PatchDictionary(**SMALL).fit(images)
    np.testing.assert_array_equal(features.transform(images + np.uint8(120)), features.transform(images))


def test_names_and_shape():
    features = FEATURES.build("dictionary:20", patch_size=4, n_patches=100).fit(photographs())
    names = features.get_feature_names_out()
    assert len(names) == features.transform(photographs()).shape[1] == 80
    assert names[0] == "cell_0_0_word_0"
    assert names[-1] == "cell_1_1_word_19"
    assert features.transform(photographs()[:0]).shape == (0, 80)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"words": 0}, UsageError, "words is 0"),
        ({"eps": 0.0}, UsageError, "eps is 0"),
        ({"stride": 0}, UsageError, "stride is 0"),
        ({"words": 501}, UsageError, "501 words are to be learned from 500 patches"),
        ({"encoding": "triangel"}, UnknownNameError, "triangle"),
        ({"dictionary": "kmeans"}, UnknownNameError, "k-means"),
        ({"patch_size": 12}, DataError, "too small for PatchDictionary"),
    ],
)
def test_what_is_refused(change, error, message):
    with pytest.raises(error, match=message):
        PatchDictionary(**{**SMALL, **change}).fit(photographs())


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 9, 9, 1)), "dtype float64"),
        (np.zeros((2, 81), np.uint8), "Images came as an array of shape .2, 81."),
        (np.zeros((0, 9, 9, 1), np.uint8), "There is no image to learn from"),
    ],
)
def test_what_is_no_batch_of_images(X, message):
    with pytest.raises(DataError, match=message):
        PatchDictionary(**SMALL).fit(X)


def test_order_of_calls_and_channels():
    with pytest.raises(NotFittedError):
        PatchDictionary().transform(photographs())
    features = PatchDictionary(**SMALL).fit(photographs())
    with pytest.raises(DataError, match="Images of 1 channels came to features that were fitted on 3"):
        features.transform(photographs(ch=1))
    assert features.fit(photographs(ch=1)).image_shape_ == (12, 13, 1)
