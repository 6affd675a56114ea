from __future__ import annotations

import numpy as np

from scoreline.losses import SquaredError

RNG = np.random.default_rng(10)


def test_squared_distance_to_plus_and_minus_one() -> None:
    scores, y = 2 * RNG.standard_normal((20, 4)), RNG.integers(0, 4, 20)
    miss = scores - (2 * np.eye(4)[y] - 1)
    value, gradient = SquaredError().value_and_gradient(scores, y)
    np.testing.assert_allclose(value, (miss**2).sum(axis=-1), rtol=1e-13)
    np.testing.assert_allclose(gradient, 2 * miss, rtol=1e-13, atol=1e-15)


def test_one_score_has_one_target() -> None:
    value, gradient = SquaredError().value_and_gradient(np.array([[0.5], [0.5]]), np.array([0, 1]))
    np.testing.assert_array_equal(value, [2.25, 0.25])
    np.testing.assert_array_equal(gradient, [[3.0], [-1.0]])
