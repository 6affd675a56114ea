"""To scikit-learn and back: the same scores on the same rows."""

import tracemalloc

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC

from scoreline import LinearClassifier
from scoreline.errors import UsageError
from scoreline.estimators.sklearn_models import sklearn_estimator
from scoreline.losses import LOSSES

X, Y = load_iris(return_X_y=True)
ESTIMATORS = [
    LogisticRegression(max_iter=2000),
    LinearSVC(),
    LinearSVC(loss="hinge", max_iter=20_000),
    RidgeClassifier(),
    LinearDiscriminantAnalysis(),
    SGDClassifier(random_state=0),
    SGDClassifier(loss="log_loss", random_state=0),
    LogisticRegression(fit_intercept=False, max_iter=2000),
    make_pipeline(StandardScaler(), LogisticRegression()),
    make_pipeline(StandardScaler(with_mean=False), LinearSVC()),
    make_pipeline(StandardScaler(with_std=False), RidgeClassifier()),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_from_scikit_learn(estimator, n_classes):
    rows, labels = X[n_classes * 50 > np.arange(150)], np.array(["c", "a", "b"])[Y[: n_classes * 50]]
    fitted = estimator.fit(rows, labels)
    own = LinearClassifier.from_sklearn(fitted)
    np.testing.assert_allclose(own.decision_function(rows), fitted.decision_function(rows), rtol=1e-9, atol=1e-9)
    assert (own.predict(rows) == fitted.predict(rows)).all()
    if own.loss == "softmax":
        np.testing.assert_allclose(own.predict_proba(rows), fitted.predict_proba(rows), atol=1e-9)
    back = own.to_sklearn()
    np.testing.assert_allclose(back.decision_function(rows), fitted.decision_function(rows), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "estimator",
    [
        GaussianNB(),
        SVC(),
        LinearRegression(),
        SGDClassifier(loss="modified_huber"),
        Perceptron(),
        make_pipeline(MinMaxScaler(), LinearSVC()),
        make_pipeline(StandardScaler(), StandardScaler(), LinearSVC()),
    ],
    ids=str,
)
def test_other_estimators_are_refused(estimator):
    with pytest.raises(UsageError, match="came"):
        LinearClassifier.from_sklearn(estimator.fit(X, Y))


def test_sparse_weights():
    fitted = LogisticRegression(max_iter=2000).fit(X, Y)
    wanted = fitted.decision_function(X)
    own = LinearClassifier.from_sklearn(fitted.sparsify())
    np.testing.assert_allclose(own.decision_function(X), wanted, rtol=1e-9)


def test_logistic_regression_of_each_class_by_itself_has_no_softmax():
    fitted = LogisticRegression(max_iter=2000).fit(X, Y)
    fitted.multi_class = "ovr"  # as scikit-learn had it until 1.7
    assert LinearClassifier.from_sklearn(fitted).loss == "one-vs-all"


@pytest.mark.parametrize(
    "given", [LogisticRegression(), LinearClassifier(), None, "svm", make_pipeline(LinearSVC())]
)
def test_what_is_not_fitted_or_no_estimator_is_refused(given):
    with pytest.raises(UsageError, match="came"):
        LinearClassifier.from_sklearn(given)


@pytest.mark.parametrize("loss", ["softmax", "svm", "squared-error"])
def test_to_scikit_learn(loss):
    X, Y = load_iris(return_X_y=True, as_frame=True)
    own = LinearClassifier(loss).fit(X, Y)
    fitted = own.to_sklearn()
    assert list(fitted.feature_names_in_) == list(X.columns)
    np.testing.assert_allclose(fitted.decision_function(X), own.decision_function(X), rtol=1e-9)
    assert (fitted.predict(X) == own.predict(X)).all()


@pytest.mark.parametrize("loss", ["softmax", "svm", "squared-error"])
def test_many_classes_take_no_matrix_of_classes_by_classes(loss):
    n = 3000
    coef, names = np.random.default_rng(0).normal(size=(n, 4)), np.random.default_rng(1).permutation(n)
    tracemalloc.start()
    try:
        fitted = sklearn_estimator(coef, np.zeros(n), names, LOSSES.build(loss))
        assert tracemalloc.get_traced_memory()[1] < 8e6
    finally:
        tracemalloc.stop()
    assert (fitted.predict(X[:50]) == names[(X[:50] @ coef.T).argmax(axis=1)]).all()
