import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

from scoreline import LinearClassifier
from scoreline.errors import UsageError
from scoreline.report.learning_curve import measure_learning_curve, nested_order
from scoreline.rows import ArrayRows

X, Y = load_digits(return_X_y=True)
TRAIN, TEST = (ArrayRows(X[:1200]), Y[:1200]), (ArrayRows(X[1200:]), Y[1200:])


def measured(classifier=None, train=TRAIN, **how):
    classifier = classifier or LinearClassifier(lam=0.01, standardize=True, random_state=0)
    return measure_learning_curve(classifier, train, TEST, split="test", **how)


# Hinges take long to be exact where the penalty is weak.
@pytest.mark.parametrize(("loss", "lam"), [("softmax", 0.01), ("squared-error", 0.01), ("svm", 0.1)])
def test_points_are_fits_to_parts(loss, lam):
    classifier = LinearClassifier(loss, lam=lam, standardize=True, random_state=0)
    found = measured(classifier)
    order = nested_order(Y[:1200], 0)
    assert [point.n_train for point in found.points] == [150, 300, 600, 1200]
    for point in found.points:
        part = order[: point.n_train]
        wanted = classifier.fit(X[part], Y[part]).score(*(X[1200:], Y[1200:]))
        assert point.accuracy == pytest.approx(wanted, abs=0.01)
        low, high = point.interval
        assert low < point.accuracy < high


def test_the_classifier_stays_as_it_is():
    classifier = LinearClassifier(random_state=0)
    measured(classifier, shares=[0.2])
    assert not hasattr(classifier, "coef_")


@pytest.mark.parametrize("solver", ["sgd"])
def test_other_solvers(solver):
    classifier = LinearClassifier(solver=solver, standardize=True, max_epochs=3, random_state=0)
    found = measured(classifier, shares=[0.5, 1])
    assert len(found.points) == 2
    assert found.points[-1].accuracy > 0.8


def test_twice_the_data():
    found = measured()
    forecast = found.forecast
    assert forecast.n_train == 2400
    assert forecast.low < forecast.gain < forecast.high
    assert forecast.accuracy == pytest.approx(found.points[-1].accuracy + forecast.gain)
    assert "2,400" in found.statement() or "next to nothing" in found.statement()
    values = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert values["points"][0]["n_train"] == 150
    assert all(len(row) == len(found.COLUMNS) for row in found.rows())


def test_one_point_forecasts_nothing():
    found = measured(shares=[1])
    assert found.forecast is None
    assert "Too few" in found.statement()


def test_every_beginning_of_the_order_has_the_shares_of_the_classes():
    y = np.repeat([0, 1, 2], [600, 300, 100])
    order = nested_order(y, 3)
    assert sorted(order) == list(range(1000))
    for n in (50, 100, 500):
        np.testing.assert_allclose(np.bincount(y[order[:n]], minlength=3) / n, [0.6, 0.3, 0.1], atol=1.5 / n * 2)
    assert not np.array_equal(order, nested_order(y, 4))


def test_a_class_of_few_examples_may_come_late():
    rows = np.concatenate([X[:400][Y[:400] < 9], X[:1200][Y[:1200] == 9][:1]])
    y = np.append(Y[:400][Y[:400] < 9], 9)
    found = measured(train=(ArrayRows(rows), y))
    assert len(found.points) == 4


@pytest.mark.parametrize("shares", [[], [0, 1], [0.5, 0.5], [1, 0.5], [0.5, 1.5]])
def test_shares_that_are_none(shares):
    with pytest.raises(UsageError, match="increasing"):
        measured(shares=shares)
