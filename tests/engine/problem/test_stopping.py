"""Listeners that end a run."""

import math
from types import SimpleNamespace

import numpy as np

from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.stopping import EarlyStopping, NoProgress, TimeLimit


def evaluated(objective=(1.0,), validation_accuracy=None, validation_loss=(1.0,), mark=0.0):
    K = len(objective)
    return Evaluated(
        1, 1.0, np.array(objective), np.array(objective), np.full(K, 0.5),
        None if validation_accuracy is None else np.array(validation_loss),
        None if validation_accuracy is None else np.array(validation_accuracy),
        np.full(K, 0.1), Params(np.full((K, 1, 1), mark), np.zeros((K, 1))),
    )  # fmt: skip


def test_no_progress_waits_for_its_patience():
    rule = NoProgress(tol=0.01, patience=2)
    answers = [rule(evaluated((value,))) for value in (2.0, 1.0, 0.999, 0.998, 0.5, 0.4999, 0.4998)]
    assert answers == [None, None, None, Reason.CONVERGED, None, None, Reason.CONVERGED]


def test_no_progress_asks_all_configurations():
    rule = NoProgress(tol=0.01, patience=1)
    assert rule(evaluated((1.0, 1.0))) is None
    assert rule(evaluated((1.0, 0.5))) is None
    assert rule(evaluated((math.nan, 0.5))) is Reason.CONVERGED


def test_no_progress_evaluates_each_configuration_alone_and_forgets_those_that_leave():
    rule = NoProgress(tol=0.01, patience=2)
    for objective in [(1.0, 1.0, 1.0), (1.0, 0.5, 1.0), (0.9, 0.5, 1.0)]:
        assert rule(evaluated(objective)) is None
    np.testing.assert_array_equal(rule.done, [False, False, True])
    rule.keep(np.array([0, 1]))
    assert rule(evaluated((0.8, 0.5))) is None
    np.testing.assert_array_equal(rule.done, [False, True])


def test_early_stopping_keeps_the_best_of_each():
    rule = EarlyStopping(patience=2)
    for mark, accuracy in enumerate([(0.5, 0.5), (0.6, 0.4), (0.6, 0.7), (0.1, 0.1)]):
        assert rule(evaluated((1.0, 1.0), accuracy, (1.0, 1.0), mark)) is None
    np.testing.assert_array_equal(rule.params.W[:, 0, 0], [1, 2])
    assert rule(evaluated((1.0, 1.0), (0.1, 0.1), (1.0, 1.0))) is Reason.EARLY_STOPPED


def test_early_stopping_breaks_ties_by_the_loss():
    rule = EarlyStopping(patience=None)
    rule(evaluated((1.0,), (0.5,), (2.0,), 1))
    rule(evaluated((1.0,), (0.5,), (1.0,), 2))
    assert rule.params.W[0, 0, 0] == 2


def test_without_validation_early_stopping_is_silent():
    rule = EarlyStopping(patience=1)
    assert [rule(evaluated()) for _ in range(5)] == [None] * 5
    assert rule.params is None


def test_time_limit():
    assert TimeLimit(0)(SimpleNamespace()) is Reason.TIME_LIMIT
    assert TimeLimit(100)(SimpleNamespace()) is None


def test_rising_is_not_idle():
    rule = NoProgress(tol=0.01, patience=2)
    assert [rule(evaluated((value,))) for value in (1.0, 5.0, 3.0, 7.0, 2.0, 9.0)] == [None] * 6


def test_rising_on_and_on_above_the_beginning_is_divergence():
    rule = NoProgress(tol=0.01, patience=3, at_zero=2.0)
    answers = [rule(evaluated((value,))) for value in (1.0, 1.5, 1.9, 2.5, 3.0, 4.0)]
    assert answers == [None] * 5 + [Reason.DIVERGED]


def test_a_configuration_that_rises_leaves_the_others_to_go_on():
    rule = NoProgress(tol=0.01, patience=2, at_zero=1.0)
    for objective in [(2.0, 0.9), (3.0, 0.8), (4.0, 0.7)]:
        assert rule(evaluated(objective)) is None
    np.testing.assert_array_equal(rule.done, [True, False])
    np.testing.assert_array_equal(rule.risen, [True, False])
