"""The curvature of the loss is measured, and the model follows it."""

import numpy as np
import pytest
from scipy.special import softmax

from scoreline.data import MemorySource
from scoreline.engine.exact.curvature import mean_curvature
from scoreline.engine.exact.moments import SpectralMoments, measure_moments
from scoreline.engine.exact.quasi_newton import QuasiNewton
from scoreline.engine.problem.local_oracle import LocalOracle
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.point import Point
from scoreline.losses import LOSSES
from scoreline.penalties import PENALTIES

CLASSES = 3


@pytest.fixture
def oracle():
    return oracle_over("softmax")


def oracle_over(loss):
    rng = np.random.default_rng(0)
    source = MemorySource(rng.normal(size=(400, 6)), rng.integers(CLASSES, size=400), CLASSES)
    goal = Objective(LOSSES.build(loss), PENALTIES.build("l2"), np.array([1e-3]), CLASSES)
    return LocalOracle(goal, source, np.dtype(float))


def point_with_scores(oracle, scores):
    return Point.at(oracle, zero_params(1, CLASSES, 6, np.dtype(float)), scores)


def sure_scores(oracle):
    """Scores by which every row is nearly surely of its class."""
    return 12.0 * np.eye(CLASSES)[oracle.labelled.y]


@pytest.mark.parametrize(
    ("loss", "expected", "error"),
    [("softmax", 2 / 9, 0.03), ("one-vs-all:squared", 2, 1e-4), ("squared-error", 2, 1e-4)],
)
def test_curvature_at_zero_is_known(loss, expected, error):
    """To the rounding where classes do not bend together, else to the deviation of 2,000 directions."""
    oracle = oracle_over(loss)
    here = point_with_scores(oracle, np.zeros((400, CLASSES)))
    assert mean_curvature(oracle, here.scores) == pytest.approx(expected, rel=error)


@pytest.mark.parametrize("scale", [0.5, 2.0, 6.0])
def test_curvature_of_softmax_is_the_mean_of_its_diagonal(oracle, scale):
    scores = scale * np.random.default_rng(1).normal(size=(400, CLASSES))
    p = softmax(scores, axis=1)
    assert mean_curvature(oracle, scores) == pytest.approx((p * (1 - p)).mean(), rel=0.05)


def test_curvature_vanishes_where_all_rows_are_sure(oracle):
    assert mean_curvature(oracle, sure_scores(oracle)) < 1e-4


def model_of(oracle):
    moments = measure_moments(oracle.objective, oracle.source)
    return QuasiNewton(moments, 2e-3, 400 * 6 * CLASSES)


STEP = Params(np.ones((1, CLASSES, 6)), np.ones((1, CLASSES)))


def test_preconditioner_is_made_anew_where_the_curvature_has_changed(oracle):
    model = model_of(oracle)
    state = model.first(2 / 9)
    first = model.quadratic(state)
    at_zero = point_with_scores(oracle, np.zeros((400, CLASSES)))
    state = model.learned(state, STEP, at_zero, at_zero)
    assert model.quadratic(state) is first
    sure = point_with_scores(oracle, sure_scores(oracle))
    state = model.learned(state, STEP, sure, at_zero)
    assert model.quadratic(state).curvature == mean_curvature(oracle, sure.scores) < first.curvature / 2


def test_a_factor_that_takes_longer_than_iterations_is_kept(oracle, monkeypatch):
    monkeypatch.setattr("scoreline.engine.exact.quasi_newton.FACTOR_ITERATIONS", 0)
    model = model_of(oracle)
    assert not isinstance(model.factors.moments, SpectralMoments)
    state = model.first(2 / 9)
    first = model.quadratic(state)
    sure, zero = (point_with_scores(oracle, scores) for scores in (sure_scores(oracle), np.zeros((400, CLASSES))))
    assert model.quadratic(model.learned(state, STEP, sure, zero)) is first
