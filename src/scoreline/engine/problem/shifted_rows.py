"""Sparse rows that are centred and scaled: a matrix that is never formed, as hardly an entry of it is 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.problem.standardization import Standardization
from scoreline.rows import SparseMatrix

__all__ = ["ShiftedRows"]


class ShiftedRows:
    r"""A sparse matrix less one of rank one, :math:`A - u\, m^\top`, in products with arrays.

    Standardised rows are of this form: A are the scaled rows, u is 1 for each and m are the scaled means.

    Parameters
    ----------
    sparse : csr_array (B, D) of floats
        A.
    left : array (B,)
        u.
    right : array (D,)
        m.
    """

    #: NumPy's operators leave products with such rows to them.
    __array_ufunc__ = None

    def __init__(self, sparse: SparseMatrix, left: FloatArray, right: FloatArray) -> None:
        dtype = sparse.dtype
        self.sparse, self.left, self.right = sparse, left.astype(dtype), right.astype(dtype)

    @classmethod
    def standardized(
        cls, X: SparseMatrix, standardization: Standardization | None, dtype: np.dtype[np.floating]
    ) -> ShiftedRows:
        """Return sparse rows standardised, or as they are without a standardisation."""
        rows = X.astype(dtype)
        if standardization is None:
            return cls(rows, np.ones(rows.shape[0]), np.zeros(rows.shape[1]))
        rows.data *= standardization.scale[rows.indices].astype(dtype)
        return cls(rows, np.ones(rows.shape[0]), standardization.mean * standardization.scale)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        return tuple(self.sparse.shape)

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """Dtype of the products."""
        return np.dtype(self.sparse.dtype)

    def __len__(self) -> int:
        return int(self.sparse.shape[0])

    def __matmul__(self, V: FloatArray) -> FloatArray:
        """Return the product with a vector ``(D,)`` or columns ``(D, k)``."""
        return np.asarray(self.sparse @ V - np.multiply.outer(self.left, self.right @ V))

    def __rmatmul__(self, G: FloatArray) -> FloatArray:
        """Return the product of a vector ``(B,)`` or rows ``(k, B)`` with these."""
        return np.asarray(G @ self.sparse - np.multiply.outer(G @ self.left, self.right))

    def weighted(self, factor: FloatArray) -> ShiftedRows:
        """Return the rows, each times its factor ``(B,)``."""
        rows = self.sparse.copy()
        rows.data *= np.repeat(factor, np.diff(rows.indptr)).astype(rows.dtype)
        return ShiftedRows(rows, self.left * factor, self.right)

    def centred(self, share: FloatArray) -> ShiftedRows:
        """Return the rows less their mean with these weights, which sum to 1: m is then the mean of A."""
        return ShiftedRows(self.sparse, self.left, share.astype(self.dtype) @ self.sparse)

    def squares(self) -> FloatArray:
        """Return the sum of squares of each row ``(B,)``."""
        mixed: Any = self.sparse @ self.right
        own = np.asarray(self.sparse.power(2).sum(axis=1))
        return np.maximum(own - 2 * self.left * mixed + self.left**2 * (self.right @ self.right), 0)

    def inner_products(self) -> FloatArray:
        """Return the products of all rows with each other ``(B, B)``."""
        mixed = np.outer(self.sparse @ self.right, self.left)
        products = (self.sparse @ self.sparse.T).toarray() - mixed - mixed.T
        return np.asarray(products + (self.right @ self.right) * np.outer(self.left, self.left))

    def second_moments(self) -> FloatArray:
        """Return the products of all columns with each other ``(D, D)``."""
        mixed = np.outer(self.left @ self.sparse, self.right)
        products = (self.sparse.T @ self.sparse).toarray() - mixed - mixed.T
        return np.asarray(products + (self.left @ self.left) * np.outer(self.right, self.right))
