"""The worked numbers of the lecture, with its two errata named where they fall."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scoreline.losses import LOSSES, CrammerSinger, Softmax, WestonWatkins
from scoreline.penalties import L1, L2

# Three images under three classes: cat, car, frog.
SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
LABELS = np.array([0, 1, 2])

# The demo in the plane: points (x0, x1), their classes, and weights and biases of three classes.
POINTS = np.array(
    [
        [0.5, 0.4],
        [0.8, 0.3],
        [0.3, 0.8],
        [-0.4, 0.3],
        [-0.3, 0.7],
        [-0.7, 0.2],
        [0.7, -0.4],
        [0.5, -0.6],
        [-0.4, -0.5],
    ]
)
POINT_LABELS = np.repeat([0, 1, 2], 3)
PLANE_W = np.array([[2.06, 1.48], [0.44, -1.82], [2.27, -2.04]])
PLANE_B = np.array([-0.42, 0.52, -0.10])


def test_hinge_of_the_three_images() -> None:
    value = WestonWatkins().value(SCORES, LABELS)
    # Erratum: the slide prints 10.9 for the frog and the mean 4.6; its sums 5.3 and 5.6 forgot the margin.
    np.testing.assert_allclose(value, [2.9, 0.0, 12.9], atol=1e-12)
    assert round(value.mean(), 2) == 5.27


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("weston-watkins:include_true", [3.9, 1.0, 13.9]),
        ("weston-watkins:average", [1.45, 0.0, 6.45]),
        ("weston-watkins:squared", [8.41, 0.0, 83.25]),
    ],
)
def test_variants_of_the_hinge_that_the_lecture_asks_about(spec: str, expected: list[float]) -> None:
    # 83.25 is 6.3^2 + 6.6^2 = 39.69 + 43.56.
    np.testing.assert_allclose(LOSSES.build(spec).value(SCORES, LABELS), expected, atol=1e-12)


def test_doubling_the_weights_keeps_a_hinge_of_zero() -> None:
    # Scores are linear in W: doubled weights, doubled scores.
    np.testing.assert_array_equal(WestonWatkins().value(2 * SCORES[1:2], LABELS[1:2]), [0.0])


def test_softmax_of_the_cat() -> None:
    assert np.exp(SCORES[0]).round(2).tolist() == [24.53, 164.02, 0.18]
    assert Softmax().probabilities(SCORES[:1])[0].round(2).tolist() == [0.13, 0.87, 0.0]
    loss = Softmax().value(SCORES[:1], LABELS[:1])[0]
    # Erratum: the slide prints 0.89, the logarithm to base 10 of the same probability.
    assert round(loss, 2) == 2.04
    assert round(loss / math.log(10), 2) == 0.89


@pytest.mark.parametrize("n_classes", [3, 10])
def test_first_losses_at_weights_of_zero(n_classes: int) -> None:
    scores, y = np.zeros((1, n_classes)), np.array([1])
    assert WestonWatkins().value(scores, y)[0] == n_classes - 1
    assert Softmax().value(scores, y)[0] == pytest.approx(math.log(n_classes), rel=1e-15)


def test_bounds() -> None:
    assert WestonWatkins().bounds(10) == (0.0, math.inf)
    assert Softmax().bounds(10) == (0.0, math.inf)
    # The hinge reaches its bound; softmax does not, as long as floating point can tell.
    sure = np.array([[30.0, 0.0, 0.0]])
    assert WestonWatkins().value(sure, np.array([0]))[0] == 0
    assert 0 < Softmax().value(sure, np.array([0]))[0] < 1e-12


def test_jiggling_the_scores() -> None:
    scores = np.array([[10.0, -2, 3], [10, 9, 9], [10, -100, -100]])
    y = np.zeros(3, np.int64)
    np.testing.assert_array_equal(WestonWatkins().value(scores, y), [0, 0, 0])
    softmax = Softmax().value(scores, y)
    assert f"{softmax[0]:.5f}" == "0.00092"
    assert f"{softmax[1]:.4f}" == "0.5514"
    # The slide's 0 is 2 e^-110: softmax is never quite content.
    assert softmax[2] == pytest.approx(2 * math.exp(-110), rel=1e-12)


def test_l2_prefers_weights_that_are_spread_out() -> None:
    x = np.ones(4)
    W = np.array([[[1.0, 0, 0, 0]], [[0.25, 0.25, 0.25, 0.25]]])
    np.testing.assert_array_equal(W @ x, [[1], [1]])
    np.testing.assert_array_equal(L2().value(W), [1, 0.25])
    np.testing.assert_array_equal(L1().value(W), [1, 1])


def test_the_demo_in_the_plane() -> None:
    value = WestonWatkins().value(POINTS @ PLANE_W.T + PLANE_B, POINT_LABELS)
    assert value.round(2).tolist() == [0.02, 0.43, 0, 0.40, 1.88, 0, 0.25, 0.57, 2.24]
    assert round(value.mean(), 2) == 0.64
    assert round(0.1 * L2().value(PLANE_W[None])[0], 2) == 1.93


def test_the_penalty_gradient_of_the_demo() -> None:
    # Erratum: the gradients that the page shows fit 0.5 * lam * W; the derivative of lam * W^2 is 2 * lam * W.
    lam, h, W = 0.1, 1e-5, PLANE_W[None]
    aside = np.zeros_like(W)
    aside[0, 0, 0] = h
    slope = lam * (L2().value(W + aside) - L2().value(W - aside))[0] / (2 * h)
    assert lam * L2().gradient(W)[0, 0, 0] == pytest.approx(slope, rel=1e-8)
    assert slope == pytest.approx(2 * lam * 2.06, rel=1e-8)


def test_structured_svm_counts_the_best_wrong_class_alone() -> None:
    np.testing.assert_allclose(CrammerSinger().value(SCORES, LABELS), [2.9, 0.0, 6.6], atol=1e-12)
