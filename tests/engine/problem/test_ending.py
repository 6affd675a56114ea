"""What the end of a run may be called."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from scoreline import LinearClassifier
from scoreline.data.memory import MemorySource
from scoreline.engine.problem.ending import end_reason, is_flat
from scoreline.engine.problem.events import Reason, RunEnded
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.stopping import EarlyStopping
from scoreline.errors import DivergedError
from scoreline.losses import LOSSES
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import PENALTIES

X, Y = (array[:200] for array in load_digits(return_X_y=True))
SOURCE = MemorySource(X.astype(np.float32), Y, 10)


def objective(loss="softmax", penalty="l2", lam=1e-2):
    return Objective(LOSSES.build(loss), PENALTIES.build(penalty), np.array([lam]), 10)


def ended(params, reason=Reason.MAX_EPOCHS, epoch=30):
    return RunEnded(reason, epoch, epoch, params, np.ones(1, bool))


def optimum(**settings):
    model = LinearClassifier(solver="exact", tol=1e-6, **settings).fit(X, Y)
    return Params(model.coef_[None], model.intercept_[None])


@pytest.mark.parametrize("penalty", ["l2", "l1", "elastic-net"])
def test_flat_at_the_optimum_and_nowhere_else(penalty):
    there = optimum(penalty=penalty, lam=1e-2)
    assert is_flat(objective(penalty=penalty), SOURCE, there, 1e-3)
    assert not is_flat(objective(penalty=penalty), SOURCE, zero_params(1, 10, 64, np.dtype(np.float32)), 1e-3)
    assert not is_flat(objective(penalty=penalty), SOURCE, Params(3 * there.W, there.b), 1e-3)


def test_flat_at_the_edge_of_a_ball():
    """The gradient there leads out of the ball, which is no way down."""
    model = LinearClassifier(penalty="max-norm:0.1", solver="gd", max_epochs=3000, tol=0).fit(X, Y)
    there = Params(model.coef_[None], model.intercept_[None])
    assert is_flat(objective(penalty="max-norm:0.1"), SOURCE, there, 1e-3)
    assert not is_flat(objective(penalty="none"), SOURCE, there, 1e-3)


def test_a_warm_start_may_have_been_worse_still():
    zero = zero_params(1, 10, 64, np.dtype(np.float32))
    far = Params(zero.W + np.random.default_rng(0).normal(size=(1, 10, 64)).astype(np.float32), zero.b)
    near = Params(far.W / 2, far.b)
    assert objective().value(near, SOURCE) > np.log(10)
    for start, reason in ((zero, Reason.DIVERGED), (near, Reason.MAX_EPOCHS), (far, Reason.MAX_EPOCHS)):
        assert end_reason(objective(), SOURCE, start, ended(near), 1e-4) is reason
    assert end_reason(objective(), SOURCE, far, ended(near, Reason.CONVERGED), 1e-4) is Reason.STALLED
    assert end_reason(objective(), SOURCE, zero, ended(near, Reason.INTERRUPTED), 1e-4) is Reason.INTERRUPTED


def test_the_first_epochs_may_overshoot():
    zero = zero_params(1, 10, 64, np.dtype(np.float32))
    for size, reason in ((0.01, Reason.MAX_EPOCHS), (10.0, Reason.DIVERGED)):
        there = Params(zero.W, zero.b + size * np.arange(-5, 5, dtype=np.float32) * 30)
        assert objective().value(there, SOURCE) > np.log(10)
        assert end_reason(objective(), SOURCE, zero, ended(there, epoch=2), 1e-4) is reason
        assert end_reason(objective(), SOURCE, zero, ended(there), 1e-4) is Reason.DIVERGED


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("solver", [*OPTIMIZERS, "gd"])
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_no_learning_rate_converges_where_it_is_not_flat(loss, solver, schedule):
    for lr in (1e-6, 1e-2, 10.0, 1e3, 1e6):
        model = LinearClassifier(loss, solver=solver, lr=lr, schedule=schedule, max_epochs=12, random_state=0)
        model.n_iter_no_change = 2
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                model.fit(X, Y)
            except DivergedError:
                assert len(model.history_)
                continue
        at_zero = LOSSES.build(loss).value_at_zero(10)
        assert model.objective_ <= 2 * at_zero * (1 if model.n_iter_ < 5 else 0.5005)
        if model.stop_reason_ is Reason.CONVERGED:
            assert model.objective_ < at_zero
            there = Params(model.coef_[None], model.intercept_[None])
            assert is_flat(objective(loss, lam=1e-4), SOURCE, there, 1e-4)
            assert model.warnings_ == ()
        else:
            assert [warning.category for warning in told] == [ConvergenceWarning]
            assert str(told[0].message) == model.warnings_[0]


def test_early_stopping_does_not_hide_a_divergence():
    with pytest.raises(DivergedError, match="at W = 0 to"):
        LinearClassifier(solver="sgd", lr=1e3, early_stopping=True, n_iter_no_change=1, random_state=0).fit(X, Y)
    assert EarlyStopping(1).params is None


@pytest.mark.parametrize("solver", ["random-search", "random-local-search", "momentum", "gd", "exact"])
def test_every_solver_warns_at_its_limit(solver):
    with pytest.warns(ConvergenceWarning, match=r"stopped after 2 (tries|epochs|iterations)"):
        LinearClassifier(solver=solver, max_epochs=2, tol=1e-10).fit(X, Y)


def test_a_search_that_ends_above_its_beginning_says_so():
    with pytest.warns(ConvergenceWarning, match=r"above the 2\.303 of W = 0"):
        LinearClassifier(solver="random-search", max_epochs=1).fit(1e6 * X, Y)
