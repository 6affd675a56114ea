from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import log_loss

from scoreline.losses import Softmax

RNG = np.random.default_rng(5)
SCORES = 3 * RNG.standard_normal((40, 6))
LABELS = RNG.integers(0, 6, 40)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_value_and_gradient_equal_the_definition(smoothing: float) -> None:
    target = (1 - smoothing) * np.eye(6)[LABELS] + smoothing / 6
    value, gradient = Softmax(label_smoothing=smoothing).value_and_gradient(SCORES, LABELS)
    np.testing.assert_allclose(value, -(target * log_softmax(SCORES, axis=-1)).sum(axis=-1), rtol=1e-13)
    np.testing.assert_allclose(gradient, softmax(SCORES, axis=-1) - target, atol=1e-15)


def test_mean_equals_log_loss_of_scikit_learn() -> None:
    expected = log_loss(LABELS, softmax(SCORES, axis=-1), labels=range(6))
    assert Softmax().value(SCORES, LABELS).mean() == pytest.approx(expected, rel=1e-12)


def test_one_score_is_the_logistic_loss() -> None:
    s = np.array([[-40.0], [-1.5], [0.0], [2.0], [40.0]])
    for label, sign in ((0, -1), (1, 1)):
        value, gradient = Softmax().value_and_gradient(s, np.full(5, label))
        np.testing.assert_allclose(value, np.log1p(np.exp(-sign * s[:, 0])), rtol=1e-14)
        np.testing.assert_allclose(gradient, -sign / (1 + np.exp(sign * s)), rtol=1e-14)


@pytest.mark.parametrize(("dtype", "gap"), [(np.float32, 80.0), (np.float64, 700.0)])
def test_tiny_losses_keep_their_digits(dtype: Any, gap: float) -> None:
    # log(1 + e^-gap) and 1 - p lie far below the machine epsilon; the naive formulas give 0.
    value, gradient = Softmax().value_and_gradient(np.array([[gap, 0.0]], dtype), np.array([0]))
    tiny = math.exp(-gap)
    np.testing.assert_allclose(value, [tiny], rtol=1e-5 if dtype == np.float32 else 1e-12)
    np.testing.assert_allclose(gradient, [[-tiny, tiny]], rtol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_huge_scores_give_the_limit(smoothing: float) -> None:
    loss = Softmax(label_smoothing=smoothing)
    value, gradient = loss.value_and_gradient(np.array([[1e4, 0.0, 0.0], [0.0, 1e4, 0.0]]), np.array([0, 0]))
    # -sum t log p with log p = (0, -1e4, -1e4), or (-1e4, 0, -1e4).
    np.testing.assert_allclose(
        value, [1e4 * smoothing * 2 / 3, 1e4 * (1 - smoothing + smoothing * 2 / 3)], rtol=1e-14
    )
    target = [1 - smoothing + smoothing / 3, smoothing / 3, smoothing / 3]
    np.testing.assert_allclose(gradient, np.array([[1, 0, 0], [0, 1, 0]]) - target, atol=1e-15)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_gradient_of_an_example_sums_to_zero(smoothing: float) -> None:
    _, gradient = Softmax(label_smoothing=smoothing).value_and_gradient(SCORES, LABELS)
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-15)


def test_adding_a_number_to_all_scores_changes_nothing() -> None:
    # 2^20 shifts these scores without rounding.
    scores = np.round(SCORES * 64) / 64
    np.testing.assert_array_equal(Softmax().value(scores + 2.0**20, LABELS), Softmax().value(scores, LABELS))


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_smoothing_bounds_the_loss_by_the_entropy_of_the_label(n_classes: int) -> None:
    loss = Softmax(label_smoothing=0.1)
    target = np.full(n_classes, 0.1 / n_classes)
    target[0] += 0.9
    entropy = -(target * np.log(target)).sum()
    assert loss.bounds(n_classes)[0] == pytest.approx(entropy, rel=1e-14)
    # It is reached where the probabilities are the smoothed label.
    value, gradient = loss.value_and_gradient(np.log(target)[None], np.array([0]))
    np.testing.assert_allclose(value, [entropy], rtol=1e-14)
    np.testing.assert_allclose(gradient, 0, atol=1e-15)


def test_probabilities_equal_those_of_scipy_and_survive_huge_scores() -> None:
    np.testing.assert_allclose(Softmax().probabilities(SCORES), softmax(SCORES, axis=-1), rtol=1e-14)
    np.testing.assert_array_equal(Softmax().probabilities(np.array([[1e30, 0.0, 1e30]])), [[0.5, 0, 0.5]])
    np.testing.assert_array_equal(Softmax().probabilities(np.array([[0.0], [1e4]])), [[0.5, 0.5], [0, 1]])
