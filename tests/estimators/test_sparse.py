"""Sparse rows come to what dense ones come to, by sparse products alone, in little memory."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from scoreline import LinearClassifier, LinearClassifierCV
from scoreline.losses import LOSSES
from scoreline.rows import SparseRows

RNG = np.random.default_rng(0)
N, D, C = 40, 10, 4
Y = np.arange(N) % C
X = np.where(RNG.random((N, D)) < 0.3, RNG.normal(size=(N, D)) + 2 * (np.arange(D) % C == Y[:, None]), 0)
WEIGHT = RNG.random(N) + 0.5

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

EXACT = [{}, {"standardize": True, "class_weight": "balanced"}, {"fit_intercept": False}]
MINI_BATCHES = [
    {"solver": "momentum"},
    {"solver": "adam", "standardize": True, "class_weight": {0: 3.0}},
    {"solver": "sgd", "penalty": "elastic-net", "feature_weights": np.linspace(0.5, 2, D)},
    {"solver": "gd"},
]


@pytest.fixture
def no_dense_blocks(monkeypatch):
    """Let every attempt to make sparse rows dense fail."""

    def refused(block):
        assert isinstance(block, np.ndarray), "sparse rows were made dense"
        return block

    for where in ("rows.sparse.dense", "engine.problem.objective.dense"):
        monkeypatch.setattr(f"scoreline.{where}", refused)


def both(labels=Y, **settings):
    dense, thin = (LinearClassifier(lam=1e-2, random_state=0, **settings) for _ in range(2))
    return dense.fit(X, labels, WEIGHT), thin.fit(sparse.csr_array(X), labels, WEIGHT)


@pytest.mark.parametrize("settings", EXACT, ids=["plain", "standardised", "no bias"])
@pytest.mark.parametrize("loss", LOSSES)
def test_exact_fits(loss, settings, no_dense_blocks):
    dense, thin = both(loss=loss, solver="exact", tol=1e-5, **settings)
    assert thin.objective_ == pytest.approx(dense.objective_, rel=2e-5)
    assert thin.duality_gap_ == pytest.approx(dense.duality_gap_, abs=1e-5)
    np.testing.assert_allclose(thin.coef_, dense.coef_, atol=5e-3 * np.abs(dense.coef_).max())
    np.testing.assert_allclose(dense.decision_function(sparse.csr_array(X)), dense.decision_function(X), rtol=1e-9)


@pytest.mark.parametrize("settings", MINI_BATCHES, ids=["momentum", "standardised", "elastic net", "whole data"])
@pytest.mark.parametrize("loss", LOSSES)
def test_mini_batches(loss, settings, no_dense_blocks):
    dense, thin = both(loss=loss, max_epochs=3, batch_size=16, **settings)
    assert thin.lr_ == pytest.approx(dense.lr_, rel=1e-9)
    assert thin.objective_ == pytest.approx(dense.objective_, rel=1e-9)
    np.testing.assert_allclose(thin.coef_, dense.coef_, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("penalty", ["l1", "elastic-net"])
def test_absolute_values(penalty):
    dense, thin = both(penalty=penalty, tol=1e-8)
    assert dense.solver_.name == thin.solver_.name == "exact"
    np.testing.assert_allclose(thin.coef_, dense.coef_, atol=1e-5)


def test_two_classes(no_dense_blocks):
    dense, thin = both(labels=Y % 2, tol=1e-8)
    np.testing.assert_allclose(thin.coef_, dense.coef_, atol=1e-5)


def test_dropout():
    settings = {"solver": "sgd", "max_epochs": 3, "dropout": 0.5, "lr": 0.1}
    dense, thin = both(standardize=True, **settings)
    np.testing.assert_allclose(thin.coef_, dense.coef_, rtol=1e-9)
    thin = LinearClassifier(random_state=0, **settings).fit(sparse.csr_array(X), Y)
    full = LinearClassifier(random_state=0, **settings | {"dropout": 0.0}).fit(X, Y)
    assert 0 < np.abs(thin.coef_ - full.coef_).max() < np.abs(full.coef_).max()


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_narrow_dtypes(kind):
    counts = RNG.poisson(0.7, (N, D)).astype(kind)
    dense, thin = (
        LinearClassifier(standardize=True, tol=1e-6).fit(rows, Y) for rows in (counts, sparse.csc_array(counts))
    )
    assert thin.objective_ == pytest.approx(dense.objective_, rel=2e-5)
    assert thin.coef_.dtype == dense.coef_.dtype == np.float32


def test_entries_that_are_stored_twice_are_added_up():
    rows = sparse.csr_array((np.ones(4), ([0, 0, 1, 1]), [0, 2, 4]), shape=(2, 2))
    kept = rows.data.copy()
    np.testing.assert_array_equal(SparseRows(rows).matrix.data, [2, 2])
    np.testing.assert_array_equal(rows.data, kept)


def wide(n=3000, d=4000, per_row=20):
    """Rows of few features each, out of so many that a matrix of them is too much."""
    y = np.arange(n) % 5
    own = (np.arange(per_row) < 5)[None] * (y[:, None] + 1)
    columns = (RNG.integers(0, d // 6, (n, per_row)) + own * (d // 6)) % d
    values = RNG.random((n, per_row)) / np.sqrt(per_row)
    return sparse.coo_array(
        (values.ravel(), (np.repeat(np.arange(n), per_row), columns.ravel())), (n, d)
    ).tocsr(), y


@pytest.mark.parametrize("loss", ["softmax", "one-vs-all:squared=true"])
def test_many_features_are_fitted_without_their_matrix(loss, no_dense_blocks, monkeypatch):
    def refused(*_):
        raise AssertionError("a matrix of features by features")

    monkeypatch.setattr("scoreline.engine.exact.moments.sparse_mean_and_matrix", refused)
    rows, y = wide()
    classifier = LinearClassifier(loss, lam=1e-3, solver="exact").fit(rows, y)
    assert classifier.duality_gap_ <= 1e-4
    assert classifier.n_iter_ <= 30


def test_cross_validation(no_dense_blocks):
    rows, y = wide(600, 300)
    ours = LinearClassifierCV([1e-4, 1e-2], cv=3).fit(rows, y)
    theirs = LinearClassifierCV([1e-4, 1e-2], cv=3).fit(rows.toarray(), y)
    np.testing.assert_allclose(ours.scores_path_, theirs.scores_path_, atol=0.02)
    assert ours.lam_ == theirs.lam_


@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "adam", "lr": 1e-5, "max_epochs": 1},
        {"solver": "sgd", "max_epochs": 1},
        {"solver": "exact", "max_epochs": 3},
        {"loss": "squared-hinge", "solver": "exact", "max_epochs": 3},
    ],
    ids=["adam", "sgd", "exact", "squared hinge"],
)
@pytest.mark.parametrize("standardize", [False, True])
def test_memory_follows_from_what_is_stored(settings, standardize):
    rows = sparse.random_array((20_000, 50_000), density=1e-4, rng=0, format="csr")
    y = np.arange(20_000) % 2
    tracemalloc.start()
    try:
        LinearClassifier(standardize=standardize, random_state=0, **settings).fit(rows, y)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 60e6  # dense, it would be 8 GB
