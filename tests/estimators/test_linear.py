"""LinearClassifier: parity with scikit-learn, and what its checks do not look at."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from scoreline import LinearClassifier
from scoreline.engine.problem.events import Reason, StepDone
from scoreline.errors import DataError, DivergedError, MismatchError, UnknownNameError
from scoreline.losses import Softmax, WestonWatkins
from scoreline.optimizers import OPTIMIZERS, Adam
from scoreline.penalties import L2

LAM = 1e-3


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="module")
def two_classes():
    return make_classification(300, 12, n_informative=6, random_state=0)


def objective(loss, coef, intercept, X, y, lam):
    scores = X @ coef.T + intercept
    return loss.value(scores, y).mean() + lam * np.square(coef).sum()


class TestParity:
    """At convergence the numbers are scikit-learn's: objective to 1e-9 (relative), coefficients to 1e-4."""

    def test_softmax_is_logistic_regression(self, digits):
        X, y = digits
        ours = LinearClassifier(lam=LAM, tol=1e-13).fit(X, y)
        theirs = LogisticRegression(C=1 / (2 * LAM * len(X)), tol=1e-10, max_iter=5000).fit(X, y)
        best = objective(Softmax(), theirs.coef_, theirs.intercept_, X, y, LAM)
        assert ours.objective_ == pytest.approx(best, rel=1e-9)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)

    def test_two_classes_is_logistic_regression_with_one_row(self, two_classes):
        X, y = two_classes
        ours = LinearClassifier(lam=LAM, tol=1e-14).fit(X, y)
        theirs = LogisticRegression(C=1 / (2 * LAM * len(X)), tol=1e-10, max_iter=5000).fit(X, y)
        assert ours.coef_.shape == theirs.coef_.shape == (1, 12)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
        np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)

    @pytest.mark.parametrize("classes", [2, 10])
    def test_squared_hinge_is_linear_svc(self, digits, classes):
        X, y = digits
        X, y = X[y < classes], y[y < classes]
        # LinearSVC penalises the bias, so that neither side has one.
        ours = LinearClassifier("squared-hinge", lam=LAM, tol=1e-14, fit_intercept=False).fit(X, y)
        theirs = LinearSVC(C=1 / (2 * LAM * len(X)), fit_intercept=False, dual=False, tol=1e-10, max_iter=20000)
        theirs.fit(X, y)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)

    def test_squared_error_is_ridge(self, digits):
        X, y = digits
        ours = LinearClassifier("squared-error", lam=LAM, tol=1e-14).fit(X, y)
        theirs = RidgeClassifier(alpha=LAM * len(X)).fit(X, y)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)

    @pytest.mark.parametrize(("solver", "lr"), [("momentum", None), ("nesterov", None), ("adam", 0.01)])
    def test_mini_batches_come_near_the_optimum(self, digits, solver, lr):
        X, y = digits
        exact = LinearClassifier(lam=1e-2, tol=1e-10).fit(X, y)
        near = LinearClassifier(lam=1e-2, solver=solver, lr=lr, tol=0, random_state=0, max_epochs=100).fit(X, y)
        assert exact.objective_ < near.objective_ < 1.02 * exact.objective_


