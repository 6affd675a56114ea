"""The path over lam: every optimum proved, the moments measured once."""

import tracemalloc
from dataclasses import replace

import numpy as np
from sklearn.linear_model import RidgeClassifier

from scoreline.data.memory import MemorySource
from scoreline.engine.exact.moments import measure_moments
from scoreline.engine.exact.path import fit_path
from scoreline.engine.exact.solver import minimize_exactly
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.objective import BLOCK_ENTRIES, Objective
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.stopping import drive
from scoreline.losses import Softmax, SquaredError
from scoreline.penalties import L2

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 5))
Y = (X @ RNG.normal(size=(5, 3)) + RNG.normal(size=(90, 3))).argmax(axis=1)
SOURCE, HELD_OUT = MemorySource(X[:60], Y[:60], 3), MemorySource(X[60:], Y[60:], 3)
GOAL = Objective(Softmax(), L2(), np.array([1.0]), 3)
START = zero_params(1, 3, 5, np.dtype(np.float64))


class TestPath:
    LAMS = np.array([1e-3, 1e-1, 1e-2])

    def test_every_strength_ends_at_its_own_optimum(self):
        goal = replace(GOAL, lam=self.LAMS)
        outcomes = fit_path(goal, SOURCE, START, tol=1e-10, max_iter=100, validation=HELD_OUT)
        for outcome, lam in zip(outcomes, self.LAMS, strict=True):
            one = replace(GOAL, lam=np.array([lam]))
            best = drive(minimize_exactly(one, SOURCE, START, tol=1e-10, max_iter=100), [])
            np.testing.assert_allclose(outcome.params.W, best.params.W, atol=1e-4)
            assert outcome.duality_gap <= 1e-10
            loss, accuracy = one.data_loss(outcome.params, HELD_OUT)
            assert (outcome.validation_loss, outcome.validation_accuracy) == (loss[0], accuracy[0])
            np.testing.assert_allclose(outcome.train_loss, one.data_loss(outcome.params, SOURCE)[0][0])

    def test_goes_down_and_begins_where_the_last_two_lead(self):
        begun = []

        def note(event):
            if type(event).__name__ == "RunStarted":
                begun.append(np.abs(event.params.W).max())

        goal = replace(GOAL, lam=self.LAMS)
        outcomes = fit_path(goal, SOURCE, START, tol=1e-6, max_iter=100, listeners=[note])
        strong, middle = (outcomes[k].params.W for k in (1, 2))
        np.testing.assert_allclose(
            begun, [0, np.abs(strong).max(), np.abs(middle + (middle - strong)).max()], rtol=1e-12
        )

    def test_a_wish_ends_the_path(self):
        goal = replace(GOAL, lam=self.LAMS)
        interrupting = [lambda event: Reason.INTERRUPTED]
        outcomes = fit_path(goal, SOURCE, START, tol=1e-6, max_iter=100, listeners=interrupting)
        assert {outcome.reason for outcome in outcomes} == {Reason.INTERRUPTED}

    def test_moments_are_measured_once(self, monkeypatch):
        calls = []
        monkeypatch.setattr(
            "scoreline.engine.exact.solver.measure_moments",
            lambda *args, **how: calls.append(how) or measure_moments(*args, **how),
        )
        fit_path(replace(GOAL, lam=self.LAMS), SOURCE, START, tol=1e-6, max_iter=100)
        assert calls == [{"n_ridges": 3}]

    def test_a_fit_that_begins_at_its_optimum_is_evaluated_all_the_same(self):
        goal = replace(GOAL, lam=np.array([1e-2]))
        (optimum,) = fit_path(goal, SOURCE, START, tol=1e-8, max_iter=100)
        (again,) = fit_path(goal, SOURCE, optimum.params, tol=1e-6, max_iter=100)
        assert again.epochs == 0
        np.testing.assert_allclose(again.train_loss, optimum.train_loss, rtol=1e-7)


def test_many_features_take_one_matrix_for_all_strengths():
    """Ridge regression in the memory of its float32 moments, as close to scikit-learn's as float64 would be."""
    n, D, lams = 2_200, 2_000, np.array([3.0, 1.0, 0.3])
    rng = np.random.default_rng(1)
    y = np.arange(n) % 2
    rows = (rng.normal(size=(n, D)) + np.where(y[:, None] == 1, 0.1, -0.1)).astype(np.float32)
    source = MemorySource(rows, y, 2)
    goal = Objective(SquaredError(), L2(), lams, 2)
    start = zero_params(1, goal.n_rows, D, np.dtype(np.float32))
    tracemalloc.start()
    try:
        outcomes = fit_path(goal, source, start, tol=1e-6, max_iter=100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * D**2 + 6 * 4 * BLOCK_ENTRIES  # one matrix, and blocks of rows
    for outcome, lam in zip(outcomes, lams, strict=True):
        assert outcome.duality_gap <= 1e-6
        ridge = RidgeClassifier(alpha=lam * n, solver="cholesky").fit(rows.astype(np.float64), y)
        best = Params(ridge.coef_.reshape(1, 1, D), ridge.intercept_.reshape(1, 1))
        one = replace(goal, lam=np.array([lam]))
        reached, least = (float(one.value(params, source)[0]) for params in (outcome.params, best))
        assert reached <= least * (1 + 1e-6)
