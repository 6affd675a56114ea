"""Sparse fits: proved optimal, as sparse as they should be, and the same whatever carries the numbers."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import scoreline.engine.proximal as proximal
from scoreline import LinearClassifier
from scoreline.data.memory import MemorySource
from scoreline.engine.events import Reason
from scoreline.engine.exact import minimize_exactly
from scoreline.engine.moments import DenseMoments, measure_matrix
from scoreline.engine.objective import Objective, Standardization
from scoreline.engine.params import Params, zero_params
from scoreline.engine.passes import Passes
from scoreline.engine.point import Point
from scoreline.engine.proximal import ProximalMetric
from scoreline.engine.stopping import drive
from scoreline.errors import MismatchError
from scoreline.losses import LOSSES
from scoreline.penalties import PENALTIES


def problem(loss="softmax", penalty="l1", lam=1e-2, *, n_classes=3, weighted=False, fit_intercept=True):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 8)) @ rng.normal(size=(8, 8)) + 2
    y = (X @ rng.normal(size=(8, n_classes)) + 3 * rng.normal(size=(120, n_classes))).argmax(axis=1)
    source = MemorySource(X, y, n_classes, rng.random(120) if weighted else None)
    goal = Objective(
        LOSSES.build(loss),
        PENALTIES.build(penalty),
        np.array([lam]),
        n_classes,
        fit_intercept,
        Standardization.of(source),
    )
    return goal, source


def solve(goal, source, tol=1e-4):
    start = zero_params(1, goal.n_rows, source.n_features, np.dtype(np.float64))
    return drive(minimize_exactly(goal, source, start, tol=tol, max_iter=5000), [])


@pytest.mark.parametrize("loss", ["softmax", "one-vs-all:squared", "weston-watkins:squared", "squared-error"])
@pytest.mark.parametrize("penalty", ["l1", "elastic-net"])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_every_smooth_loss_is_proved(loss, penalty, n_classes):
    goal, source = problem(loss, penalty, n_classes=n_classes)
    ended = solve(goal, source)
    assert ended.reason is Reason.CONVERGED
    assert 0 <= ended.duality_gap <= 1e-4


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("lam", [0.3, 1e-2, 1e-3])
def test_weights_and_bias(weighted, fit_intercept, lam):
    goal, source = problem("softmax", "l1", lam, weighted=weighted, fit_intercept=fit_intercept)
    ended = solve(goal, source, tol=1e-4)
    assert ended.duality_gap <= 1e-4
    assert fit_intercept or not ended.params.b.any()


def test_equals_scikit_learn():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 6)), rng.integers(3, size=300)
    lam, l1_ratio = 1e-2, 0.5
    theirs = LogisticRegression(
        C=1 / (lam * 300), l1_ratio=l1_ratio, solver="saga", tol=1e-10, max_iter=20_000, random_state=0
    ).fit(X, y)
    # sklearn: lam (ratio |W| + (1 - ratio) W^2 / 2); ours: lam ratio (|W| + beta W^2)
    ours = LinearClassifier(
        penalty=f"elastic-net:{(1 - l1_ratio) / (2 * l1_ratio)}", lam=lam * l1_ratio, tol=1e-7, standardize=False
    ).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)
    np.testing.assert_array_equal(ours.coef_ == 0, np.abs(theirs.coef_) < 1e-4)


def test_so_strong_a_penalty_leaves_nothing():
    goal, source = problem(lam=10.0)
    ended = solve(goal, source)
    assert not ended.params.W.any()
    assert ended.duality_gap <= 1e-4


def test_step_minimises_its_quadratic():
    goal, source = problem(lam=5e-2)
    passes = Passes(goal, source)
    rng = np.random.default_rng(0)
    params = Params(rng.normal(size=(1, 3, 8)), rng.normal(size=(1, 3)))
    scores = passes.scores(params)
    here = Point.at(passes, params, scores, np.empty_like(scores))
    metric = ProximalMetric(measure_matrix(goal, source), 0.3, 0.1, 5e-2)

    def modelled(step):
        change = np.vdot(here.gradient.W, step.W) + np.vdot(here.gradient.b, step.b)
        return change + metric.bend(step) + 5e-2 * np.abs(params.W + step.W).sum()

    step = metric.step(here)
    for _ in range(200):
        aside = step.plus(Params(rng.normal(size=step.W.shape), rng.normal(size=step.b.shape)), 1e-2)
        assert modelled(step) <= modelled(aside) + 1e-9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_sweeps_equal_those_in_python(dtype, monkeypatch):
    rng = np.random.default_rng(0)
    half = rng.normal(size=(40, 20))
    moments = DenseMoments(np.zeros(20), (half.T @ half / 40).astype(dtype))
    metric = ProximalMetric(moments, 0.5, 0.1, 0.05)
    gradient, W = rng.normal(size=(2, 5, 20)).astype(dtype)
    results = []
    for limit in (0, 10**9):
        monkeypatch.setattr(proximal, "WORTH_COMPILING", limit)
        moved = W.copy()
        metric._descend(gradient.copy(), moved)
        results.append(moved)
    np.testing.assert_allclose(*results, rtol=1e-3, atol=1e-5)
    assert (results[0] == 0).any()


def test_two_kinds_of_corners_are_refused():
    goal, source = problem("weston-watkins", "l1")
    with pytest.raises(MismatchError, match="both have corners"):
        solve(goal, source)
