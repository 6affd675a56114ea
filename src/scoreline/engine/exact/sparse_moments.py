"""Second moments of sparse rows, by sparse products alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.exact.constants import KEPT_DIRECTIONS, RELIABLE
from scoreline.engine.exact.row_sample import drawn_rows
from scoreline.engine.problem.objective import Objective, compute_dtype
from scoreline.engine.problem.shifted_rows import ShiftedRows

__all__ = ["SampleVectors", "sparse_factors", "sparse_mean_and_matrix"]


class SampleVectors:
    r"""Orthonormal columns :math:`V = S^\top L` of as many rows as S has columns, kept as these two factors.

    Parameters
    ----------
    rows : ShiftedRows (m, D)
        S.
    left : array (m, k)
        L.
    """

    #: NumPy's operators leave products with such vectors to them.
    __array_ufunc__ = None

    def __init__(self, rows: ShiftedRows, left: FloatArray, *, transposed: bool = False) -> None:
        self._rows, self._left, self._transposed = rows, left, transposed

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        shape = self._rows.shape[1], self._left.shape[1]
        return shape[::-1] if self._transposed else shape

    @property
    def T(self) -> SampleVectors:  # noqa: N802 - as NumPy names it
        """The vectors as rows."""
        return SampleVectors(self._rows, self._left, transposed=not self._transposed)

    def __rmatmul__(self, rows: FloatArray) -> FloatArray:
        """Return the product of rows with these."""
        if self._transposed:
            return (rows @ self._left.T) @ self._rows
        return (self._rows @ rows.T).T @ self._left


def sparse_factors(
    objective: Objective, source: DataSource, m: int
) -> tuple[FloatArray, FloatArray, SampleVectors, float]:
    """Return the mean of m rows, eigenvalues and vectors of their moments, and the value of all other directions.

    The memory is that of the sample's entries and of m x m numbers, however many features there are.
    """
    from scipy.linalg import eigh

    rows, share, mean = _sample(objective, source, m, np.dtype(np.float64))
    rows = rows.weighted(np.sqrt(share))
    values, left = eigh(rows.inner_products(), overwrite_a=True, check_finite=False)
    # Vectors of lesser values would not be orthogonal to the strongest: a trace of these in them is divided by
    # their roots, and the inverse would be indefinite.
    there = values > RELIABLE * max(float(values.max(initial=0)), 1e-30)
    complete = m == source.n_examples
    if not complete:
        there[: int((1 - KEPT_DIRECTIONS) * len(values))] = False
    others = rows.shape[1] - int(there.sum())
    rest = float(np.maximum(values[~there], 0).sum()) / others if others and not complete else 0.0
    return mean, values[there], SampleVectors(rows, left[:, there] / np.sqrt(values[there])), rest


def sparse_mean_and_matrix(objective: Objective, source: DataSource, m: int) -> tuple[FloatArray, FloatArray]:
    """Return the mean (0 without a bias) of m rows and the matrix of their moments about it."""
    rows, share, mean = _sample(objective, source, m, compute_dtype(source.dtype))
    matrix = rows.weighted(np.sqrt(share)).second_moments()
    return mean, np.asfortranarray(matrix, dtype=np.float32)


def _sample(
    objective: Objective, source: DataSource, m: int, dtype: np.dtype[np.floating]
) -> tuple[ShiftedRows, FloatArray, FloatArray]:
    """Return about m rows less their mean, their shares of the weight, and the mean: 0 without a bias."""
    places, weights = drawn_rows(objective, source, m)
    matrix: Any = source.rows.matrix
    rows, share = objective.shifted(matrix[places], dtype), weights / weights.sum()
    if not objective.fit_intercept:
        return rows, share, np.zeros(rows.shape[1])
    return rows.centred(share), share, (share @ rows).astype(np.float64)
