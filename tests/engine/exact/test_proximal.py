"""Sparse fits: proved optimal, as sparse as they should be, and the same whatever carries the numbers."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import scoreline.engine.exact.coordinate_descent as coordinate_descent
import scoreline.engine.exact.quadratics as quadratics
from scoreline import LinearClassifier
from scoreline.data.memory import MemorySource
from scoreline.engine.exact.bias import first_bias_model
from scoreline.engine.exact.coordinate_descent import ElasticQuadratic, descend_by_coordinates
from scoreline.engine.exact.moments import measure_matrix
from scoreline.engine.exact.proximal import Proximal, ProximalMetric
from scoreline.engine.exact.quadratics import HessianQuadratic, MomentsQuadratic
from scoreline.engine.exact.solver import minimize_exactly
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.local_oracle import LocalOracle
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.point import Point
from scoreline.engine.problem.stopping import drive
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


def point_at(goal, source):
    oracle = LocalOracle(goal, source, np.dtype(float))
    rng = np.random.default_rng(0)
    params = Params(rng.normal(size=(1, 3, 8)), rng.normal(size=(1, 3)))
    scores = oracle.scores(params)
    return oracle, Point.at(oracle, params, scores)


@pytest.mark.parametrize("newton", [False, True])
@pytest.mark.parametrize("loss", ["softmax", "weston-watkins:squared"])
def test_step_minimises_its_quadratic(loss, newton):
    goal, source = problem(loss, lam=5e-2)
    oracle, here = point_at(goal, source)
    params, rng = here.params, np.random.default_rng(1)
    moments = measure_matrix(goal, source)
    model = HessianQuadratic(oracle, here.scores) if newton else None
    quadratic = model or MomentsQuadratic(moments.mean, moments.full_matrix())
    metric = ProximalMetric(quadratic, 0.3, 0.1, 5e-2)

    def modelled(step):
        change = np.vdot(here.gradient.W, step.W) + np.vdot(here.gradient.b, step.b)
        return change + metric.quadratic_term(step) + 5e-2 * np.abs(params.W + step.W).sum()

    step = metric.step(here)
    for _ in range(200):
        aside = step.plus(Params(rng.normal(size=step.W.shape), rng.normal(size=step.b.shape)), 1e-2)
        assert modelled(step) <= modelled(aside) + (1e-9 if newton else 1e-5 * abs(modelled(step)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_sweeps_equal_those_in_python(dtype, monkeypatch):
    rng = np.random.default_rng(0)
    half = rng.normal(size=(40, 20))
    quadratic = ElasticQuadratic((half.T @ half / 40).astype(dtype), 0.5, 0.1, 0.05)
    gradient, W = rng.normal(size=(2, 5, 20)).astype(dtype)
    results = []
    for limit in (0, 10**9):
        monkeypatch.setattr(coordinate_descent, "COMPILED_WEIGHTS", limit)
        moved = W.copy()
        descend_by_coordinates(quadratic, gradient.copy(), moved, 60, 1e-4)
        results.append(moved)
    np.testing.assert_allclose(*results, rtol=1e-3, atol=1e-5)
    assert (results[0] == 0).any()


def test_two_kinds_of_corners_are_refused():
    goal, source = problem("weston-watkins", "l1")
    with pytest.raises(MismatchError, match="both have corners"):
        solve(goal, source)


@pytest.mark.parametrize("loss", ["softmax", "one-vs-all:squared", "weston-watkins:squared", "squared-error"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_the_hessian_is_what_gradients_differ_by(loss, weighted, fit_intercept, monkeypatch):
    monkeypatch.setattr(quadratics, "MEAN_HESSIAN_SHARE", 0.0)
    goal, source = problem(loss, weighted=weighted, fit_intercept=fit_intercept)
    oracle, here = point_at(goal, source)
    hessian = HessianQuadratic(oracle, here.scores)
    rng = np.random.default_rng(1)
    for _ in range(5):
        step = Params(rng.normal(size=(1, 3, 8)), rng.normal(size=(1, 3)) * fit_intercept)
        ends = []
        for t in (1e-5, -1e-5):
            params = here.params.plus(step, t)
            scores = oracle.scores(params)
            ends.append(Point.at(oracle, params, scores).gradient)
        change = ends[0].plus(ends[1], -1.0)
        expected = (np.vdot(change.W, step.W) + np.vdot(change.b, step.b)) / 2e-5
        assert hessian.along(step) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("loss", ["softmax", "one-vs-all:squared", "weston-watkins:squared"])
def test_weak_penalties_are_proved_too(loss):
    """Most rows are told apart by then, and the moments of all say little of the few that bend."""
    X, y = load_digits(return_X_y=True)
    classifier = LinearClassifier(loss=loss, penalty="l1", lam=1e-3, tol=1e-4).fit(X, y)
    assert classifier.duality_gap_ <= 1e-4
    assert classifier.n_iter_ < 100
    assert np.mean(classifier.coef_ == 0) > 0.2


def test_a_hessian_that_would_be_too_large_is_never_made(monkeypatch):
    goal, source = problem("one-vs-all:squared", lam=1e-3)
    _oracle, here = point_at(goal, source)
    moments = measure_matrix(goal, source)
    method = Proximal(moments.mean, moments.full_matrix(), 0.0, 1e-3)
    state, bias = method.first(here, 1.0), first_bias_model(1.0)

    def becomes_newtons():
        proposal, now = method.propose(here, state._replace(age=100))
        return method.advance(here, proposal, now, bias)[1].newton

    entries = (3 * 9) ** 2 + 120 * 9
    monkeypatch.setattr("scoreline.engine.exact.quadratics.HESSIAN_ENTRIES", entries - 1)
    assert not becomes_newtons()
    monkeypatch.setattr("scoreline.engine.exact.quadratics.HESSIAN_ENTRIES", entries)
    assert becomes_newtons()


def test_a_matrix_that_corners_bent_down_is_made_definite():
    rng = np.random.default_rng(0)
    half = rng.normal(size=(20, 30))
    matrix = half.T @ half - 0.1 * np.eye(30)
    made = quadratics._made_definite(matrix.copy())
    np.linalg.cholesky(made)
    added = made - matrix
    np.testing.assert_allclose(added, added[0, 0] * np.eye(30), atol=1e-12)
    assert 0.1 < added[0, 0] < 30


def test_what_is_far_from_definite_is_no_hessian():
    with pytest.raises(np.linalg.LinAlgError):
        quadratics._made_definite(np.array([[1.0, 100.0], [100.0, 1.0]]))


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_whatever_carries_the_numbers(dtype):
    X, y = load_digits(return_X_y=True)
    given, exact = (
        LinearClassifier(loss="one-vs-all:squared", penalty="l1", lam=1e-2, tol=1e-4).fit(rows, y)
        for rows in (X.astype(dtype), X)
    )
    assert given.duality_gap_ <= 1e-4
    assert given.objective_ == pytest.approx(exact.objective_, rel=2e-4)
