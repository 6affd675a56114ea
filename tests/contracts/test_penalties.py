"""The contract of every penalty; a penalty is tested by being listed in `PENALTIES`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from scoreline.penalties import Penalty

FEW = settings(max_examples=15, deadline=None, derandomize=True)
# Steps of one for all, of one a configuration, and of one a weight, as adaptive rules have them.
STEP_SHAPES = [(1, 1, 1), (3, 1, 1), (3, 2, 4)]


@st.composite
def weights(draw: st.DrawFn) -> Any:
    """Read-only weights of three configurations, two classes, four inputs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    W = draw(st.sampled_from([0.01, 1.0, 30.0])) * rng.standard_normal((3, 2, 4))
    W.flags.writeable = False
    return W


@FEW
@given(W=weights())
def test_gradient_and_prox_together_are_the_slope_of_the_value(penalty: Penalty, W: Any) -> None:
    W = np.where(np.abs(W) < 1e-3, 1e-3, W)  # away from the kinks at 0
    gradient = penalty.gradient(W)
    gradient = np.zeros_like(W) if gradient is None else gradient
    assert gradient.shape == W.shape
    # Away from a kink a short proximal step is a gradient step of the non-smooth part.
    short = 1e-4
    gradient = gradient + (W - penalty.prox(W, np.full((1, 1, 1), short))) / short
    h = 1e-4
    for c, d in np.ndindex(W.shape[1:]):
        aside = np.zeros(W.shape)
        aside[:, c, d] = h
        slope = (penalty.value(W + aside) - penalty.value(W - aside)) / (2 * h)
        np.testing.assert_allclose(gradient[:, c, d], slope, rtol=1e-7, atol=1e-6)


def square_part(penalty: Penalty, W: Any) -> Any:
    """Return the smooth part, which is a square: half the gradient's product with W."""
    gradient = penalty.gradient(W)
    return np.zeros(len(W)) if gradient is None else (gradient * W).sum(axis=(-2, -1)) / 2


@FEW
@given(W=weights(), index=st.tuples(*[st.integers(0, n - 1) for n in (3, 2, 4)]), step=st.floats(0.01, 5))
def test_prox_is_the_argmin(penalty: Penalty, W: Any, index: tuple[int, int, int], step: float) -> None:
    taken = penalty.prox(W, np.full((1, 1, 1), step))
    one = np.zeros((1, 1, 1))

    def rest(v: float) -> float:  # the non-smooth part of R, of one weight
        return float((penalty.value(one + v) - square_part(penalty, one + v))[0])

    def goal(v: float) -> float:
        return (v - W[index]) ** 2 / (2 * step) + rest(v)

    reach = abs(W[index]) + 1e-3
    found = minimize_scalar(goal, bounds=(-reach, reach), method="bounded", options={"xatol": 1e-10})
    assert goal(taken[index]) <= found.fun + 1e-12 * (1 + found.fun)
    grid = np.linspace(-reach, reach, 401)
    assert goal(taken[index]) <= min(map(goal, grid)) + 1e-12 * (1 + found.fun)


@pytest.mark.parametrize("shape", STEP_SHAPES)
@FEW
@given(W=weights(), seed=st.integers(0, 1000))
def test_prox_is_firmly_non_expansive(penalty: Penalty, shape: tuple[int, ...], W: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    step, other = rng.uniform(0, 2, shape), W + rng.standard_normal(W.shape)
    moved = penalty.prox(W, step) - penalty.prox(other, step)
    # The metric of the proximal step divides each weight's square by its own step; weight by weight is stronger.
    assert (moved * moved <= moved * (W - other) + 1e-12 * (1 + W * W)).all()


@FEW
@given(W=weights())
def test_a_step_of_zero_changes_nothing(penalty: Penalty, W: Any) -> None:
    np.testing.assert_array_equal(penalty.prox(W, np.zeros((3, 1, 1))), W)


@FEW
@given(W=weights(), seed=st.integers(0, 1000))
def test_projection_is_idempotent_and_nearest(penalty: Penalty, W: Any, seed: int) -> None:
    nearest = penalty.project(W)
    np.testing.assert_allclose(penalty.project(nearest), nearest, rtol=1e-15)
    # Projection on a convex set: from the nearest point every allowed point lies at an obtuse angle to W.
    allowed = penalty.project(10 * np.random.default_rng(seed).standard_normal(W.shape))
    angle = ((W - nearest) * (allowed - nearest)).sum(axis=-1)
    assert (angle <= 1e-12 * (1 + np.square(W).sum(axis=-1))).all()


@FEW
@given(W=weights())
def test_value_is_one_float64_a_configuration(penalty: Penalty, W: Any) -> None:
    for dtype in (np.float32, np.float64):
        value = penalty.value(W.astype(dtype))
        assert value.shape == (3,)
        assert value.dtype == np.float64
        assert (value >= 0).all()
    # float32 weights are summed in float64: the only error is that of rounding the weights themselves.
    rounded = W.astype(np.float32)
    np.testing.assert_allclose(penalty.value(rounded), penalty.value(rounded.astype(np.float64)), rtol=1e-14)


@FEW
@given(W=weights(), seed=st.integers(0, 1000))
def test_three_configurations_are_three_times_one(penalty: Penalty, W: Any, seed: int) -> None:
    step = np.random.default_rng(seed).uniform(0, 2, (3, 1, 1))
    for k in range(3):
        one = slice(k, k + 1)
        np.testing.assert_array_equal(penalty.value(W)[one], penalty.value(W[one]))
        np.testing.assert_array_equal(penalty.prox(W, step)[one], penalty.prox(W[one], step[one]))
        np.testing.assert_array_equal(penalty.project(W)[one], penalty.project(W[one]))
        gradient = penalty.gradient(W)
        if gradient is None:
            assert penalty.gradient(W[one]) is None
        else:
            np.testing.assert_array_equal(gradient[one], penalty.gradient(W[one]))


@FEW
@given(W=weights())
def test_float32_stays_float32(penalty: Penalty, W: Any) -> None:
    W = W.astype(np.float32)
    gradient = penalty.gradient(W)
    assert gradient is None or gradient.dtype == np.float32
    assert penalty.prox(W, np.full((3, 1, 1), 0.1)).dtype == np.float32
    assert penalty.project(W).dtype == np.float32


def test_zero_weights_are_best(penalty: Penalty) -> None:
    zeros = np.zeros((2, 3, 4))
    np.testing.assert_array_equal(penalty.value(zeros), [0, 0])
    np.testing.assert_array_equal(penalty.prox(zeros, np.ones((2, 1, 1))), zeros)
    np.testing.assert_array_equal(penalty.project(zeros), zeros)


def test_a_penalty_does_something_or_says_so(penalty: Penalty) -> None:
    W = np.random.default_rng(0).standard_normal((1, 3, 50))
    acts = [
        penalty.gradient(W) is not None,
        not np.array_equal(penalty.prox(W, np.ones((1, 1, 1))), W),
        not np.array_equal(penalty.project(W), W),
    ]
    assert any(acts) == (type(penalty).__name__ != "NoPenalty")
