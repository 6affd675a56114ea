"""To scikit-learn and back: the same scores on the same rows."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC

from scoreline import LinearClassifier
from scoreline.errors import UsageError

X, Y = load_iris(return_X_y=True)
ESTIMATORS = [
    LogisticRegression(max_iter=2000),
    LinearSVC(),
    LinearSVC(loss="hinge", max_iter=20_000),
    RidgeClassifier(),
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
        make_pipeline(MinMaxScaler(), LinearSVC()),
        make_pipeline(StandardScaler(), StandardScaler(), LinearSVC()),
    ],
    ids=str,
)
def test_other_estimators_are_refused(estimator):
    with pytest.raises(UsageError, match="came"):
        LinearClassifier.from_sklearn(estimator.fit(X, Y))


@pytest.mark.parametrize(
    "given", [LogisticRegression(), LinearClassifier(), None, "svm", make_pipeline(LinearSVC())]
)
def test_what_is_not_fitted_or_no_estimator_is_refused(given):
    with pytest.raises(UsageError, match="came"):
        LinearClassifier.from_sklearn(given)


@pytest.mark.parametrize("loss", ["softmax", "svm", "squared-error"])
def test_to_scikit_learn(loss):
    own = LinearClassifier(loss).fit(X, Y)
    fitted = own.to_sklearn()
    np.testing.assert_allclose(fitted.decision_function(X), own.decision_function(X), rtol=1e-9)
    assert (fitted.predict(X) == own.predict(X)).all()
