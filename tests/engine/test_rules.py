"""Learning rates that follow from the data, stopping rules, histories, sanity checks."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.events import Evaluated, Reason, StepDone
from scoreline.engine.history import Epoch, History
from scoreline.engine.learning_rate import largest_eigenvalue, safe_lr, suggest_lr
from scoreline.engine.minibatch import Plan, train
from scoreline.engine.objective import Objective, Standardization
from scoreline.engine.params import Params, zero_params
from scoreline.engine.sanity import check_first_loss, check_overfit
from scoreline.engine.stopping import EarlyStopping, NoProgress, TimeLimit
from scoreline.losses import LOSSES
from scoreline.optimizers import SGD, Adam
from scoreline.penalties import L2
from scoreline.schedules import Constant

RNG = np.random.default_rng(0)


def source(n=200, d=8, n_classes=3):
    X = RNG.normal(size=(n, d)) * np.linspace(0.5, 5, d)
    return MemorySource(X, (X @ RNG.normal(size=(d, n_classes))).argmax(axis=1), n_classes)


def objective(loss="softmax", n_classes=3, lam=1e-2):
    return Objective(LOSSES.build(loss), L2(), np.array([lam]), n_classes)


class TestLearningRate:
    def test_largest_eigenvalue(self):
        X = RNG.normal(size=(300, 20)) * np.linspace(1, 4, 20)
        expected = np.linalg.eigvalsh(X.T @ X / 300)[-1]
        assert 0.9 * expected < largest_eigenvalue(X) <= expected * (1 + 1e-9)

    def test_of_nothing(self):
        assert largest_eigenvalue(np.zeros((5, 3))) == 0

    @pytest.mark.parametrize(
        "loss",
        [
            "softmax",
            "one-vs-all:squared",
            "squared-error",
            "weston-watkins:squared",
            "weston-watkins:squared,average",
        ],
    )
    def test_gradient_descent_at_the_safe_rate_never_rises(self, loss):
        rows, goal = source(), objective(loss)
        lr = safe_lr(goal, rows, rows.n_examples)
        plan = Plan(SGD(), Constant(), np.array([lr]), rows.n_examples, 40, 0)
        told = [
            e.objective[0]
            for e in train(goal, rows, plan, zero_params(1, 3, 8, np.dtype(float)))
            if isinstance(e, StepDone)
        ]
        assert told == sorted(told, reverse=True)

    def test_small_batches_need_smaller_steps(self):
        rows, goal = source(), objective()
        assert safe_lr(goal, rows, 1) < safe_lr(goal, rows, 32) < safe_lr(goal, rows, 200)

    def test_rules_that_rescale_take_their_own(self):
        assert suggest_lr(objective(), source(), Adam(), 32) == 1e-3

    def test_weights_are_repetitions(self):
        rows, times = source(50), RNG.integers(1, 4, 50)
        weighted = MemorySource(rows.X, rows.y, 3, times.astype(float))
        repeated = MemorySource(np.repeat(rows.X, times, axis=0), np.repeat(rows.y, times), 3)
        a, b = (safe_lr(objective(), s, 1000) for s in (weighted, repeated))
        assert a == pytest.approx(b, rel=1e-2)


def evaluated(objective=(1.0,), validation_accuracy=None, validation_loss=(1.0,), mark=0.0):
    K = len(objective)
    return Evaluated(
        1, 1.0, np.array(objective), np.array(objective), np.full(K, 0.5),
        None if validation_accuracy is None else np.array(validation_loss),
        None if validation_accuracy is None else np.array(validation_accuracy),
        np.full(K, 0.1), Params(np.full((K, 1, 1), mark), np.zeros((K, 1))),
    )  # fmt: skip


class TestStopping:
    def test_no_progress_waits_for_its_patience(self):
        rule = NoProgress(tol=0.01, patience=2)
        answers = [rule(evaluated((value,))) for value in (2.0, 1.0, 0.999, 0.998, 0.5, 0.4999, 0.4998)]
        assert answers == [None, None, None, Reason.CONVERGED, None, None, Reason.CONVERGED]

    def test_no_progress_asks_all_configurations(self):
        rule = NoProgress(tol=0.01, patience=1)
        assert rule(evaluated((1.0, 1.0))) is None
        assert rule(evaluated((1.0, 0.5))) is None
        assert rule(evaluated((math.nan, 0.5))) is Reason.CONVERGED

    def test_early_stopping_keeps_the_best_of_each(self):
        rule = EarlyStopping(patience=2)
        for mark, accuracy in enumerate([(0.5, 0.5), (0.6, 0.4), (0.6, 0.7), (0.1, 0.1)]):
            assert rule(evaluated((1.0, 1.0), accuracy, (1.0, 1.0), mark)) is None
        np.testing.assert_array_equal(rule.params.W[:, 0, 0], [1, 2])
        assert rule(evaluated((1.0, 1.0), (0.1, 0.1), (1.0, 1.0))) is Reason.EARLY_STOPPED

    def test_early_stopping_breaks_ties_by_the_loss(self):
        rule = EarlyStopping(patience=None)
        rule(evaluated((1.0,), (0.5,), (2.0,), 1))
        rule(evaluated((1.0,), (0.5,), (1.0,), 2))
        assert rule.params.W[0, 0, 0] == 2

    def test_without_validation_early_stopping_is_silent(self):
        rule = EarlyStopping(patience=1)
        assert [rule(evaluated()) for _ in range(5)] == [None] * 5
        assert rule.params is None

    def test_time_limit(self):
        assert TimeLimit(0)(SimpleNamespace()) is Reason.TIME_LIMIT
        assert TimeLimit(100)(SimpleNamespace()) is None


def test_history_has_the_columns_of_its_configuration():
    history = History(1)
    history(evaluated((1.0, 2.0), (0.3, 0.4), (5.0, 6.0)))
    history(evaluated((1.0, 1.5)))
    columns = history.columns()
    assert tuple(columns) == Epoch._fields
    assert columns["objective"] == [2.0, 1.5]
    assert columns["validation_loss"][0] == 6.0
    assert math.isnan(columns["validation_loss"][1])
    assert len(history) == 2


class TestSanity:
    @pytest.mark.parametrize("loss", LOSSES)
    @pytest.mark.parametrize("n_classes", [2, 3, 10])
    def test_first_loss(self, loss, n_classes):
        rows = source(n_classes=n_classes)
        check = check_first_loss(objective(loss, n_classes), rows, 0)
        assert check.passed, check

    def test_first_loss_sees_labels_that_do_not_belong(self):
        rows = source(n_classes=10)

        class Short(type(objective().loss)):
            def value(self, scores, y):
                return 3 * super().value(scores, y)

        check = check_first_loss(Objective(Short(), L2(), np.array([0.0]), 10), rows, 0)
        assert not check.passed

    @pytest.mark.parametrize("loss", LOSSES)
    def test_a_tiny_subset_can_be_fitted(self, loss):
        check = check_overfit(objective(loss), source(d=30), 0)
        assert check.passed, check

    def test_equal_rows_with_different_labels_cannot(self):
        X = np.ones((40, 5))
        X[::2] = 2
        check = check_overfit(objective(), MemorySource(X, np.arange(40) % 3, 3), 0)
        assert not check.passed
        assert "equal examples" in check.advice

    def test_whatever_the_scale_of_the_features(self):
        rows = source(d=30)
        for scale in (1e-6, 1e6):
            scaled = MemorySource(rows.X * scale, rows.y, 3)
            assert check_overfit(objective(), scaled, 0).passed
            measured = Objective(
                LOSSES.build("softmax"), L2(), np.array([0.0]), 3, True, Standardization.of(scaled)
            )
            assert check_first_loss(measured, scaled, 0).passed
