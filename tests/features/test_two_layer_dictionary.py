"""The two layers against their formulae, written out in float64 patch by patch."""

import numpy as np
import pytest

from scoreline.errors import DataError, UsageError
from scoreline.features import TwoLayerDictionary

SMALL = {"words": 12, "channels": 8, "components": 20, "n_patches": 600}


def photographs(n=4, H=16, W=18, ch=3, seed=0):
    """Return smooth images with some noise, whose patches have large and small variances."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(256, size=(n, H // 4 + 2, W // 4 + 2, ch)).astype(float)
    fine = np.kron(coarse, np.ones((1, 4, 4, 1)))[:, :H, :W] + rng.normal(scale=12, size=(n, H, W, ch))
    return np.clip(fine, 0, 255).astype(np.uint8)


def first_layer(features, image):
    """Return the map of one image, place by place, pixel by pixel."""
    maps = features.maps_
    wide = np.pad(image.astype(float), ((1, 1), (1, 1), (0, 0)), mode="reflect")
    H, W, _ = image.shape
    answers = np.empty((H, W, len(maps.words)))
    for r, c in np.ndindex(H, W):
        x = wide[r : r + 3, c : c + 3].ravel()
        x = (x - x.mean()) / np.sqrt(x.var() + features.norm_bias)
        z = maps.whitening.basis @ x + maps.whitening.shift
        length = np.linalg.norm(z)
        answers[r, c] = length * np.exp(features.sharpness * (maps.words @ z / length - 1))
    out = np.empty((H // 2, W // 2, len(maps.words)))
    for i, j in np.ndindex(*out.shape[:2]):
        y, x = ((k - (n // 2 - 1) / 2) * 2 + (n - 1) / 2 for k, n in ((i, H), (j, W)))
        down, across = np.arange(H) - y, np.arange(W) - x
        near = [np.exp(-(away**2) / 4) * (np.abs(away) <= 3 * np.sqrt(2)) for away in (down, across)]
        weight = np.outer(near[0] / near[0].sum(), near[1] / near[1].sum())
        out[i, j] = maps.mixing @ np.einsum("rc,rcj->j", weight, answers)
    return out


def described(features, image, views=None):
    """Return the features of one image by the formulae, its mirror image described anew; or of some views."""
    grid, whitening = features.grid, features.whitening_
    cells = [[] for _ in range(grid**2)]
    for view in views or (image, image[:, ::-1]):
        seen = first_layer(features, view)
        h, w = seen.shape[0] - 2, seen.shape[1] - 2
        for r, c in np.ndindex(h, w):
            z = whitening.basis @ seen[r : r + 3, c : c + 3].ravel() + whitening.shift
            answers = (features.words_ - features.words_.mean(axis=0)) @ (z / np.linalg.norm(z))
            cells[r * grid // h * grid + c * grid // w].append(np.maximum(0, answers))
    return np.sqrt([np.mean(cell, axis=0) for cell in cells]).ravel()


@pytest.mark.parametrize("change", [{}, {"grid": 1}, {"grid": 3}, {"sharpness": 1.0}, {"components": 5}], ids=str)
@pytest.mark.parametrize(("H", "W", "ch"), [(16, 18, 3), (15, 17, 1)])
def test_the_rows_are_the_formula(change, H, W, ch):
    X = photographs(H=H, W=W, ch=ch)
    features = TwoLayerDictionary(**{**SMALL, **change}).fit(X)
    expected = np.array([described(features, image) for image in X])
    assert expected.std(axis=0).max() > 0.02
    np.testing.assert_allclose(np.square(features.transform(X)), np.square(expected), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("grid", [1, 2])
def test_halves_are_made_of_the_image_and_its_mirror_image_by_themselves(grid):
    X = photographs(W=17)
    features = TwoLayerDictionary(**SMALL, grid=grid).fit(X)
    even, odd = features.mirror_halves(X)
    np.testing.assert_allclose(even, features.transform(X), rtol=1e-5, atol=1e-6)
    own, mirrored = (
        np.array([described(features, image, [view(image)]) for image in X])
        for view in (lambda image: image, np.fliplr)
    )
    assert odd.std() > 0.01
    np.testing.assert_allclose(odd, (own - mirrored) / 2, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("width", [16, 17])
def test_a_mirror_image_has_the_same_features(width):
    X = photographs(W=width)
    features = TwoLayerDictionary(**SMALL).fit(X)
    np.testing.assert_allclose(features.transform(X), features.transform(X[:, :, ::-1]), rtol=1e-3, atol=1e-4)


def test_the_map_of_a_mirror_image_is_its_mirror_image_with_channels_exchanged():
    X = photographs()
    maps = TwoLayerDictionary(**SMALL).fit(X).maps_
    mirrored = maps(X[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_allclose(np.roll(mirrored, 4, axis=3), maps(X), atol=1e-4)
    assert np.abs(mirrored - maps(X)).max() > 0.1


def test_the_map_comes_near_to_the_kernel_of_patches():
    """With as many words as codes, products of codes are the kernel itself."""
    X = photographs()
    features = TwoLayerDictionary(**{**SMALL, "channels": 200}).fit(X)
    words, alpha = features.maps_.words, features.sharpness
    kernel = np.exp(alpha * (words @ words.T - 1))
    scale = np.trace(features.maps_.mixing @ kernel @ features.maps_.mixing.T) / len(words)
    codes = kernel @ features.maps_.mixing.T / np.sqrt(scale)
    np.testing.assert_allclose(codes @ codes.T, kernel, atol=0.05)


def test_words_have_length_1_and_patches_of_maps_a_variance_of_1():
    X = photographs(n=30)
    features = TwoLayerDictionary(**SMALL).fit(X)
    np.testing.assert_allclose(np.linalg.norm(features.words_, axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(features.maps_.words, axis=1), 1)
    assert features.maps_(X).var(axis=(0, 1, 2)).mean() == pytest.approx(1, rel=0.35)


def test_images_of_another_size_give_rows_of_the_same_length():
    features = TwoLayerDictionary(**SMALL).fit(photographs())
    wide = photographs(H=24, W=33)
    np.testing.assert_allclose(
        np.square(features.transform(wide)),
        [np.square(described(features, image)) for image in wide],
        rtol=1e-3,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"words": 0}, "words"), ({"channels": 7}, "even"), ({"eps": 0}, "eps"), ({"n_patches": 11}, "12 words")],
)
def test_parameters_that_cannot_be(wrong, message):
    with pytest.raises(UsageError, match=message):
        TwoLayerDictionary(**{**SMALL, **wrong}).fit(photographs())


@pytest.mark.parametrize("images", [photographs()[:0], np.full((3, 16, 16, 3), 9, np.uint8)], ids=["none", "flat"])
def test_nothing_to_learn_from(images):
    with pytest.raises(DataError, match="contrast"):
        TwoLayerDictionary(**SMALL).fit(images)
