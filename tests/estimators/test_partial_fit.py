"""partial_fit after fit, and call after call: the weights go on from where they are, in their own coordinates."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification

from scoreline import LinearClassifier
from scoreline.errors import DataError, DivergedError, UsageError
from scoreline.optimizers import Adam

X, Y = make_classification(600, 8, n_informative=6, n_classes=3, random_state=1)
CLASSES = [0, 1, 2]
WEIGHTS = np.geomspace(0.1, 10, 8)
#: So low a rate that a pass does not move what it begins with.
STILL = {"lr": 1e-12, "random_state": 0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["auto", "momentum", "adam"])
@pytest.mark.parametrize(
    "settings", [{}, {"feature_weights": WEIGHTS}, {"standardize": True, "feature_weights": WEIGHTS}]
)
def test_goes_on_from_the_fitted_weights(settings, solver, dtype):
    model = LinearClassifier(solver=solver, max_epochs=20, tol=1e-3, random_state=0, **settings)
    model.fit(X.astype(dtype), Y)
    before = model.coef_.copy(), model.intercept_.copy()
    model.set_params(**STILL)
    for _ in range(3):
        model.partial_fit(X[:50].astype(dtype), Y[:50])
    np.testing.assert_allclose(model.coef_, before[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.intercept_, before[1], rtol=1e-4, atol=1e-6)


def test_goes_on_where_its_own_last_call_ended():
    model = LinearClassifier(feature_weights=WEIGHTS, **STILL).partial_fit(X, Y, classes=CLASSES)
    model.coef_, model.intercept_ = np.ones((3, 8)), np.arange(3.0)
    model.partial_fit(X, Y).partial_fit(X, Y)
    np.testing.assert_allclose(model.coef_, 1, rtol=1e-8)
    np.testing.assert_allclose(model.intercept_, np.arange(3), atol=1e-8)


def test_a_few_rows_do_not_undo_a_fit():
    model = LinearClassifier(random_state=0).fit(X[:500], Y[:500])
    before = model.score(X[500:], Y[500:])
    model.partial_fit(X[:10], Y[:10], classes=CLASSES)
    assert model.score(X[500:], Y[500:]) > before - 0.1
    assert model.solver_.name == "momentum"


def test_whole_data_in_parts_are_one_epoch_of_a_fit():
    settings = {"solver": "momentum", "lr": 1e-3, "batch_size": 600, "feature_weights": WEIGHTS}
    parts = LinearClassifier(**settings, random_state=0)
    for _ in range(5):
        parts.partial_fit(X, Y, classes=CLASSES)
    whole = LinearClassifier(**settings, max_epochs=5, schedule="constant", tol=0, random_state=0).fit(X, Y)
    np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=1e-9)


def test_fit_then_parts_is_a_longer_fit():
    settings = {
        "solver": Adam(),
        "lr": 1e-2,
        "batch_size": 600,
        "schedule": "constant",
        "tol": 0,
        "random_state": 0,
    }
    model = LinearClassifier(**settings, max_epochs=3).fit(X, Y).partial_fit(X, Y).partial_fit(X, Y)
    longer = LinearClassifier(**settings, max_epochs=5).fit(X, Y)
    np.testing.assert_allclose(model.coef_, longer.coef_, rtol=1e-9)
    assert model.n_iter_ == longer.n_iter_ == 5
    assert [row.epoch for row in model.history_] == [1, 2, 3, 4, 5]


def test_fit_begins_anew():
    model = LinearClassifier(max_epochs=3, solver="sgd", random_state=0).partial_fit(X, Y, classes=CLASSES)
    fresh = clone(model).fit(X, Y)
    np.testing.assert_array_equal(model.fit(X, Y).coef_, fresh.coef_)


def test_rows_may_change_their_dtype():
    model = LinearClassifier(solver="adam", random_state=0).partial_fit(X.astype(np.float32), Y, classes=CLASSES)
    assert model.partial_fit(X, Y).coef_.dtype == np.float64
    assert model.partial_fit(np.rint(X).astype(np.int16), Y).score(X, Y) > 0.4


def test_another_rate_and_another_solver_are_taken_up():
    model = LinearClassifier(solver="momentum", lr=0.1).partial_fit(X, Y, classes=CLASSES)
    assert model.set_params(lr=0.01).partial_fit(X, Y).lr_ == 0.01
    model.set_params(solver="adam", lr=None).partial_fit(X, Y)
    assert (model.solver_.name, model.lr_) == ("adam", 1e-3)


def test_a_call_that_runs_away_leaves_the_weights():
    model = LinearClassifier("squared-error", solver="sgd", lr=1e-2).fit(X, Y)
    before = model.coef_.copy()
    with pytest.raises(DivergedError):
        model.set_params(lr=1e6).partial_fit(X, Y)
    np.testing.assert_array_equal(model.coef_, before)
    assert model.set_params(lr=1e-2).partial_fit(X, Y).score(X, Y) > 0.4


def test_a_fit_that_runs_away_leaves_classes_and_weights_together():
    model = LinearClassifier("squared-error", solver="sgd", lr=1e-2).fit(X, Y)
    with pytest.raises(DivergedError):
        model.set_params(lr=1e9).fit(X, np.arange(len(Y)) % 4)
    assert set(model.predict(X)) <= {0, 1, 2}


def test_standardised_rows_need_a_fit_first():
    assert not hasattr(LinearClassifier(standardize=True), "partial_fit")
    assert hasattr(LinearClassifier(standardize=True).fit(X, Y), "partial_fit")


class TestClasses:
    def test_are_needed_at_the_first_call(self):
        with pytest.raises(UsageError, match=r"without classes.*pass classes=numpy\.unique\(y\)"):
            LinearClassifier().partial_fit(X, Y)

    def test_stay_the_same(self):
        model = LinearClassifier().partial_fit(X, Y, classes=[2, 1, 0, 1])
        with pytest.raises(UsageError, match="the classes 0, 1 after training on 0, 1, 2"):
            model.partial_fit(X, Y, classes=[0, 1])

    def test_a_call_may_hold_one_class_alone(self):
        model = LinearClassifier(random_state=0).partial_fit(X[Y == 0], Y[Y == 0], classes=CLASSES)
        model.partial_fit(X[Y == 2], Y[Y == 2])
        np.testing.assert_array_equal(model.classes_, CLASSES)

    @pytest.mark.parametrize(
        ("classes", "label"), [(["a", "b"], 1), ([1, 2], "a"), (np.array(["a", "b"], object), 3)]
    )
    def test_labels_of_another_type(self, classes, label):
        model = LinearClassifier().partial_fit(X[:2], np.asarray(classes), classes=classes)
        with pytest.raises(DataError, match=f"The label {label!r} is not among the classes"):
            model.partial_fit(X[:2], [label, label])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])  # noqa: S301
def test_a_copy_goes_on_alike(copied):
    model = LinearClassifier(solver="adam", random_state=0).fit(X, Y)
    twin = copied(model)
    np.testing.assert_array_equal(model.partial_fit(X, Y).coef_, twin.partial_fit(X, Y).coef_)


class TestWarmStart:
    def test_begins_at_the_last_weights_of_any_method(self):
        model = LinearClassifier(warm_start=True, max_epochs=1, solver="sgd", tol=0, **STILL)
        model.partial_fit(X, Y, classes=CLASSES)
        model.coef_ = np.ones((3, 8))
        np.testing.assert_allclose(model.fit(X, Y).coef_, 1)

    @pytest.mark.parametrize(
        ("columns", "labels"), [(slice(4), Y), (slice(None), Y + 1), (slice(None), np.arange(len(Y)) % 4)]
    )
    def test_says_where_it_cannot(self, columns, labels):
        model = LinearClassifier(warm_start=True).fit(X, Y)
        with pytest.warns(UserWarning, match="warm_start begins at 0: the last fit had 3 classes and 8 features"):
            model.fit(X[:, columns], labels)
        np.testing.assert_array_equal(model.coef_, LinearClassifier().fit(X[:, columns], labels).coef_)
