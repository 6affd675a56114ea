"""LinearClassifierCV: the choice of a grid search, in one sweep a fold."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer, make_scorer, matthews_corrcoef
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scoreline import LinearClassifier, LinearClassifierCV
from scoreline.errors import DataError, DivergedError, MismatchError, UnknownNameError, UsageError
from scoreline.estimators.folds import split_folds
from scoreline.estimators.validation import validate_training_data
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


def test_weights_count_in_evaluating_too():
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


class TestFolds:
    def test_of_one_class_are_told_before_anything_is_trained(self):
        order = np.argsort(Y < 5, kind="stable")
        with pytest.raises(
            DataError, match=r"rows to train on in fold 1 .* only one class, 'small'.*shuffle=True"
        ):
            LinearClassifierCV(3, cv=KFold(2)).fit(X[order], np.where(Y[order] < 5, "small", "large"))

    def test_of_one_class_with_a_weight(self):
        weight = np.where(np.arange(len(Y)) < 250, 1.0, Y == 3)
        with pytest.raises(DataError, match="only one class with a weight above 0, 3"):
            LinearClassifierCV(3, cv=KFold(2)).fit(X, Y, weight)

    @pytest.mark.parametrize(
        ("folds", "message"),
        [
            ([], "cv gives no folds"),
            ([(np.arange(400), [])], "Fold 1 of the cross-validation has no rows to evaluate by"),
            ([(np.arange(400), [500])], "has row 500 of 500 to evaluate by"),
        ],
    )
    def test_that_cannot_be(self, folds, message):
        with pytest.raises(DataError, match=message):
            LinearClassifierCV(3, cv=folds).fit(X, Y)

    def test_as_masks_and_as_a_generator(self):
        settings = {"solver": "momentum", "max_epochs": 1, "random_state": 0, "refit": False}
        places = [(train, test) for train, test in KFold(3).split(X)]
        expected = LinearClassifierCV([1e-2], cv=places, **settings).fit(X, Y).scores_path_
        masks = [(np.isin(np.arange(500), train), np.isin(np.arange(500), test)) for train, test in places]
        for cv in (masks, (pair for pair in places), None):
            found = LinearClassifierCV([1e-2], cv=cv, **settings).fit(X, Y).scores_path_
            if cv is not None:
                np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("cv", [1, 0, "five", 5.5])
    def test_no_number_of_folds(self, cv):
        with pytest.raises(ValueError, match="cv|n_splits|k-fold"):
            LinearClassifierCV(3, cv=cv).fit(X, Y)


GROUPS = np.arange(len(Y)) // 25


class TestGroups:
    def test_splitters_of_groups(self):
        ours = LinearClassifierCV(LAMS, cv=GroupKFold(4), standardize=True, tol=1e-8).fit(X, Y, groups=GROUPS)
        theirs = GridSearchCV(LinearClassifier(standardize=True, tol=1e-8), {"lam": LAMS}, cv=GroupKFold(4))
        theirs.fit(X, Y, groups=GROUPS)
        for fold in range(4):
            name = f"split{fold}_test_score"
            np.testing.assert_allclose(ours.cv_results_[name], theirs.cv_results_[name])

    @pytest.mark.parametrize("cv", [3, None])
    def test_a_number_of_folds_keeps_groups_together(self, cv):
        data = validate_training_data(LinearClassifier(), X, Y, None)
        folds = split_folds(cv, data, {"groups": GROUPS})
        assert len(folds) == (cv or 5)
        assert not any(set(GROUPS[fold.train]) & set(GROUPS[fold.test]) for fold in folds)
        LinearClassifierCV([1e-2], cv=cv, solver="momentum", max_epochs=1).fit(X, Y, groups=GROUPS)

    def test_wrong(self):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            LinearClassifierCV(3, cv=GroupKFold(3)).fit(X, Y, groups=GROUPS[:-1])
        with pytest.raises(ValueError, match="'groups' parameter should not be None"):
            LinearClassifierCV(3, cv=GroupKFold(3)).fit(X, Y)
        with pytest.raises(ValueError, match="enable_metadata_routing"):
            LinearClassifierCV(3).fit(X, Y, patients=GROUPS)


class TestScoring:
    @pytest.mark.parametrize(
        "scoring",
        [
            "f1_macro",
            "balanced_accuracy",
            "neg_log_loss",
            "roc_auc_ovr",
            "top_k_accuracy",
            make_scorer(matthews_corrcoef),
            pytest.param(lambda model, X, y: -abs(model.decision_function(X)).mean(), id="a function"),
        ],
    )
    def test_is_a_grid_search(self, scoring):
        ours = LinearClassifierCV(LAMS, cv=3, scoring=scoring, tol=1e-8).fit(X / 16, Y)
        theirs = GridSearchCV(LinearClassifier(tol=1e-8), {"lam": LAMS}, cv=3, scoring=scoring).fit(X / 16, Y)
        np.testing.assert_allclose(
            ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], rtol=2e-3
        )
        assert ours.lam_ == theirs.best_params_["lam"]
        assert ours.score(X / 16, Y) == pytest.approx(theirs.score(X / 16, Y), rel=1e-2)

    def test_accuracy_is_the_default(self, exact):
        named = LinearClassifierCV(LAMS, standardize=True, cv=3, tol=1e-8, scoring="accuracy").fit(X, Y)
        np.testing.assert_allclose(named.scores_path_, exact.scores_path_)
        assert named.score(X, Y) == exact.score(X, Y)

    def test_on_mini_batches_with_weights(self):
        weight = np.where(Y < 5, 3.0, 1.0)
        settings = {"solver": "momentum", "max_epochs": 5, "standardize": True, "cv": 2, "random_state": 0}
        built_in = LinearClassifierCV([1e-4, 1.0], [1e-3, 1e-2], **settings).fit(X, Y, weight)
        named = LinearClassifierCV([1e-4, 1.0], [1e-3, 1e-2], scoring="accuracy", **settings).fit(X, Y, weight)
        np.testing.assert_allclose(named.scores_path_, built_in.scores_path_)
        assert named.score(X, Y, weight) == pytest.approx(built_in.score(X, Y, sample_weight=weight))
        unweighted = LinearClassifierCV([1.0], scoring=lambda model, X, y: model.score(X, y), cv=2)
        assert 0 < unweighted.fit(X, Y, weight).best_score_ < 1

    def test_misspelt(self):
        with pytest.raises(UnknownNameError, match="no scoring called 'f1_makro'.*write 'f1_m[ai]cro'"):
            LinearClassifierCV(scoring="f1_makro").fit(X, Y)

    def test_what_a_loss_does_not_have_is_told_before_anything_is_trained(self, monkeypatch):
        monkeypatch.setattr("scoreline.estimators.linear_cv.sweep_grid", None)
        with pytest.raises(MismatchError, match="loss='svm' does not have.*loss='softmax'"):
            LinearClassifierCV(loss="svm", scoring="neg_log_loss").fit(X, Y)
        with pytest.raises(ValueError, match="average"):
            LinearClassifierCV(scoring="f1").fit(X, Y)

    def test_without_a_finite_score(self):
        with pytest.raises(DataError, match="no finite score"):
            LinearClassifierCV([1e-2], cv=2, scoring=lambda model, X, y: np.nan).fit(X, Y)

    def test_diverged_points_have_none(self):
        common = {"loss": "squared-error", "solver": "sgd", "max_epochs": 5, "cv": 2, "standardize": True}
        fitted = LinearClassifierCV([1e-2], [1e-3, 1e4], scoring="f1_macro", **common).fit(X, Y)
        assert fitted.lr_ == 1e-3
        assert np.isnan(fitted.scores_path_[:, 0, 1]).all()


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
class TestMetadataRouting:
    def test_groups_and_weights_find_their_way(self):
        weight = np.where(Y < 5, 3.0, 1.0)
        scorer = get_scorer("f1_macro").set_score_request(sample_weight=True)
        model = LinearClassifierCV([1e-2, 1.0], cv=GroupKFold(3), scoring=scorer, solver="momentum", max_epochs=3)
        model.set_fit_request(sample_weight=True).set_params(random_state=0)
        with config_context(enable_metadata_routing=False):
            plain = clone(model).set_params(scoring="f1_macro").fit(X, Y, weight, groups=GROUPS)
            score = plain.score(X, Y, weight)
        np.testing.assert_allclose(model.fit(X, Y, weight, groups=GROUPS).scores_path_, plain.scores_path_)
        assert model.score(X, Y, weight) == pytest.approx(score)

    def test_through_other_routers(self):
        model = LinearClassifierCV([1e-2], cv=3, solver="momentum", max_epochs=1).set_fit_request(
            sample_weight=True
        )
        model.set_score_request(sample_weight=True)
        given = {"groups": GROUPS, "sample_weight": np.ones(len(Y))}
        assert len(cross_validate(model, X, Y, cv=GroupKFold(3), params=given)["test_score"]) == 3

    def test_what_nobody_asked_for(self):
        with pytest.raises(TypeError, match="cameras"):
            LinearClassifierCV([1e-2], cv=3).fit(X, Y, cameras=GROUPS)
