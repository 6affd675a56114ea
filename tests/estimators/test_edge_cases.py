"""Strange data: a clear error or a right answer, from every solver."""

import os
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from scoreline import LinearClassifier
from scoreline.errors import ScorelineError
from scoreline.losses import LOSSES

RNG = np.random.default_rng(0)
N, D, C = 90, 5, 3
Y = np.arange(N) % C
X = RNG.normal(size=(N, D)) + 2 * np.eye(C, D)[Y]
SOLVERS = ["exact", "gd", "momentum", "adam"]
#: Scores of as many examples as classes are trained on; ``SCORELINE_MANY_CLASSES=10000`` takes a gigabyte.
MANY_CLASSES = int(os.environ.get("SCORELINE_MANY_CLASSES", "3000"))


def fit(solver, X, y, *, loss="softmax", **settings):
    """Fit where the number of epochs does not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LinearClassifier(loss, solver=solver, random_state=0, **settings).fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.intercept_).all()
    return model


@pytest.mark.parametrize("solver", SOLVERS)
class TestEverySolver:
    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_nothing_but_numbers(self, solver, bad):
        dirty = X.copy()
        dirty[70, 3] = bad
        with pytest.raises(ValueError, match="NaN|infinity"):
            LinearClassifier(solver=solver).fit(dirty, Y)
        with pytest.raises(ValueError, match="NaN|infinity"):
            fit(solver, X, Y).predict(dirty)

    @pytest.mark.parametrize("loss", list(LOSSES))
    def test_every_loss_learns(self, solver, loss):
        assert fit(solver, X, Y, loss=loss, standardize=True).score(X, Y) > 0.7

    @pytest.mark.parametrize("standardize", [False, True])
    def test_constant_features_get_no_weight_of_their_own(self, solver, standardize):
        padded = np.column_stack([X, np.zeros(N), np.full(N, 7.0)])
        model = fit(solver, padded, Y, standardize=standardize)
        assert model.score(padded, Y) > 0.8
        assert not model.coef_[:, D].any()
        if standardize:
            assert not model.coef_[:, D + 1].any()

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_a_scale_of_1e12(self, solver, dtype):
        scaled = (X * [1e12, 1, 1e-3, 1, 1]).astype(dtype)
        model = fit(solver, scaled, Y, standardize=True)
        assert model.score(scaled, Y) > 0.8

    def test_a_far_offset(self, solver):
        assert fit(solver, X + 1e6, Y, standardize=True).score(X + 1e6, Y) > 0.8

    def test_two_classes(self, solver):
        y = np.where(Y == 0, "here", "there")
        model = fit(solver, X, y, standardize=True)
        assert model.coef_.shape == (1, D)
        assert set(model.predict(X)) == {"here", "there"}
        assert model.score(X, y) > 0.75

    def test_two_rows(self, solver):
        model = fit(solver, np.array([[0.0, 1.0], [1.0, 0.0]]), [4, 7], lam=1e-3)
        np.testing.assert_array_equal(model.predict([[0.0, 1.0], [1.0, 0.0]]), [4, 7])

    def test_one_feature(self, solver):
        assert (
            fit(solver, np.arange(20.0)[:, None], np.arange(20) > 9, standardize=True).score(
                np.arange(20.0)[:, None], np.arange(20) > 9
            )
            > 0.9
        )

    @pytest.mark.parametrize("rows", [1, 20])
    def test_equal_labels(self, solver, rows):
        with pytest.raises((ValueError, ScorelineError), match="class"):
            LinearClassifier(solver=solver).fit(X[:rows], np.zeros(rows))

    @pytest.mark.parametrize("shape", [(0, 3), (5, 0)])
    def test_nothing(self, solver, shape):
        with pytest.raises(ValueError, match="0 (sample|feature)"):
            LinearClassifier(solver=solver).fit(np.zeros(shape), np.arange(shape[0]) % 2)

    def test_more_features_than_rows(self, solver):
        wide = np.column_stack([X, RNG.normal(size=(N, 300))])
        assert fit(solver, wide, Y, lam=1e-2, standardize=True).score(wide, Y) > 0.9

    def test_features_twice(self, solver):
        twice = np.column_stack([X, X])
        model = fit(solver, twice, Y, lam=1e-2)
        np.testing.assert_allclose(model.coef_[:, :D], model.coef_[:, D:], atol=2e-4)

    def test_no_weight_at_all(self, solver):
        with pytest.raises((ValueError, ScorelineError), match="weight"):
            LinearClassifier(solver=solver).fit(X, Y, np.zeros(N))

    @pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int64, np.float16, np.float32])
    def test_numbers_of_any_kind(self, solver, dtype):
        whole = np.clip(10 * X + 30, 0, 120).astype(dtype)
        model = fit(solver, whole, Y, standardize=True)
        plain = fit(solver, whole.astype(np.float64), Y, standardize=True)
        assert np.mean(model.predict(whole) == plain.predict(whole)) > 0.95

    @pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%")
    def test_thousands_of_classes(self, solver):
        features = np.random.default_rng(1).normal(size=(MANY_CLASSES, 8)).astype(np.float32)
        model = fit(solver, features, np.arange(MANY_CLASSES), max_epochs=2)
        assert model.coef_.shape == (MANY_CLASSES, 8)
        assert model.predict(features[:3]).shape == (3,)


def test_a_scale_of_1e12_at_the_optimum():
    """Standardised, the scale is no matter."""
    scaled = X * [1e12, 1, 1e-6, 1, 1]
    ours = fit("exact", scaled, Y, standardize=True, tol=1e-10).decision_function(scaled)
    np.testing.assert_allclose(
        ours, fit("exact", X, Y, standardize=True, tol=1e-10).decision_function(X), atol=1e-4
    )


def test_a_scale_of_1e12_not_standardised():
    """No solver sees the small features beside it; the fit says so and what to do."""
    with pytest.warns(ConvergenceWarning, match="standardize"):
        LinearClassifier(solver="exact", lam=1e-4).fit(X * [1e12, 1, 1, 1, 1], Y)
