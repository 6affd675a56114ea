"""Folds choose a strength by the log-loss of all rows, each scored without its fold."""

import numpy as np
import pytest

from scoreline import LinearClassifier
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.estimators.validation import validate_training_data
from scoreline.runs.lam_folds import FEW_ROWS, CrossValidated, cross_validate, evaluate_in_folds, worth_folds
from scoreline.runs.lam_search import STRONGER, TRIED


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


def test_few_rows_of_many_features_want_stronger_ones():
    rng = np.random.default_rng(0)
    common = rng.normal(size=60)
    y = (common + 0.7 * rng.normal(size=60) > 0).astype(int)
    X = common[:, None] + 3 * rng.normal(size=(60, 300))
    classifier = LinearClassifier(tol=1e-2, random_state=0)
    folds = cross_validate(classifier, validate_training_data(classifier, X.astype(np.float32), y, None))
    assert folds.lam == STRONGER[0]
    np.testing.assert_allclose(list(folds.accuracy)[:3], [100, 10**1.5, 10])


@pytest.mark.parametrize(("n", "n_folds"), [(8, 2), (12, 3), (18, 5)])
def test_classes_of_fewer_rows_than_folds(n, n_folds):
    """Of 18, two classes have four rows."""
    folds = cross_validate(*data_of(n=n))
    assert (folds.n_folds, folds.n_rows) == (n_folds, n)


def test_a_given_strength_is_evaluated_as_one_that_is_tried():
    classifier, data = data_of()
    tried, alone = cross_validate(classifier, data), evaluate_in_folds(classifier.set_params(lam=1.0), data)
    assert list(alone.accuracy) == [1.0]
    assert alone.accuracy[1.0] == pytest.approx(tried.accuracy[1.0], abs=0.02)
    assert alone.log_loss[1.0] == pytest.approx(tried.log_loss[1.0], abs=0.01)


def test_mini_batches_have_no_folds():
    classifier, data = data_of()
    assert cross_validate(classifier.set_params(solver="momentum"), data) is None


def test_what_is_worth_folds():
    y = np.arange(100) % 4
    assert worth_folds(30, y, 10)
    assert not worth_folds(30, y, FEW_ROWS)
    assert worth_folds(30, y[:8], 2)
    assert not worth_folds(30, y[:5], 1)  # three classes of one row
    assert worth_folds(20_000, y, 10)
    assert not worth_folds(5000, np.arange(5000) % 4, 10)
    assert not worth_folds(1 << 20, y, 10)