class TestInterface:
    def test_weights_equal_repeated_rows(self, digits):
        X, y = digits[0][:300], digits[1][:300]
        times = np.random.default_rng(0).integers(0, 3, 300)
        weighted = LinearClassifier(lam=LAM, tol=1e-14).fit(X, y, sample_weight=times)
        repeated = LinearClassifier(lam=LAM, tol=1e-14).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
        np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-5)

    def test_class_weight_is_sample_weight(self, two_classes):
        X, y = two_classes
        by_class = LinearClassifier(class_weight={0: 3.0, 1: 1.0}, tol=1e-12).fit(X, y)
        by_row = LinearClassifier(tol=1e-12).fit(X, y, sample_weight=np.where(y == 0, 3.0, 1.0))
        np.testing.assert_allclose(by_class.coef_, by_row.coef_, atol=1e-8)

    def test_string_labels(self, digits):
        X, y = digits
        names = np.array([f"digit {label}" for label in y])
        classifier = LinearClassifier(lam=LAM).fit(X, names)
        assert classifier.classes_[0] == "digit 0"
        assert classifier.score(X, names) > 0.98

    @pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
    def test_data_frames_keep_their_names(self, two_classes, frame):
        X, y = two_classes
        table = frame({f"f{i}": X[:, i] for i in range(X.shape[1])})
        classifier = LinearClassifier().fit(table, y)
        assert list(classifier.feature_names_in_) == [f"f{i}" for i in range(12)]
        np.testing.assert_array_equal(classifier.predict(table), LinearClassifier().fit(X, y).predict(X))

    @pytest.mark.parametrize(
        ("given", "kept"), [(np.float32, np.float32), (np.float64, np.float64), (np.uint8, np.float32)]
    )
    def test_dtype_of_weights(self, given, kept):
        X, y = load_digits(return_X_y=True)
        for solver in ("exact", "adam"):
            classifier = LinearClassifier(solver=solver, max_epochs=200, lam=0.1, tol=1e-3).fit(X.astype(given), y)
            assert classifier.coef_.dtype == classifier.intercept_.dtype == kept

    def test_bytes_are_read_where_they_lie(self):
        X, y = load_digits(return_X_y=True)
        small = LinearClassifier(lam=LAM, standardize=True, tol=1e-12).fit(X.astype(np.uint8), y)
        large = LinearClassifier(lam=LAM, standardize=True, tol=1e-12).fit(X, y)
        np.testing.assert_allclose(small.coef_, large.coef_, atol=1e-4)

    def test_standardize_equals_scaling_before(self, digits):
        X, y = load_digits(return_X_y=True)
        inside = LinearClassifier(lam=LAM, standardize=True, tol=1e-13).fit(X, y)
        outside = LinearClassifier(lam=LAM, tol=1e-13).fit(*digits)
        assert inside.objective_ == pytest.approx(outside.objective_, rel=1e-9)
        np.testing.assert_allclose(inside.decision_function(X), outside.decision_function(digits[0]), atol=1e-3)

    def test_probabilities_only_where_the_loss_has_them(self, digits):
        X, y = digits
        softmax = LinearClassifier(lam=LAM).fit(X, y)
        np.testing.assert_allclose(softmax.predict_proba(X).sum(axis=1), 1)
        np.testing.assert_allclose(np.exp(softmax.predict_log_proba(X)), softmax.predict_proba(X))
        assert not hasattr(LinearClassifier(loss="squared-hinge"), "predict_proba")

    def test_grid_search_and_pipeline(self, digits):
        X, y = digits[0][:400], digits[1][:400]
        search = GridSearchCV(
            make_pipeline(StandardScaler(), LinearClassifier()), {"linearclassifier__lam": [1e-3, 1.0]}
        )
        search.fit(X, y)
        assert search.best_params_ == {"linearclassifier__lam": 1e-3}

    def test_clone_keeps_parts(self):
        classifier = LinearClassifier(loss=WestonWatkins(margin=2.0), penalty=L2(), solver=Adam(beta1=0.8))
        copy = clone(classifier)
        assert copy.loss == classifier.loss
        assert copy.solver == classifier.solver

    def test_parts_by_name_and_by_instance_are_the_same(self, two_classes):
        X, y = two_classes
        named = LinearClassifier("weston-watkins:squared", solver="adam:beta1=0.8", max_epochs=3, random_state=0)
        made = LinearClassifier(WestonWatkins(squared=True), solver=Adam(beta1=0.8), max_epochs=3, random_state=0)
        np.testing.assert_array_equal(named.fit(X, y).coef_, made.fit(X, y).coef_)

    def test_same_seed_same_bits(self, digits):
        X, y = digits
        fits = [
            LinearClassifier(solver="sgd", max_epochs=3, dropout=0.3, random_state=seed).fit(X, y)
            for seed in (1, 1, 2)
        ]
        np.testing.assert_array_equal(fits[0].coef_, fits[1].coef_)
        assert not np.array_equal(fits[0].coef_, fits[2].coef_)

    def test_warm_start_goes_on(self, digits):
        X, y = digits
        classifier = LinearClassifier(lam=LAM, warm_start=True, tol=1e-8).fit(X, y)
        first = classifier.n_iter_
        assert classifier.fit(X, y).n_iter_ < first / 2

    def test_warm_start_with_standardize(self):
        X, y = load_digits(return_X_y=True)
        classifier = LinearClassifier(lam=LAM, warm_start=True, standardize=True, tol=1e-8).fit(X, y)
        first = classifier.n_iter_
        assert classifier.fit(X, y).n_iter_ < first / 2


