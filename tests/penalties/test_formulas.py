"""Each penalty against its formula, by hand and by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from scoreline.penalties import L1, L2, ElasticNet, MaxNorm, NoPenalty
from scoreline.penalties.l1 import soft_threshold

W = np.array([[[3.0, -4.0], [0.5, 0.0]], [[0.1, -0.2], [0.3, 0.4]]])  # two configurations, two classes, two inputs


def test_l2_is_the_sum_of_squares_without_a_half() -> None:
    np.testing.assert_allclose(L2().value(W), [25.25, 0.30], rtol=1e-15)
    np.testing.assert_array_equal(L2().gradient(W), 2 * W)


def test_l1_is_the_sum_of_absolute_values() -> None:
    np.testing.assert_allclose(L1().value(W), [7.5, 1.0], rtol=1e-15)
    assert L1().gradient(W) is None


def test_soft_threshold_stops_at_zero() -> None:
    np.testing.assert_array_equal(
        soft_threshold(np.array([-3.0, -0.5, 0.0, 0.5, 3.0]), np.array(1.0)), [-2, 0, 0, 0, 2]
    )


def test_elastic_net_is_beta_squares_and_absolute_values() -> None:
    np.testing.assert_allclose(ElasticNet(beta=0.25).value(W), 0.25 * L2().value(W) + L1().value(W), rtol=1e-15)
    np.testing.assert_array_equal(ElasticNet(beta=0.25).gradient(W), 0.5 * W)
    np.testing.assert_array_equal(
        ElasticNet().prox(W, np.full((2, 1, 1), 0.3)), L1().prox(W, np.full((2, 1, 1), 0.3))
    )
    np.testing.assert_array_equal(ElasticNet(beta=0).value(W), L1().value(W))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_max_norm_shortens_rows_that_are_too_long(dtype: type) -> None:
    projected = MaxNorm(radius=1.0).project(W.astype(dtype))
    np.testing.assert_allclose(projected[0], [[0.6, -0.8], [0.5, 0.0]], rtol=1e-6)
    np.testing.assert_array_equal(projected[1], W[1].astype(dtype))  # short rows are left as they are
    np.testing.assert_array_equal(MaxNorm().value(W), [0, 0])


def test_no_penalty_returns_the_weights_themselves() -> None:
    assert NoPenalty().prox(W, np.ones((2, 1, 1))) is W
    assert NoPenalty().project(W) is W
    assert NoPenalty().gradient(W) is None


def test_proximal_steps_end_at_the_lasso_of_scikit_learn() -> None:
    rng = np.random.default_rng(12)
    X = rng.standard_normal((40, 6))
    target = X @ [2.0, 0, -1.0, 0, 0, 0.5] + 0.1 * rng.standard_normal(40)
    alpha = 0.3
    expected = Lasso(alpha=alpha, fit_intercept=False, tol=1e-12).fit(X, target).coef_
    w, step = np.zeros((1, 1, 6)), 40 / np.linalg.norm(X, 2) ** 2
    for _ in range(500):
        gradient = X.T @ (X @ w[0, 0] - target) / 40
        w = L1().prox(w - step * gradient, np.full((1, 1, 1), step * alpha))
    np.testing.assert_allclose(w[0, 0], expected, atol=1e-9)
    assert (expected == 0).any()
    np.testing.assert_array_equal(w[0, 0] == 0, expected == 0)
