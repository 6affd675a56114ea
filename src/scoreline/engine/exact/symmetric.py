"""A symmetric matrix and a Cholesky factor made of it, in the room of one square array."""

from __future__ import annotations

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.exact.constants import JITTER, TRIANGLE_COLUMNS

__all__ = ["SymmetricMatrix"]


class SymmetricMatrix:
    r"""A symmetric matrix M, of which the lower triangle is kept, and systems :math:`c M + \rho I` solved with it.

    The factor of the last system lies above the diagonal, so that thousands of features take one array and not
    two or three. A system that is solved after another one has been factorised is factorised again: what comes out
    never depends on the order.

    Parameters
    ----------
    lower : array (D, D) in Fortran order
        Its lower triangle counts. The array is taken over, and must not be used by others from now on.
    """

    def __init__(self, lower: FloatArray) -> None:
        self._square = np.asfortranarray(lower)
        self._diagonal = self._square.diagonal().copy()
        self._factorised: tuple[float, float] | None = None

    def __len__(self) -> int:
        return len(self._square)

    def full(self) -> FloatArray:
        """Return the matrix as a new array in C order, both triangles of it."""
        out = self._square.copy(order="F")
        np.fill_diagonal(out, self._diagonal)
        for columns in self._panels():
            out[: columns.start, columns] = out[columns, : columns.start].T
            corner = np.tril(out[columns, columns])
            out[columns, columns] = corner + np.tril(corner, -1).T
        return out.T

    @property
    def diagonal(self) -> FloatArray:
        """A copy of the diagonal ``(D,)``."""
        return self._diagonal.copy()

    def scaled(self, factors: FloatArray) -> SymmetricMatrix:
        """Return a new matrix: this one with row i and column i multiplied by ``factors[i]``, for each i."""
        lower = self._square.copy(order="F")
        np.fill_diagonal(lower, self._diagonal)
        found = SymmetricMatrix(lower)
        found.scale(factors)
        return found

    def scale(self, factors: FloatArray) -> None:
        """Multiply row i and column i by ``factors[i]``, for each i."""
        square = self._matrix_again()
        factors = factors.astype(square.dtype)
        square *= factors
        square *= factors[:, None]
        self._diagonal = square.diagonal().copy()

    def add_square(self, rows: FloatArray) -> None:
        """Add ``rows.T @ rows`` for rows ``(n, D)``."""
        from scipy.linalg.blas import get_blas_funcs

        square = self._matrix_again()
        (add,) = get_blas_funcs(("syrk",), (square,))
        columns = rows.T.astype(square.dtype, copy=False)
        self._square = add(1.0, columns, beta=1.0, c=square, lower=True, overwrite_c=True)
        self._diagonal = self._square.diagonal().copy()

    def factorise(self, scale: float, ridge: float) -> None:
        """Factorise ``scale * M + ridge * I``, and what it takes besides to be positive definite.

        A feature that never varies has no curvature; the jitter keeps its row harmless. Dependent features have
        eigenvalues of 0, and rounding (that of float32 data is some 1e-7 of the largest) may push these below; the
        jitter grows until they are above.

        Raises
        ------
        LinAlgError
            No jitter helps: the matrix has no moments in it.
        """
        from scipy.linalg import LinAlgError
        from scipy.linalg.lapack import dpotrf, spotrf

        if self._factorised == (scale, ridge):
            return
        self._factorised = None
        largest = scale * float(self._diagonal.max()) + ridge
        jitter = JITTER * max(largest, 1e-30)
        cholesky = dpotrf if self._square.dtype == np.float64 else spotrf
        while True:
            self._lift(scale, ridge + jitter)
            # Nothing is cleaned: below the diagonal is the matrix.
            self._square, info = cholesky(self._square, lower=False, overwrite_a=True, clean=False)
            if info == 0:
                break
            if not jitter < largest:
                raise LinAlgError(f"the matrix is not positive definite in its first {info} rows")
            jitter *= 10
        self._factorised = (scale, ridge)

    def solve(self, rows: FloatArray, scale: float, ridge: float) -> FloatArray:
        """Return rows ``(R, D)`` times the inverse of ``scale * M + ridge * I``; see `factorise`."""
        from scipy.linalg import cho_solve

        self.factorise(scale, ridge)
        return np.asarray(cho_solve((self._square, False), rows.T, check_finite=False)).T

    def _lift(self, scale: float, added: float) -> None:
        """Write ``scale * M + added * I`` above the diagonal and on it."""
        square, dtype = self._square, self._square.dtype.type
        for columns in self._panels():
            np.multiply(square[columns, : columns.start].T, dtype(scale), out=square[: columns.start, columns])
            corner = square[columns, columns]
            np.copyto(corner, dtype(scale) * corner.T, where=np.tri(len(corner), k=-1, dtype=bool).T)
        np.fill_diagonal(square, dtype(scale) * self._diagonal)
        np.einsum("ii->i", square)[:] += dtype(added)

    def _matrix_again(self) -> FloatArray:
        """Return the array with M in its lower triangle and on its diagonal; the factor is given up."""
        self._factorised = None
        np.fill_diagonal(self._square, self._diagonal)
        return self._square

    def _panels(self) -> list[slice]:
        """Return the columns that are copied at a time, so that the copies stay in the cache."""
        D = len(self)
        return [slice(low, min(low + TRIANGLE_COLUMNS, D)) for low in range(0, D, TRIANGLE_COLUMNS)]
