"""Rows that lie in no single array, and sparse ones, give what an array gives."""

from functools import partial

import numpy as np
import pytest
from scipy import sparse

from scoreline import LinearClassifier, LinearClassifierCV
from scoreline.errors import DataError
from scoreline.rows import ArrayRows, ConcatRows, SparseRows, SubsetRows

RNG = np.random.default_rng(0)
Y = np.arange(90) % 3
X = np.where(RNG.random((90, 6)) < 0.6, RNG.normal(size=(90, 6)) + 2 * np.eye(3, 6)[Y], 0).astype(np.float32)
TWICE = np.concatenate([X[::-1], X])
KINDS = {
    "array": ArrayRows(X),
    "joined": ConcatRows([ArrayRows(X[:20]), ArrayRows(X[20:])]),
    "some": SubsetRows(ArrayRows(TWICE), np.arange(90, 180)),
    "scattered": SubsetRows(ArrayRows(TWICE), np.arange(89, -1, -1)),
    "sparse rows": SparseRows(sparse.csr_array(X)),
    "some sparse": SubsetRows(SparseRows(sparse.csr_array(TWICE)), np.arange(90, 180)),
    "sparse matrix": sparse.csc_matrix(X),
}
exactly = np.testing.assert_array_equal
#: Sparse products add up in another order.
nearly = partial(np.testing.assert_allclose, rtol=2e-5, atol=1e-6)
every_kind = pytest.mark.parametrize(
    ("rows", "equal"),
    [pytest.param(rows, nearly if "sparse" in name else exactly, id=name) for name, rows in KINDS.items()],
)


@every_kind
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"standardize": True, "class_weight": "balanced"},
        {"solver": "adam", "max_epochs": 3, "random_state": 0},
        {"early_stopping": True, "random_state": 0, "max_epochs": 3, "memory": "4GB"},
        {"solver": "random-search", "max_epochs": 3, "random_state": 0},
    ],
    ids=["exact", "standardised", "adam", "early stopping", "search"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_comes_to_the_same(rows, equal, settings):
    ours, theirs = LinearClassifier(**settings).fit(rows, Y), LinearClassifier(**settings).fit(X, Y)
    equal(ours.coef_, theirs.coef_)
    equal(ours.intercept_, theirs.intercept_)
    assert ours.n_features_in_ == 6
    equal(theirs.decision_function(rows), theirs.decision_function(X))
    np.testing.assert_array_equal(theirs.predict(rows), theirs.predict(X))
    assert theirs.score(rows, Y) == theirs.score(X, Y)


@every_kind
@pytest.mark.parametrize("scoring", [None, "balanced_accuracy"])
def test_a_cross_validation_chooses_alike(rows, equal, scoring):
    cv = LinearClassifierCV(3, cv=3, scoring=scoring)
    ours, theirs = cv.fit(rows, Y).scores_path_, cv.fit(X, Y).scores_path_
    equal(ours, theirs)
    np.testing.assert_array_equal(cv.predict(rows), cv.predict(X))


@every_kind
def test_parts_are_learned_from(rows, equal):
    ours = LinearClassifier(random_state=0).partial_fit(rows, Y, classes=[0, 1, 2])
    theirs = LinearClassifier(random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    equal(ours.coef_, theirs.coef_)


def test_what_is_wrong_with_rows_is_told():
    classifier = LinearClassifier().fit(X, Y)
    with pytest.raises(DataError, match="int64.*float32 or float64"):
        LinearClassifier().fit(ArrayRows(X.astype(np.int64)), Y)
    with pytest.raises(DataError, match="3 axes"):
        LinearClassifier().fit(ArrayRows(X[:, None]), Y)
    with pytest.raises(ValueError, match="inconsistent"):
        LinearClassifier().fit(ArrayRows(X), Y[:-1])
    with pytest.raises(ValueError, match="NaN"):
        LinearClassifier().fit(ArrayRows(np.where(X > 2, np.nan, X)), Y)
    with pytest.raises(ValueError, match="NaN"):
        LinearClassifier().fit(sparse.csr_array(np.where(X > 2, np.nan, X)), Y)
    with pytest.raises(ValueError, match="5 features"):
        classifier.predict(ArrayRows(X[:, :5]))
    with pytest.raises(DataError, match="no rows"):
        classifier.predict(ArrayRows(X[:0]))
