"""Folds choose a strength by the log-loss of all rows, each scored without its fold."""

import numpy as np
import pytest

from scoreline import LinearClassifier
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.estimators.validation import validate_training_data
from scoreline.runs.lam_folds import FEW_ROWS, CrossValidated, cross_validate, worth_folds
from scoreline.runs.lam_search import TRIED


def data_of(n=100, classes=4, D=30):
    rng = np.random.default_rng(0)
    y = np.arange(n) % classes
    X = rng.normal(size=(classes, D))[y] + 2 * rng.normal(size=(n, D))
    classifier = LinearClassifier(tol=1e-2, random_state=0)
    return classifier, validate_training_data(classifier, X.astype(np.float32), y, None)


def test_the_least_log_loss_of_those_as_good_as_the_best():
    folds = CrossValidated(
        {10.0: 0.5, 1.0: 0.80, 0.1: 0.81, 0.01: 0.80}, {10.0: 0.1, 1.0: 0.7, 0.1: 0.5, 0.01: 0.6}, 1000
    )
    assert folds.lam == 0.1


def test_an_accuracy_that_chance_made_is_no_reason():
    folds = CrossValidated({1.0: 0.805, 0.1: 0.81}, {1.0: 0.5, 0.1: 0.6}, 1000)
    assert folds.lam == 1.0


@pytest.mark.parametrize("classes", [2, 4])
def test_strengths_are_tried_until_weaker_ones_are_no_better(classes):
    folds = cross_validate(*data_of(classes=classes))
    tried = list(folds.accuracy)
    np.testing.assert_array_equal(tried, TRIED[: len(tried)])
    assert len(tried) < len(TRIED)
    assert all(0 <= loss <= np.log(classes) + 0.01 for loss in folds.log_loss.values())
    assert folds == cross_validate(*data_of(classes=classes))


def test_nothing_was_finished():
    def stop(event):
        return Reason.INTERRUPTED if isinstance(event, Evaluated) else None

    assert cross_validate(*data_of(), [stop]) is None


def test_what_is_worth_folds():
    y = np.arange(100) % 4
    assert worth_folds(30, y, 10)
    assert not worth_folds(30, y, FEW_ROWS)
    assert not worth_folds(30, y[:12], 10)
    assert not worth_folds(5000, y, 10)
