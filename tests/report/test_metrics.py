import json
import tracemalloc

import numpy as np
import pytest
from sklearn import metrics as theirs

from scoreline.errors import DataError
from scoreline.report.confused import confusion_counts
from scoreline.report.intervals import wilson_interval
from scoreline.report.metrics import accuracy, evaluate, evaluate_rows
from scoreline.report.row_facts import RowFacts

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 4, 200)
SCORES = RNG.normal(size=(200, 4)) + 1.5 * np.eye(4)[Y]
NAMES = ("a", "b", "c", "d")


def test_figures_are_scikit_learns():
    found = evaluate(Y, SCORES, NAMES, split="test")
    predicted = SCORES.argmax(axis=1)
    assert found.accuracy == theirs.accuracy_score(Y, predicted) == accuracy(Y, predicted)
    np.testing.assert_array_equal(found.confusion, theirs.confusion_matrix(Y, predicted))
    precision, recall, f1, support = theirs.precision_recall_fscore_support(Y, predicted)
    np.testing.assert_allclose([row.precision for row in found.per_class], precision)
    np.testing.assert_allclose([row.recall for row in found.per_class], recall)
    np.testing.assert_allclose([row.f1 for row in found.per_class], f1)
    np.testing.assert_array_equal([row.support for row in found.per_class], support)
    assert found.top_k[3] == theirs.top_k_accuracy_score(Y, SCORES, k=3)


def test_balanced_accuracy_is_scikit_learns():
    found = evaluate(Y, SCORES, NAMES, split="test")
    assert found.balanced_accuracy == pytest.approx(theirs.balanced_accuracy_score(Y, SCORES.argmax(axis=1)))


def test_balanced_accuracy_counts_classes_with_examples_alone():
    found = evaluate(np.array([0, 0, 1]), np.eye(3)[[0, 1, 1]], ("a", "b", "c"), split="test")
    assert found.balanced_accuracy == pytest.approx(0.75)


def test_every_class_has_intervals_for_its_precision_and_recall():
    found = evaluate(Y, SCORES, NAMES, split="test")
    right = np.diag(found.confusion)
    for k, row in enumerate(found.per_class):
        assert row.recall_interval == pytest.approx(wilson_interval(right[k], row.support))
        assert row.precision_interval == pytest.approx(wilson_interval(right[k], found.confusion[:, k].sum()))


def test_two_classes_with_one_score():
    scores = np.array([[-1.0], [2.0], [0.5]])
    found = evaluate(np.array([0, 1, 0]), scores, ("no", "yes"), split="test")
    np.testing.assert_array_equal(found.confusion, [[1, 1], [0, 1]])


def test_calibration_of_certain_and_right():
    y = np.arange(4).repeat(5)
    sure = np.eye(4)[y]
    found = evaluate(y, sure, NAMES, split="test", probabilities=sure)
    assert found.calibration.expected_calibration_error == pytest.approx(0)
    assert found.calibration.log_loss == pytest.approx(0, abs=1e-10)


def test_calibration_of_certain_and_wrong():
    y = np.arange(4).repeat(5)
    sure = np.eye(4)[(y + 1) % 4]
    assert evaluate(y, sure, NAMES, split="t", probabilities=sure).calibration.expected_calibration_error == 1


def test_class_without_examples_is_json_without_nan():
    found = evaluate(np.zeros(3, int), np.eye(3), ("a", "b", "c"), split="test")
    text = json.dumps(found.to_json(), allow_nan=False)
    assert json.loads(text)["per_class"][1]["support"] == 0


def test_confusion_counts_classes_that_are_not_there():
    assert confusion_counts(np.array([0]), np.array([2]), 4).shape == (4, 4)


@pytest.mark.parametrize(
    ("y", "scores"),
    [
        (np.array([0, 1]), np.zeros((3, 4))),
        (np.array([0, 4]), np.zeros((2, 4))),
        (np.array([0, 1]), np.full((2, 4), np.nan)),
        (np.array([], int), np.zeros((0, 4))),
    ],
)
def test_what_does_not_fit(y, scores):
    with pytest.raises(DataError):
        evaluate(y, scores, NAMES, split="test")


def many_classes(C=20_000):
    """Two examples a class; some of the first classes are taken for the next, the first most often."""
    y = np.repeat(np.arange(C), 2)
    predicted = y.copy()
    predicted[:300:2] += 1
    predicted[1] = 1
    nothing = RowFacts(y, predicted, (predicted != y).astype(np.int64), None, None)
    return evaluate_rows(nothing, [f"class {k}" for k in range(C)], split="test")


def test_many_classes_take_no_more_room_than_their_examples():
    tracemalloc.start()
    found = many_classes()
    text = json.dumps(found.to_json())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6  # the matrix would take 3.2e9
    assert len(text) < 60_000
    values = json.loads(text)
    assert values["confusion"] is None
    assert values["n_classes"] == 20_000
    assert values["most_confused"][0] == {"true": "class 0", "predicted": "class 1", "n": 2}
    assert [row["name"] for row in values["per_class"]] == [f"class {k}" for k in range(100)]


def test_worst_classes_and_pairs_are_those_of_the_matrix():
    found = evaluate(Y, SCORES, [str(k) for k in range(SCORES.shape[1])], split="test")
    wrong = found.confusion - np.diag(np.diag(found.confusion))
    pairs = found.most_confused()
    assert [n for _, _, n in pairs] == sorted(wrong[wrong > 0], reverse=True)
    assert all(wrong[true, predicted] == n for true, predicted, n in pairs)
    most = (wrong.sum(axis=0) + wrong.sum(axis=1)).argmax()
    assert found.worst_classes(1) == [most]
    assert found.worst_classes() == list(range(SCORES.shape[1]))
