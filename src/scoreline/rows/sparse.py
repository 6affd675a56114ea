"""Rows of a sparse matrix, and products with such rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scoreline._typing import Array
from scoreline.rows.base import Rows, SparseMatrix, checked_places
from scoreline.rows.in_arrays import ArrayRows

__all__ = ["SparseRows", "consecutive_rows", "dense", "matrix_of", "row_entries", "rows_of"]


class SparseRows:
    """The rows of a matrix of scipy: what is read is dense, products are with the matrix itself (`Rows.matrix`).

    Parameters
    ----------
    matrix : sparse array or matrix of scipy (N, D), of any real dtype
        Used where it lies if it is in the CSR format and has each entry once, else converted.
    """

    def __init__(self, matrix: Any) -> None:
        from scipy.sparse import csr_array

        own = csr_array(matrix)
        if not own.has_canonical_format:  # entries that are stored twice are summed, in a copy
            own = own.copy()
            own.sum_duplicates()
        self._matrix: SparseMatrix = own

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the matrix."""
        return tuple(self._matrix.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the matrix."""
        return np.dtype(self._matrix.dtype)

    @property
    def array(self) -> Array | None:
        """None: the rows lie in no array."""
        return None

    @property
    def matrix(self) -> SparseMatrix | None:
        """The matrix."""
        return self._matrix

    def __len__(self) -> int:
        return int(self._matrix.shape[0])

    def __repr__(self) -> str:
        return f"SparseRows({self.shape}, {self.dtype}, {self._matrix.nnz:,} stored)"

    def read(self, start: int, stop: int) -> Array:
        """Return examples in order, dense; see `Rows.read`."""
        return dense(consecutive_rows(self._matrix, start, stop))

    def take(self, index: Array) -> Array:
        """Return examples by place, dense; see `Rows.take`."""
        return dense(self._matrix[checked_places(index, len(self))])

    def parts(self) -> Sequence[Rows]:
        """Return these rows alone; see `Rows.parts`."""
        return (self,)


def consecutive_rows(matrix: SparseMatrix, start: int, stop: int) -> SparseMatrix:
    """Return the rows of a CSR array from `start` up to `stop` (at most N), as a view of its entries."""
    from scipy.sparse import csr_array

    stop = min(stop, matrix.shape[0])
    start = min(start, stop)
    if (start, stop) == (0, matrix.shape[0]):
        return matrix
    ends = matrix.indptr[start : stop + 1]
    part = slice(int(ends[0]), int(ends[-1]))
    shape = stop - start, matrix.shape[1]
    return csr_array((matrix.data[part], matrix.indices[part], ends - ends[0]), shape=shape)


def rows_of(X: Array | SparseMatrix) -> Rows:
    """Return the rows of an array or of a sparse matrix."""
    return ArrayRows(X) if matrix_of(X) is None else SparseRows(X)


def matrix_of(X: Array | SparseMatrix) -> SparseMatrix | None:
    """Return a block of rows itself where it is sparse, and None for an array, as `Rows.matrix` does."""
    return None if isinstance(X, np.ndarray) else X


def row_entries(X: Array | SparseMatrix) -> int:
    """Return how many numbers a row of a block ``(B, D)`` takes: D, or what sparse rows store in the mean."""
    matrix = matrix_of(X)
    return int(X.shape[1]) if matrix is None else -(-matrix.nnz // max(1, matrix.shape[0]))


def dense(X: Array | SparseMatrix) -> Array:
    """Return a block of rows as an array ``(B, D)``, C-contiguous: arrays as they are."""
    matrix = matrix_of(X)
    return X if matrix is None else np.ascontiguousarray(matrix.toarray())
