"""Rows of a sparse matrix, made dense a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scoreline._typing import Array
from scoreline.rows.base import Rows

__all__ = ["SparseRows"]


class SparseRows:
    """The rows of a matrix of scipy in the CSR format: what is read is dense, the whole never is.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array or csr_matrix (N, D)
    """

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the matrix."""
        return tuple(self.matrix.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the matrix."""
        return np.dtype(self.matrix.dtype)

    @property
    def array(self) -> Array | None:
        """None: the rows lie in no array."""
        return None

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def __repr__(self) -> str:
        return f"SparseRows({self.shape}, {self.dtype}, {self.matrix.nnz:,} stored)"

    def read(self, start: int, stop: int) -> Array:
        """Return examples in order, dense; see `Rows.read`."""
        return np.ascontiguousarray(self.matrix[start:stop].toarray())

    def take(self, index: Array) -> Array:
        """Return examples by place, dense; see `Rows.take`."""
        return np.ascontiguousarray(self.matrix[np.asarray(index)].toarray())

    def parts(self) -> Sequence[Rows]:
        """Return these rows alone; see `Rows.parts`."""
        return (self,)
