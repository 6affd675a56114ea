"""The bias alone is brought to where its gradient vanishes."""

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.exact.bias import first_bias_model, settle_bias
from scoreline.engine.problem.local_oracle import LocalOracle
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point
from scoreline.losses import LOSSES
from scoreline.penalties import L2


def somewhere(loss, n_classes, *, fit_intercept=True):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 5)), rng.integers(n_classes, size=200) * rng.integers(2, size=200)
    source = MemorySource(X, y, n_classes)
    goal = Objective(LOSSES.build(loss), L2(), np.array([1e-2]), n_classes, fit_intercept)
    oracle = LocalOracle(goal, source, np.dtype(float))
    R = goal.n_rows
    params = Params(rng.normal(size=(1, R, 5)), np.zeros((1, R)))
    scores = oracle.scores(params)
    return oracle, Point.at(oracle, params, scores)


@pytest.mark.parametrize("loss", ["softmax", "one-vs-all:squared", "weston-watkins:squared", "squared-error"])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_gradient_vanishes_and_weights_stay(loss, n_classes):
    oracle, here = somewhere(loss, n_classes)
    before = np.abs(oracle.mean_slopes(here.slopes)).max()
    there, _ = settle_bias(*settle_bias(here, first_bias_model(0.2), 0.0), 0.0)
    assert np.abs(oracle.mean_slopes(there.slopes)).max() < 1e-3 * before
    assert there.objective < here.objective
    np.testing.assert_array_equal(there.params.W, here.params.W)
    np.testing.assert_allclose(there.scores, oracle.scores(there.params), atol=1e-12)
    assert there.objective == pytest.approx(oracle.objective.value(there.params, oracle.source)[0], rel=1e-12)


def test_what_is_settled_stays_where_it_is():
    _oracle, here = somewhere("softmax", 4)
    assert settle_bias(here, first_bias_model(0.2), 1e6)[0] is here


def test_no_bias_no_change():
    _oracle, here = somewhere("softmax", 4, fit_intercept=False)
    assert settle_bias(here, first_bias_model(0.2), 0.0)[0] is here


def test_steps_that_lead_up_are_not_taken():
    _oracle, here = somewhere("softmax", 4)
    there, _ = settle_bias(here, first_bias_model(1e-6), 0.0, rounds=1)  # a curvature far too small
    np.testing.assert_array_equal(there.params.b, here.params.b)
    np.testing.assert_allclose(there.evaluated.loss, here.evaluated.loss, rtol=1e-12)
