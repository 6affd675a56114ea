"""Bags of visual words: whitened codes, the words nearest to them, cells of a pyramid."""

import numpy as np
import pytest
from scipy.special import softmax

from scoreline.errors import UsageError
from scoreline.features import BagOfWords, DenseSIFT

RNG = np.random.default_rng(0)
IMAGES = np.kron(RNG.integers(0, 256, (40, 8, 8, 1)), np.ones((1, 4, 4, 1))).astype(np.uint8)


@pytest.fixture(scope="module")
def bag():
    return BagOfWords(12, assignment="hard", levels=2, step=4, components=20).fit(IMAGES)


def test_codes_are_descriptors_whitened(bag):
    rows = DenseSIFT(4).fit(IMAGES).transform(IMAGES).reshape(-1, 128).astype(np.float64)
    rows = np.sqrt(rows / rows.sum(axis=1, keepdims=True))
    codes = bag.codes(IMAGES)
    np.testing.assert_allclose(codes, rows @ bag.basis_.T + bag.shift_, atol=1e-4)
    covariance = np.cov(codes, rowvar=False)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-4)
    variances = np.linalg.eigvalsh(np.cov(rows, rowvar=False))[::-1][:20]
    expected = variances / (variances + 0.1 * variances.mean()) / 20
    np.testing.assert_allclose(np.diag(covariance), expected, rtol=1e-3)
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-4)


def test_hard_words_are_the_nearest_counted_by_cell(bag):
    words, rows, columns = bag.word_map(IMAGES)
    distances = np.square(bag.codes(IMAGES)[:, None] - bag.words_).sum(axis=2)
    np.testing.assert_array_equal(words.ravel(), distances.argmin(axis=1))
    cell = (rows * 2 // 32)[:, None] * 2 + columns * 2 // 32
    shares = np.square(bag.transform(IMAGES)).reshape(len(IMAGES), 5, 12)
    for own, share in zip(words, shares, strict=True):
        counts = np.array([np.bincount(own[cell.ravel() == c], minlength=12) for c in range(4)]) / len(own)
        np.testing.assert_allclose(share[1:], counts, atol=1e-6)
        np.testing.assert_allclose(share[0], counts.sum(axis=0), atol=1e-6)


@pytest.mark.parametrize("assignment", ["hard", "soft", "triangle"])
@pytest.mark.parametrize(("words", "step"), [(12, 4), (33, 7), (64, 3)])
def test_what_codes_count_for_is_the_formula(assignment, words, step):
    bag = BagOfWords(words, assignment=assignment, levels=2, step=step, components=20).fit(IMAGES)
    squares = np.square(bag.codes(IMAGES).astype(np.float64)[:, None] - bag.words_).sum(axis=2)
    counts = {
        "hard": lambda: np.eye(words)[squares.argmin(axis=1)],
        "soft": lambda: softmax(-30 * squares, axis=1),
        "triangle": lambda: np.maximum(squares.mean(axis=1, keepdims=True) - squares, 0) / 2,
    }[assignment]().reshape(len(IMAGES), -1, words)
    _, rows, columns = bag.word_map(IMAGES)
    cell = ((rows * 2 // 32)[:, None] * 2 + columns * 2 // 32).ravel()
    fine = np.stack([counts[:, cell == k].sum(axis=1) for k in range(4)], axis=1) / len(cell)
    expected = np.concatenate([fine.sum(axis=1, keepdims=True), fine], axis=1)
    np.testing.assert_allclose(np.square(bag.transform(IMAGES)).reshape(expected.shape), expected, atol=2e-6)


@pytest.mark.parametrize("components", [0, 129])
def test_directions_there_are_none_of(components):
    with pytest.raises(UsageError, match="components"):
        BagOfWords(components=components).fit(IMAGES)


def test_flat_images_have_a_word_too():
    flat = np.full((20, 32, 32, 1), 7, np.uint8)
    assert np.isfinite(BagOfWords(5, n_descriptors=500).fit(flat).transform(flat)).all()