class TestPartialFit:
    def test_learns_in_parts(self, digits):
        X, y = digits
        classifier = LinearClassifier(solver="sgd", lr=0.05, random_state=0)
        for _ in range(20):
            for part in np.array_split(np.arange(len(X)), 3):
                classifier.partial_fit(X[part], y[part], classes=np.arange(10))
        assert classifier.score(X, y) > 0.93
        assert classifier.n_iter_ == 60

    def test_optimizer_state_is_kept(self, two_classes):
        X, y = two_classes
        settings = {"solver": "momentum", "lr": 1e-3, "batch_size": 1000, "random_state": 0}
        parts = LinearClassifier(**settings)
        for _ in range(5):
            parts.partial_fit(X, y, classes=[0, 1])
        whole = LinearClassifier(**settings, max_epochs=5, schedule="constant", tol=0).fit(X, y)
        np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=1e-12)

    @pytest.mark.parametrize(
        "settings",
        [{"standardize": True}, {"class_weight": "balanced"}, {"solver": "exact"}, {"early_stopping": True}],
    )
    def test_is_not_there_where_the_whole_data_are_needed(self, settings):
        assert not hasattr(LinearClassifier(**settings), "partial_fit")

    def test_unknown_label(self, two_classes):
        X, y = two_classes
        classifier = LinearClassifier(solver="sgd").partial_fit(X, y, classes=[0, 1])
        with pytest.raises(DataError, match="The label 2 is not among the classes"):
            classifier.partial_fit(X, np.full(len(X), 2))


class TestErrors:
    def test_one_class(self):
        with pytest.raises(DataError, match="only one class"):
            LinearClassifier().fit(np.ones((5, 2)), np.zeros(5))

    def test_one_class_with_weight(self):
        with pytest.raises(DataError, match="only one class with a weight above 0, 1"):
            LinearClassifier().fit(np.eye(4), [0, 1, 1, 1], sample_weight=[0, 1, 1, 1])

    @pytest.mark.parametrize(
        "settings", [{"loss": "sofmax"}, {"penalty": "max-nrm"}, {"solver": "adem"}, {"schedule": "cosin"}]
    )
    def test_unknown_names_are_told_with_a_suggestion(self, settings, two_classes):
        with pytest.raises(UnknownNameError, match="To fix it: write"):
            LinearClassifier(**settings).fit(*two_classes)

    def test_mismatch_lists_everything(self, two_classes):
        with pytest.raises(MismatchError, match="the penalty max-norm"):
            LinearClassifier("weston-watkins", "max-norm", solver="exact").fit(*two_classes)

    def test_dropout_needs_mini_batches(self, two_classes):
        with pytest.raises(MismatchError, match=r"dropout=0\.5 needs mini-batches"):
            LinearClassifier(solver="exact", dropout=0.5).fit(*two_classes)

    def test_early_stopping_needs_epochs(self, two_classes):
        with pytest.raises(MismatchError, match="early stopping needs epochs"):
            LinearClassifier(solver="exact", early_stopping=True).fit(*two_classes)

    def test_divergence(self, two_classes):
        X, y = two_classes
        classifier = LinearClassifier("squared-error", solver="sgd", lr=1e6)
        with pytest.raises(DivergedError, match="diverged at lr=1e"):
            classifier.fit(X, y)
        assert classifier.stop_reason_ is Reason.DIVERGED

    def test_not_converged_is_a_warning(self, digits):
        with pytest.warns(ConvergenceWarning, match="stopped after 2 iterations"):
            LinearClassifier(max_epochs=2, tol=1e-10).fit(*digits)


