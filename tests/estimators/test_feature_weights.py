"""Features that count more or less than others."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from scoreline import LinearClassifier, LinearClassifierCV
from scoreline.errors import DataError

X, Y = load_iris(return_X_y=True)
WEIGHTS = np.array([1.0, 0.5, 4.0, 0.1])


def test_weights_are_features_multiplied_by_them():
    weighted = LinearClassifier(lam=1e-2, feature_weights=WEIGHTS, tol=1e-9).fit(X, Y)
    multiplied = LinearClassifier(lam=1e-2, tol=1e-9).fit(X * WEIGHTS, Y)
    assert weighted.objective_ == pytest.approx(multiplied.objective_, rel=1e-8)
    np.testing.assert_allclose(weighted.coef_, multiplied.coef_ * WEIGHTS, atol=1e-3)


def test_they_come_after_standardisation():
    standardised = (X - X.mean(axis=0)) / X.std(axis=0)
    weighted = LinearClassifier(lam=1e-2, feature_weights=WEIGHTS, standardize=True, tol=1e-9).fit(X, Y)
    by_hand = LinearClassifier(lam=1e-2, feature_weights=WEIGHTS, tol=1e-9).fit(standardised, Y)
    assert weighted.objective_ == pytest.approx(by_hand.objective_, rel=1e-8)


def test_the_search_hands_them_on():
    searched = LinearClassifierCV([1e-2], feature_weights=WEIGHTS, cv=3, tol=1e-9).fit(X, Y)
    alone = LinearClassifier(lam=1e-2, feature_weights=WEIGHTS, tol=1e-9).fit(X, Y)
    np.testing.assert_allclose(searched.coef_, alone.coef_, atol=1e-4)


@pytest.mark.parametrize("weights", [[1, 2], [1, 1, 0, 1], [1, 1, 1, np.inf], [[1, 1, 1, 1]]])
def test_weights_that_do_not_fit(weights):
    with pytest.raises(DataError, match="feature_weights came with shape"):
        LinearClassifier(feature_weights=weights).fit(X, Y)
