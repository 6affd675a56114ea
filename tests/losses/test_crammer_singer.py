from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import hinge_loss

from scoreline.losses import CrammerSinger, WestonWatkins

RNG = np.random.default_rng(8)


def test_mean_equals_the_hinge_loss_of_scikit_learn() -> None:
    scores, y = 2 * RNG.standard_normal((50, 4)), np.arange(50) % 4
    expected = hinge_loss(y, scores)  # scikit-learn's is Crammer and Singer's, with margin 1
    assert CrammerSinger().value(scores, y).mean() == pytest.approx(expected, rel=1e-13)


def test_two_classes_are_the_binary_hinge_of_weston_and_watkins() -> None:
    scores, y = 2 * RNG.standard_normal((20, 2)), RNG.integers(0, 2, 20)
    for mine, theirs in zip(
        CrammerSinger().value_and_gradient(scores, y), WestonWatkins().value_and_gradient(scores, y), strict=True
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-14)


def test_the_gradient_falls_on_the_best_wrong_class() -> None:
    scores = np.array([[0.0, 2.0, 5.0, 3.0], [9.0, 0.0, 0.0, 0.0]])
    _, gradient = CrammerSinger().value_and_gradient(scores, np.array([3, 0]))
    np.testing.assert_array_equal(gradient, [[0, 0, 1, -1], [0, 0, 0, 0]])


def test_where_rivals_tie_the_gradient_falls_on_the_first() -> None:
    _, gradient = CrammerSinger().value_and_gradient(np.array([[1.0, 4.0, 4.0]]), np.array([0]))
    np.testing.assert_array_equal(gradient, [[-1, 1, 0]])


def test_never_above_the_sum_over_all_wrong_classes() -> None:
    scores, y = 2 * RNG.standard_normal((200, 5)), RNG.integers(0, 5, 200)
    best, total = CrammerSinger().value(scores, y), WestonWatkins().value(scores, y)
    assert (best <= total + 1e-13).all()
    assert (best < total).any()
