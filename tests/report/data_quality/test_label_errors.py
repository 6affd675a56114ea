import numpy as np
import pytest
from sklearn.datasets import load_digits
from tests.report.data_quality.pictures import split_of

from scoreline import LinearClassifier
from scoreline.errors import DataError
from scoreline.report.data_quality.label_errors import find_label_errors
from scoreline.report.data_quality.label_noise import estimate_label_noise
from scoreline.report.data_quality.out_of_fold import score_out_of_fold
from scoreline.rows import ArrayRows

NAMES = tuple("0123456789")


def planted(seed=0, share=20):
    """Digits of which one in `share` has a wrong label, drawn at random."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    wrong = rng.choice(len(y), len(y) // share, replace=False)
    noisy = y.copy()
    noisy[wrong] = (y[wrong] + rng.integers(1, 10, len(wrong))) % 10
    return X, noisy, wrong


@pytest.mark.parametrize("loss", ["softmax", "squared-error", "svm"])
def test_wrong_labels_come_first(loss):
    X, y, wrong = planted()
    classifier = LinearClassifier(loss, lam=0.01, standardize=True, random_state=0)
    found = find_label_errors(score_out_of_fold(classifier, ArrayRows(X), y), split_of(X, y), NAMES)
    bad = {f"x/{i}.png" for i in wrong}
    first = [item.id in bad for item in found.ranked[: len(wrong)]]
    assert np.mean(first) > 0.8
    suspected = [item.id in bad for item in found.ranked if item.suspected]
    assert len(suspected) == found.n_suspected > len(wrong) // 3
    assert np.mean(suspected) > 0.9
    assert found.n_scored == len(y)
    assert (np.diff([item.confidence for item in found.ranked]) >= 0).all()


@pytest.mark.parametrize("loss", ["softmax", "squared-error"])
def test_many_wrong_labels_do_not_hide_one_another(loss):
    X, y, wrong = planted(share=10)
    classifier = LinearClassifier(loss, lam=0.01, standardize=True, random_state=0)
    found = find_label_errors(score_out_of_fold(classifier, ArrayRows(X), y), split_of(X, y), NAMES)
    bad = {f"x/{i}.png" for i in wrong}
    suspected = [item.id in bad for item in found.ranked if item.suspected]
    assert sum(suspected) > len(wrong) / 2
    assert np.mean(suspected) > 0.85


@pytest.mark.parametrize(("share", "temperature"), [(0.0, 1.0), (0.05, 0.5), (0.12, 3.0)])
def test_the_share_of_wrong_labels_and_the_temperature_are_found(share, temperature):
    rng = np.random.default_rng(0)
    scores = 4 * rng.normal(size=(3000, 6))
    y = (scores / temperature + rng.gumbel(size=scores.shape)).argmax(axis=1)
    wrong = rng.random(3000) < share
    y[wrong] = (y[wrong] + rng.integers(1, 6, wrong.sum())) % 6
    found = estimate_label_noise(scores, y, 1.5 * temperature)
    assert found.share == pytest.approx(share, abs=0.03)
    assert found.temperature == pytest.approx(temperature, rel=0.15)
    assert found.wrong(scores, y).sum() == pytest.approx(wrong.sum(), rel=0.3, abs=10)


def test_scores_are_those_of_classifiers_without_the_fold():
    X, y = np.random.default_rng(0).normal(size=(90, 5)), np.arange(90) % 3  # nothing to learn
    found = score_out_of_fold(LinearClassifier(lam=1e-6, random_state=0), ArrayRows(X), y)
    assert found.scores.shape == (90, 3)
    assert (found.scores.argmax(axis=1) == y).mean() < 0.6


@pytest.mark.parametrize("solver", ["exact", "sgd"])
def test_two_classes_and_any_solver(solver):
    X, y = load_digits(n_class=2, return_X_y=True)
    classifier = LinearClassifier(solver=solver, standardize=True, max_epochs=3, random_state=0)
    found = score_out_of_fold(classifier, ArrayRows(X.astype(np.float16)), y)
    assert found.scores.shape == (len(y), 2)
    assert (found.scores.argmax(axis=1) == y).mean() > 0.98
    assert not hasattr(classifier, "coef_")


def test_classes_of_one_example_are_not_evaluated_and_evaluate_no_other():
    X, y = load_digits(n_class=3, return_X_y=True)
    X, y = np.concatenate([X, X[:1]]), np.append(y, 3)
    found = score_out_of_fold(LinearClassifier(standardize=True, random_state=0), ArrayRows(X), y)
    fold = ~found.scored
    assert fold[-1]  # in whose fold nobody else knows the class
    errors = find_label_errors(found, split_of(X, y), NAMES[:4])
    assert errors.n_scored == len(y) - fold.sum() > 0


def test_copies_are_in_one_fold():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(60, 200)), 2, axis=0)
    y = np.repeat(rng.integers(0, 2, 60), 2)  # nothing to learn but by heart
    classifier = LinearClassifier(lam=1e-6, random_state=0)
    apart = score_out_of_fold(classifier, ArrayRows(X), y)
    together = score_out_of_fold(classifier, ArrayRows(X), y, groups=np.repeat(np.arange(60), 2))
    right = [(found.scores.argmax(axis=1) == y).mean() for found in (apart, together)]
    assert right[0] > 0.8 > right[1]


@pytest.mark.parametrize("y", [[0, 1, 2], [0, 0, 0], []])
def test_nothing_to_divide(y):
    with pytest.raises(DataError, match="folds"):
        score_out_of_fold(LinearClassifier(), ArrayRows(np.zeros((len(y), 2))), np.array(y, dtype=np.int64))
