"""Samples of rows: right on average, and never without the rows that weigh most."""

import numpy as np
import pytest

from scoreline import LinearClassifier
from scoreline.data.memory import MemorySource
from scoreline.engine.exact.row_sample import sample_rows
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.losses import LOSSES
from scoreline.penalties import L2

RNG = np.random.default_rng(0)


def objective_over(source, *, standardized=False):
    standardization = Standardization.of(source) if standardized else None
    return Objective(LOSSES.build("softmax"), L2(), np.array([1e-2]), 3, standardization=standardization)


def source_of(X, weight=None):
    return MemorySource(X, RNG.integers(3, size=len(X)), 3, weight)


def sample(source, m, **settings):
    blocks = list(sample_rows(objective_over(source, **settings), source, m))
    return np.concatenate([X for X, _ in blocks]), np.concatenate([weight for _, weight in blocks])


@pytest.mark.parametrize("weighted", [False, True])
def test_all_rows_where_as_many_are_asked_for(weighted):
    weight = RNG.random(50) if weighted else None
    source = source_of(RNG.normal(size=(50, 4)), weight)
    X, found = sample(source, 50)
    np.testing.assert_array_equal(X, source.X)
    np.testing.assert_array_equal(found, np.ones(50) if weight is None else weight)


@pytest.mark.parametrize("weighted", [False, True])
def test_second_moments_are_about_those_of_all_rows(weighted):
    X = RNG.normal(size=(40_000, 3)) * RNG.exponential(size=(40_000, 1))
    weight = RNG.random(len(X)) if weighted else np.ones(len(X))
    rows, found = sample(source_of(X, weight if weighted else None), 10_000)
    assert 8_000 < len(rows) <= 10_200
    assert found.sum() == pytest.approx(weight.sum(), rel=0.03)
    exact, about = (X.T * weight) @ X, (rows.T * found) @ rows
    np.testing.assert_allclose(about, exact, atol=0.05 * exact.max())


def test_a_row_unlike_all_others_is_in_every_sample():
    X = RNG.normal(size=(5_000, 20)).astype(np.float32)
    X[:, 7] = 0
    X[1234, 7] = 1
    rows, weight = sample(source_of(X), 500, standardized=True)
    rare = rows[:, 7] > 10
    assert rare.sum() == 1
    assert weight[rare] == 1


def test_rows_without_weight_are_left_out():
    weight = np.ones(1000)
    weight[::2] = 0
    X = RNG.normal(size=(1000, 3))
    X[::2] = 1e3
    rows, found = sample(source_of(X, weight), 400)
    assert np.abs(rows).max() < 100
    assert (found > 0).all()


@pytest.mark.parametrize("X", [np.zeros((300, 3), np.float32), np.full((300, 3), 1e25, np.float32)])
def test_lengths_of_nothing_and_beyond_the_dtype(X):
    with np.errstate(over="ignore"):
        rows, weight = sample(source_of(X), 100)
    assert 60 < len(rows) < 140
    np.testing.assert_allclose(weight, 3)


def test_the_same_sample_each_time():
    source = source_of(RNG.normal(size=(2_000, 3)))
    for one, again in zip(sample(source, 300), sample(source, 300), strict=True):
        np.testing.assert_array_equal(one, again)


def test_features_of_single_rows_do_not_keep_a_fit_from_its_proof():
    """Patterns that an image in thousands has: standardised, they lie a hundred deviations away."""
    N, D = 12_000, 120
    X = RNG.normal(size=(N, D)).astype(np.float32)
    y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1)
    rare = RNG.random((N, D // 2)) < 1 / N
    X[:, D // 2 :] = 1e-3 * rare
    classifier = LinearClassifier(
        loss="squared-error", solver="exact", standardize=True, lam=1e-4, tol=1e-4, max_epochs=12
    ).fit(X, y)
    assert classifier.duality_gap_ <= 1e-4