class TestStopping:
    def test_early_stopping_keeps_the_best_epoch(self, digits):
        X, y = digits
        held_out = (X[1200:], y[1200:])
        classifier = LinearClassifier(
            solver="adam", lr=0.05, early_stopping=True, n_iter_no_change=3, random_state=0
        )
        classifier.fit(X[:1200], y[:1200], validation=held_out)
        best = max(epoch.validation_accuracy for epoch in classifier.history_)
        assert classifier.score(*held_out) == pytest.approx(best)
        assert classifier.stop_reason_ in (Reason.EARLY_STOPPED, Reason.CONVERGED)

    def test_early_stopping_holds_out_rows_by_itself(self, digits):
        classifier = LinearClassifier(solver="adam", early_stopping=True, max_epochs=3, random_state=0).fit(
            *digits
        )
        assert all(0 < epoch.validation_accuracy <= 1 for epoch in classifier.history_)

    def test_listener_can_end_a_run(self, digits):
        seen = []

        def enough(event):
            seen.append(event)
            return Reason.INTERRUPTED if sum(isinstance(event, StepDone) for event in seen) == 3 else None

        classifier = LinearClassifier(solver="sgd", random_state=0).fit(*digits, listeners=[enough])
        assert classifier.stop_reason_ is Reason.INTERRUPTED
        assert sum(isinstance(event, StepDone) for event in seen) == 3

    def test_interrupted_run_keeps_the_best_epoch_seen(self, digits):
        X, y = digits
        held_out = (X[1200:], y[1200:])
        steps = []

        def enough(event):
            steps.append(event)
            return Reason.INTERRUPTED if len(steps) == 40 else None

        classifier = LinearClassifier(solver="adam", lr=0.5, random_state=0)
        classifier.fit(X[:1200], y[:1200], validation=held_out, listeners=[enough])
        assert classifier.score(*held_out) == pytest.approx(
            max(e.validation_accuracy for e in classifier.history_)
        )


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "gd", "exact"])
def test_every_solver_learns(solver, digits):
    X, y = digits
    classifier = LinearClassifier(solver=solver, lam=LAM, max_epochs=100, tol=1e-3, random_state=0)
    assert classifier.fit(X, y).score(X, y) > 0.9


@pytest.mark.parametrize("penalty", ["l1", "elastic-net"])
def test_sparse_penalties_give_zeros(penalty, digits):
    classifier = LinearClassifier(penalty=penalty, lam=1e-2, random_state=0, tol=1e-3).fit(*digits)
    assert 0.2 < (classifier.coef_ == 0).mean() < 0.95


def test_max_norm_is_kept(digits):
    classifier = LinearClassifier(penalty="max-norm:0.5", random_state=0, max_epochs=10).fit(*digits)
    assert np.linalg.norm(classifier.coef_, axis=1).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("settings", [{"lr": 0.1}, {"dropout": 0.5}, {"early_stopping": True}])
def test_auto_heeds_settings_that_ask_for_mini_batches(settings, digits):
    classifier = LinearClassifier(lam=LAM, max_epochs=2, random_state=0, **settings).fit(*digits)
    assert classifier.solver_.name == "momentum"


def test_auto_says_what_it_picked(digits):
    smooth = LinearClassifier(lam=LAM).fit(*digits)
    bounded = LinearClassifier(penalty="max-norm", max_epochs=2, random_state=0).fit(*digits)
    assert (smooth.solver_.name, bounded.solver_.name) == ("exact", "momentum")
    assert "proves" in smooth.solver_.reason
    assert "max-norm" in bounded.solver_.reason


def test_auto_takes_hinges_exactly_unless_they_take_long(digits, monkeypatch):
    hinge = LinearClassifier("weston-watkins", lam=LAM, tol=1e-2).fit(*digits)
    assert hinge.solver_.name == "exact"
    assert hinge.duality_gap_ <= 1e-2
    monkeypatch.setattr("scoreline.engine.solvers.exact.PATIENCE", 1e-6)
    hurried = LinearClassifier("weston-watkins", lam=LAM, max_epochs=2, random_state=0).fit(*digits)
    assert hurried.solver_.name == "momentum"
    assert "corners" in hurried.solver_.reason
