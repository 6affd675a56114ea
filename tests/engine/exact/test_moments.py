"""Moments of the data, whole or in factors, and the preconditioners made of them."""

import tracemalloc

import numpy as np
import pytest

import scoreline.engine.exact.moments as moments_module
from scoreline.data.memory import MemorySource
from scoreline.engine.exact.moments import DenseMoments, SpectralMoments, choose_form, measure_moments
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import Params
from scoreline.losses import LOSSES
from scoreline.penalties import L2

CURVATURE, RIDGE = 0.3, 2e-2


def source_of(n, d, *, weighted=False, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-1, 1, d) + rng.normal(size=d)
    return MemorySource(X, rng.integers(3, size=n), 3, rng.random(n) + 0.1 if weighted else None)


def goal_over(source, loss="softmax", **changes):
    return Objective(LOSSES.build(loss), L2(), np.array([RIDGE / 2]), 3, **changes)


def check_solution(goal, source, moments, X=None):
    """Solving must undo the matrix that the moments stand for, bias included."""
    X = source.X if X is None else X
    n, d = X.shape
    ones = np.ones(n) if goal.fit_intercept else np.zeros(n)
    X1 = np.column_stack([X, ones])
    w = np.ones(n) if source.weight is None else source.weight
    M = CURVATURE * (X1 * w[:, None]).T @ X1 / w.sum() + np.diag([RIDGE] * d + [0.0])
    rng = np.random.default_rng(1)
    gradient = Params(rng.normal(size=(1, 3, d)), rng.normal(size=(1, 3)) * goal.fit_intercept)
    solved = moments.preconditioner(CURVATURE, RIDGE).solve(gradient)
    flat, asked = (np.concatenate([p.W[0], p.b[0][:, None]], axis=1) for p in (solved, gradient))
    np.testing.assert_allclose(flat @ M, asked, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
class TestInverse:
    def test_dense(self, weighted, fit_intercept):
        source = source_of(80, 6, weighted=weighted)
        goal = goal_over(source, fit_intercept=fit_intercept)
        moments = measure_moments(goal, source)
        assert isinstance(moments, DenseMoments)
        check_solution(goal, source, moments)

    def test_eigenvectors_for_many_ridges(self, weighted, fit_intercept):
        source = source_of(80, 6, weighted=weighted)
        goal = goal_over(source, fit_intercept=fit_intercept)
        moments = measure_moments(goal, source, n_ridges=200)
        assert isinstance(moments, SpectralMoments)
        check_solution(goal, source, moments)

    def test_dual_form_for_few_rows(self, weighted, fit_intercept):
        source = source_of(7, 90, weighted=weighted)
        goal = goal_over(source, fit_intercept=fit_intercept)
        moments = measure_moments(goal, source)
        assert isinstance(moments, SpectralMoments)
        assert moments.vectors.shape[1] <= 7
        check_solution(goal, source, moments)


def test_standardised_data():
    source = source_of(80, 6)
    measured = Standardization.of(source)
    goal = goal_over(source, standardization=measured)
    X = (source.X - measured.mean) * measured.scale
    check_solution(goal, source, measure_moments(goal, source), X)


def test_too_many_features_for_a_matrix_keep_the_strongest_directions(monkeypatch):
    monkeypatch.setattr(moments_module, "MOST_FEATURES", 20)
    monkeypatch.setattr(moments_module, "FACTOR_ROWS", 30)
    source = source_of(300, 40)
    moments = measure_moments(goal_over(source), source)
    assert moments.vectors.shape == (40, 15)
    total = source.X.var(axis=0).sum()
    explained = moments.values.sum() + moments.rest * (40 - 15)
    np.testing.assert_allclose(explained, total, rtol=0.5)  # of a sample of 30 rows


def test_dependent_features_in_float32():
    rng = np.random.default_rng(0)
    few = rng.normal(size=(60, 3)).astype(np.float32) * 1e3
    source = MemorySource(few @ rng.normal(size=(3, 40)).astype(np.float32), rng.integers(3, size=60), 3)
    goal = goal_over(source)
    gradient = Params(rng.normal(size=(1, 3, 40)), np.zeros((1, 3)))
    for n_ridges in (1, 200):
        moments = measure_moments(goal, source, n_ridges=n_ridges)
        assert np.isfinite(moments.preconditioner(CURVATURE, 1e-9).solve(gradient).W).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_rows_that_came_later_are_taken_in(weighted, monkeypatch):
    """What was measured on the first rows, in their scale, comes to about what all rows have."""
    monkeypatch.setattr(moments_module, "block_rows", lambda _: 64)
    whole = source_of(300, 5, weighted=weighted)
    whole.X[:, 4] = 0
    whole.X[[20, 299], 4] = 1  # the feature's scale depends on how many rows there are
    first = MemorySource(whole.X[:200], whole.y[:200], 3, whole.weight[:200] if weighted else None)
    before = goal_over(first, standardization=Standardization.of(first))
    now = goal_over(whole, standardization=Standardization.of(whole))
    moments = measure_moments(before, first)
    untouched = moments.full_matrix()
    moments.update(before, 200, now, whole)
    exact = measure_moments(now, whole)
    np.testing.assert_allclose(moments.full_matrix(), exact.full_matrix(), atol=0.05)
    assert np.abs(untouched - exact.full_matrix()).max() > 0.05


def test_nothing_is_taken_in_of_the_same_rows():
    source = source_of(80, 6)
    goal = goal_over(source, standardization=Standardization.of(source))
    moments = measure_moments(goal, source)
    before = moments.full_matrix()
    moments.update(goal, 80, goal, source)
    np.testing.assert_array_equal(moments.full_matrix(), before)


@pytest.mark.parametrize(("dtype", "furthest"), [(np.float32, 30.0), (np.float64, 2.01)])
def test_wide_rows_that_are_alike_leave_a_way_down(dtype, furthest):
    """Their strongest direction is ten million times as strong as the ridge, more than float32 resolves."""
    rng = np.random.default_rng(0)
    y = np.arange(16) % 2
    X = np.where(y[:, None] == 0, 60, 200) + rng.integers(-3, 4, (16, 1)) + rng.integers(0, 4, (16, 120_000))
    source = MemorySource(X.astype(np.uint8), y, 2)
    goal = goal_over(source, standardization=Standardization.of(source))
    rows = goal.standardized(source.X, np.dtype(dtype))
    gradient = Params(((0.5 - y).astype(dtype) @ rows / 16)[None, None], np.zeros((1, 1), dtype))
    direction = measure_moments(goal, source).preconditioner(0.25, 2e-3).solve(gradient)
    assert np.vdot(direction.W, gradient.W) > 0
    # A Newton step of the logistic loss changes scores at 0 by 2; by the ridge alone it would be millions.
    assert 1.9 < np.abs(rows @ direction.W[0, 0]).max() < furthest


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "d", "n_ridges"), [(2_000, 700, 1), (2_000, 700, 100), (300, 1_500, 1)])
def test_forms_take_no_more_memory_than_they_say(n, d, n_ridges, dtype):
    rows = np.random.default_rng(0).normal(size=(n, d)).astype(dtype)
    source = MemorySource(rows, np.arange(n) % 3, 3)
    form = choose_form(n, d, 3, np.dtype(dtype), n_ridges=n_ridges)
    tracemalloc.start()
    try:
        moments = measure_moments(goal_over(source), source, n_ridges=n_ridges)
        moments.inverse(CURVATURE, RIDGE)(np.ones((3, d), dtype))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    blocks = rows.nbytes * 2  # one of all rows, and what is made of it
    assert peak <= form.n_bytes + blocks
