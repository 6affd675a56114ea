"""Textons: the filters, the responses of scipy's correlation, and the histograms of the nearest."""

import numpy as np
import pytest
from scipy.ndimage import correlate

from scoreline.errors import UsageError
from scoreline.features import Textons
from scoreline.features.grey import grey_values
from scoreline.features.textons import filter_bank

RNG = np.random.default_rng(0)
IMAGES = np.kron(RNG.integers(0, 256, (6, 8, 7, 3)), np.ones((1, 3, 3, 1))).astype(np.uint8)


def test_filters_see_no_constant_and_turn():
    bank = filter_bank(1.0, 2, 4).astype(np.float64)
    assert len(bank) == 2 * 2 * 4 + 2
    np.testing.assert_allclose(np.abs(bank).sum(axis=(1, 2)), 1, atol=1e-6)
    zero = np.delete(bank, -2, axis=0)  # all but the Gaussian
    np.testing.assert_allclose(zero.sum(axis=(1, 2)), 0, atol=1e-6)
    for first in range(0, 16, 4):  # half a turn of four steps is a right angle: two steps
        for k in range(2):
            turned = np.rot90(bank[first + k])
            np.testing.assert_allclose(np.abs(turned), np.abs(bank[first + k + 2]), atol=1e-7)


def test_responses_are_correlations_with_the_strongest_orientation():
    features = Textons(5, scales=2, orientations=3)
    bank = filter_bank(features.sigma, 2, 3).astype(np.float64)
    for image, own in zip(IMAGES, features.responses(IMAGES), strict=True):
        grey = grey_values(image[None])[0]
        grey = (grey - grey.mean()) / max(grey.std(), 1)
        raw = np.array([correlate(grey, each, mode="reflect") for each in bank])
        answers = np.concatenate([np.abs(raw[:-2]).reshape(4, 3, *grey.shape).max(axis=1), raw[-2:]])
        length = np.linalg.norm(answers, axis=0)
        answers *= np.log1p(length / 0.03) / length
        np.testing.assert_allclose(own, answers.transpose(1, 2, 0), atol=1e-5)


def test_rows_are_the_frequencies_of_the_nearest_textons_by_cell():
    features = Textons(5, scales=1, orientations=3, grid=2).fit(IMAGES)
    answers = features.responses(IMAGES).astype(np.float64)
    nearest = np.square(answers[..., None, :] - features.textons_).sum(axis=-1).argmin(axis=-1)
    np.testing.assert_array_equal(features.texton_map(IMAGES), nearest)
    H, W = IMAGES.shape[1:3]
    cell = (np.arange(H) * 2 // H)[:, None] * 2 + np.arange(W) * 2 // W
    for own, row in zip(nearest, features.transform(IMAGES).reshape(len(IMAGES), 4, 5), strict=True):
        expected = [np.bincount(own[cell == k], minlength=5) / (cell == k).sum() for k in range(4)]
        np.testing.assert_allclose(row, expected, atol=1e-6)


def test_more_textons_than_pixels():
    with pytest.raises(UsageError, match="textons"):
        Textons(100_000).fit(IMAGES)
