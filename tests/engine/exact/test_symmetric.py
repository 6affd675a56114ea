"""A symmetric matrix with a Cholesky factor in its other triangle."""

import tracemalloc

import numpy as np
import pytest
from scipy.linalg import LinAlgError

import scoreline.engine.exact.symmetric as symmetric_module
from scoreline.engine.exact.symmetric import SymmetricMatrix

D = 23


@pytest.fixture(autouse=True)
def narrow_panels(monkeypatch):
    monkeypatch.setattr(symmetric_module, "TRIANGLE_COLUMNS", 5)  # several, the last one not full


def matrix_of(rank=D, dtype=np.float64, seed=0):
    rows = np.random.default_rng(seed).normal(size=(rank, D))
    return (rows.T @ rows).astype(dtype)


def lower_of(matrix):
    """What lies above the diagonal must not matter."""
    return np.asfortranarray(np.tril(matrix) + np.triu(np.full_like(matrix, 7), 1))


def test_systems_are_solved_in_any_order():
    M, rows = matrix_of(), np.random.default_rng(1).normal(size=(3, D))
    kept = SymmetricMatrix(lower_of(M))
    for scale, ridge in ((1.0, 1e-3), (0.3, 10.0), (1.0, 1e-3)):
        solved = kept.solve(rows, scale, ridge)
        np.testing.assert_allclose(solved @ (scale * M + ridge * np.eye(D)), rows, atol=1e-6)
        np.testing.assert_array_equal(kept.full(), M)


def test_a_factor_does_not_depend_on_those_before():
    rows = np.random.default_rng(1).normal(size=(3, D)).astype(np.float32)
    fresh, used = (SymmetricMatrix(lower_of(matrix_of(dtype=np.float32))) for _ in range(2))
    used.factorise(0.1, 3.0)
    np.testing.assert_array_equal(used.solve(rows, 1.0, 0.5), fresh.solve(rows, 1.0, 0.5))


def test_the_matrix_changes_after_it_was_factorised():
    M, rng = matrix_of(), np.random.default_rng(2)
    kept = SymmetricMatrix(lower_of(M))
    factors, added = rng.uniform(0.5, 2, D), rng.normal(size=(4, D))
    kept.factorise(1.0, 1.0)
    kept.scale(factors)
    kept.add_square(added)
    changed = M * factors * factors[:, None] + added.T @ added
    np.testing.assert_allclose(kept.full(), changed, atol=1e-10)
    solved = kept.solve(added, 1.0, 1.0)
    np.testing.assert_allclose(solved @ (changed + np.eye(D)), added, atol=1e-8)


def test_a_scaled_copy_leaves_the_matrix_as_it_is():
    M, factors = matrix_of(), np.random.default_rng(2).uniform(0.5, 2, D)
    kept = SymmetricMatrix(lower_of(M))
    kept.factorise(1.0, 1.0)
    scaled = kept.scaled(factors)
    np.testing.assert_allclose(scaled.full(), M * factors * factors[:, None], rtol=1e-12)
    np.testing.assert_allclose(scaled.diagonal, M.diagonal() * factors**2, rtol=1e-12)
    np.testing.assert_array_equal(kept.full(), M)


def test_the_full_matrix_is_a_copy_in_the_order_of_compiled_loops():
    M = matrix_of()
    kept = SymmetricMatrix(lower_of(M))
    full = kept.full()
    assert full.flags.c_contiguous
    full[:] = 0
    np.testing.assert_array_equal(kept.full(), M)


def test_dependent_features_get_what_makes_them_definite():
    rows = np.ones((1, D), np.float32)
    kept = SymmetricMatrix(lower_of(matrix_of(rank=2, dtype=np.float32)))
    assert np.isfinite(kept.solve(rows, 1.0, 0.0)).all()


def test_what_is_no_matrix_of_moments_is_refused():
    kept = SymmetricMatrix(lower_of(-1e3 * np.eye(D) + matrix_of() / 1e3))
    with pytest.raises(LinAlgError, match="not positive definite"):
        kept.factorise(1.0, 0.0)


def test_a_factor_takes_no_room_of_its_own(monkeypatch):
    monkeypatch.undo()
    D = 2_000
    lower = np.asfortranarray(np.eye(D, dtype=np.float32))
    kept = SymmetricMatrix(lower)
    rows = np.ones((3, D), np.float32)
    tracemalloc.start()
    try:
        kept.solve(rows, 1.0, 1.0)
        kept.solve(rows, 1.0, 2.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < lower.nbytes / 20
