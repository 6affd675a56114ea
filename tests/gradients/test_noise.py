"""How much of a computed function is rounding."""

import numpy as np
import pytest

from scoreline.gradients.noise import function_noise


def f(x):
    return float(np.exp(x).sum() + np.sin(3 * x).sum())


X = np.array([0.3, -0.8, 1.1, 0.5])


@pytest.mark.parametrize("sigma", [1e-12, 1e-8, 1e-4])
def test_noise_is_measured(sigma):
    rng = np.random.default_rng(0)
    noisy = function_noise(lambda x: f(x) + rng.normal(scale=sigma), X)
    assert sigma / 10 < noisy < 10 * sigma


def test_noise_of_a_smooth_function_is_rounding():
    assert function_noise(f, X) < 1e-14


def test_a_corner_at_the_point_is_not_noise():
    assert function_noise(lambda x: float(np.abs(x).sum()), np.zeros(4)) < 1e-15


def test_float32_positions_are_not_noise():
    assert function_noise(f, X.astype(np.float32)) < 1e-6


def test_rounding_that_is_the_same_at_all_points_counts():
    """A float32 logarithm near 1 rounds in steps that differences of close points do not show."""

    def loss(x):
        return float(np.float32(np.log(np.float32(4) + np.float32(x.sum()))))

    assert function_noise(loss, np.zeros(3, np.float32)) >= np.finfo(np.float32).eps * np.log(4) * (1 - 1e-3)
