"""LinearClassifierCV: the choice of a grid search, in one sweep a fold."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scoreline import LinearClassifier, LinearClassifierCV
from scoreline.errors import DataError, DivergedError, MismatchError, UsageError
from scoreline.optimizers import Momentum

X, Y = load_digits(return_X_y=True)
X, Y = X[:500], Y[:500]
LAMS = [1e-4, 1e-2, 1.0]


@pytest.fixture(scope="module")
def exact():
    return LinearClassifierCV(LAMS, standardize=True, cv=3, tol=1e-8).fit(X, Y)


@pytest.fixture(scope="module")
def stacked():
    return LinearClassifierCV(
        LAMS, [1e-3, 1e-1], solver="momentum", max_epochs=10, standardize=True, cv=3, random_state=0
    ).fit(X, Y)


class TestIsAGridSearch:
    def test_exact(self, exact):
        search = GridSearchCV(LinearClassifier(standardize=True, tol=1e-8), {"lam": LAMS}, cv=3).fit(X, Y)
        np.testing.assert_allclose(exact.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"])
        assert exact.best_params_ == {"lam": search.best_params_["lam"], "lr": None}
        assert exact.best_score_ == pytest.approx(search.best_score_)
        np.testing.assert_allclose(exact.coef_, search.best_estimator_.coef_)

    def test_mini_batches(self, stacked):
        grid = {"lam": LAMS, "lr": [1e-3, 1e-1]}
        common = {"solver": "momentum", "max_epochs": 10, "standardize": True, "random_state": 0}
        search = GridSearchCV(LinearClassifier(**common), grid, cv=3).fit(X, Y)
        for name in ("split0_test_score", "split2_test_score", "mean_test_score", "std_test_score"):
            np.testing.assert_allclose(stacked.cv_results_[name], search.cv_results_[name])
        assert stacked.cv_results_["params"] == search.cv_results_["params"]
        assert stacked.best_params_ == search.best_params_
        np.testing.assert_array_equal(stacked.predict(X), search.predict(X))


def test_attributes(stacked):
    results = stacked.cv_results_
    assert stacked.scores_path_.shape == (3, 3, 2)
    np.testing.assert_array_equal(stacked.scores_path_.mean(axis=0).ravel(), results["mean_test_score"])
    assert results["params"][results["rank_test_score"].argmin()] == stacked.best_params_
    assert sorted(results["rank_test_score"]) == [1, 2, 3, 4, 5, 6]
    assert (stacked.lam_, stacked.lr_) == tuple(stacked.best_params_.values())
    assert stacked.coef_.shape == (10, 64)
    assert stacked.intercept_.shape == (10,)
    np.testing.assert_array_equal(stacked.classes_, np.arange(10))
    np.testing.assert_array_equal(stacked.lams_, LAMS)


def test_what_it_predicts_is_its_best_estimators(exact):
    best = LinearClassifier(standardize=True, tol=1e-8, lam=exact.lam_).fit(X, Y)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        np.testing.assert_allclose(getattr(exact, method)(X), getattr(best, method)(X), rtol=1e-9)
    assert exact.score(X, Y) == best.score(X, Y) > 0.95
    assert exact.lr_ is None


@pytest.mark.parametrize(("given", "count"), [(4, 4), ("1e-3:1:3", 3), (np.array([0.1, 0.2]), 2), ((0.05,), 1)])
def test_ranges(given, count):
    fitted = LinearClassifierCV(given, given, solver="sgd", max_epochs=1, cv=2, refit=False).fit(X, Y)
    assert fitted.scores_path_.shape == (2, count, count)


def test_splitters():
    for cv in (KFold(4, shuffle=True, random_state=0), list(StratifiedKFold(4).split(X, Y)), 4):
        fitted = LinearClassifierCV([1e-2], solver="momentum", max_epochs=1, cv=cv, refit=False).fit(X, Y)
        assert fitted.scores_path_.shape == (4, 1, 1)


def test_without_refit_there_is_nothing_to_predict_with():
    fitted = LinearClassifierCV([1e-2], solver="momentum", max_epochs=1, cv=2, refit=False).fit(X, Y)
    assert fitted.lam_ == 1e-2
    with pytest.raises(NotFittedError, match="refit=True"):
        fitted.predict(X)


def test_probabilities_where_the_loss_has_them():
    assert not hasattr(LinearClassifierCV(loss="svm"), "predict_proba")
    assert hasattr(LinearClassifierCV(), "predict_proba")


def test_halving_drops_what_is_hopeless_and_finds_the_same():
    common = {"solver": Momentum(), "max_epochs": 10, "batch_size": 32, "cv": 2, "random_state": 0}
    lrs = [1e-6, 1e-5, 1e-4, 1e-3]
    whole = LinearClassifierCV([1e-2], lrs, **common).fit(X, Y)
    halved = LinearClassifierCV([1e-2], lrs, halving=2, **common).fit(X, Y)
    assert halved.best_params_ == whole.best_params_ == {"lam": 1e-2, "lr": 1e-3}
    assert (halved.scores_path_[:, 0, :2] != whole.scores_path_[:, 0, :2]).any()
    np.testing.assert_array_equal(halved.scores_path_[:, 0, 3], whole.scores_path_[:, 0, 3])


def test_what_diverges_is_no_choice():
    common = {"loss": "squared-error", "solver": "sgd", "max_epochs": 5, "cv": 2, "standardize": True}
    fitted = LinearClassifierCV([1e-2], [1e-3, 1e4], **common).fit(X, Y)
    assert fitted.lr_ == 1e-3
    np.testing.assert_array_equal(np.isnan(fitted.scores_path_[:, 0]), [[False, True]] * 2)
    assert fitted.cv_results_["rank_test_score"].tolist() == [1, 2]
    with pytest.raises(DivergedError, match="All 1 points"):
        LinearClassifierCV([1e-2], [1e4], **common).fit(X, Y)


def test_weights_count_in_judging_too():
    some = np.arange(len(Y)) % 3 > 0
    weight = some.astype(float)
    fitted = LinearClassifierCV([1e-2, 1.0], cv=2, standardize=True, tol=1e-9).fit(X, Y, weight)
    folds = [(train[some[train]], test[some[test]]) for train, test in StratifiedKFold(2).split(X, Y)]
    scores = [
        LinearClassifier(lam=fitted.lam_, standardize=True, tol=1e-9)
        .fit(X[train], Y[train])
        .score(X[test], Y[test])
        for train, test in folds
    ]
    assert fitted.best_score_ == pytest.approx(np.mean(scores))
    alone = np.where(np.isin(np.arange(len(Y)), folds[0][1]), 1.0, 0.0)
    with pytest.raises(DataError, match="without weight"):
        LinearClassifierCV([1e-2], cv=2).fit(X, Y, alone)


def test_in_a_pipeline_and_with_named_columns_and_classes():
    frame, names = pd.DataFrame(X, columns=[f"p{i}" for i in range(64)]), np.array(list("abcdefghij"))[Y]
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), LinearClassifierCV([1e-2], cv=2))
    pipeline.fit(frame, names)
    assert pipeline.score(frame, names) > 0.95
    assert pipeline[-1].feature_names_in_[0] == "p0"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"lams": "1:2"}, UsageError),
        ({"lrs": "fast"}, UsageError),
        ({"solver": "random-search"}, MismatchError),
        ({"solver": "exact", "penalty": "max-norm"}, MismatchError),
    ],
)
def test_wrong_use(changes, error):
    with pytest.raises(error):
        LinearClassifierCV(**changes).fit(X, Y)
