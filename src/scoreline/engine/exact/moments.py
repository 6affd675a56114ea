"""Second moments of the data, and the preconditioners that follow from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.exact.constants import (
    CHOLESKY_COST,
    EIGEN_COST,
    FACTOR_ROWS,
    FEWEST_ROWS,
    JITTER,
    KEPT_DIRECTIONS,
    MOMENTS_ITERATIONS,
    MOST_FEATURES,
    ROWS_PER_FEATURE,
    SPARSE_FACTOR_ROWS,
    SPARSE_FILL,
)
from scoreline.engine.exact.orthonormal import orthonormal
from scoreline.engine.exact.row_sample import sample_rows
from scoreline.engine.exact.sparse_moments import SampleVectors, sparse_factors, sparse_mean_and_matrix
from scoreline.engine.exact.symmetric import SymmetricMatrix
from scoreline.engine.problem.objective import Objective, block_rows, compute_dtype, row_weights
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point
from scoreline.rows import stored_entries

__all__ = [
    "DenseMoments",
    "Factors",
    "Moments",
    "MomentsForm",
    "Preconditioner",
    "SpectralMoments",
    "bytes_of_factors",
    "bytes_of_matrix",
    "choose_form",
    "measure_factors",
    "measure_matrix",
    "measure_moments",
]


@dataclass(frozen=True, eq=False)
class Preconditioner:
    r"""The inverse of :math:`c\, M + 2 \lambda I` for each row of W, with the bias eliminated.

    M are the moments about `mean`. Rows with a 1 appended would couple W and b; with the bias of centred rows,
    :math:`b' = b + W \bar x`, they part, and :math:`b'` has the curvature c alone.
    """

    inverse: Callable[[FloatArray], FloatArray]
    mean: FloatArray
    curvature: float

    @property
    def vectors(self) -> tuple[()]:
        """Nothing: all examples have the same curvature; see `LocalQuadratic.vectors`."""
        return ()

    def hessian_product(self, change: FloatArray, *blocks: FloatArray) -> FloatArray:
        """See `LocalQuadratic.hessian_product`."""
        del blocks
        return self.curvature * change.astype(np.float64)

    def step(self, here: Point) -> Params:
        """Return the step to the lowest point of the quadratic at a point."""
        solved = self.solve(here.gradient)
        return Params(-solved.W, -solved.b)

    def solve(self, gradient: Params) -> Params:
        """Return the inverse times `gradient`."""
        dtype = gradient.W.dtype
        of_bias = gradient.b[0].astype(np.float64)
        centred = gradient.W[0] - np.outer(of_bias, self.mean).astype(dtype)
        W = self.inverse(centred).astype(dtype, copy=False)
        b = of_bias / self.curvature - W @ self.mean
        return Params(W[None], b[None].astype(dtype))


class Factors:
    """Preconditioners of one ridge; the last one is kept, as a factor may take as long as many iterations."""

    def __init__(self, moments: Moments, ridge: float) -> None:
        self.moments, self.ridge = moments, ridge
        self._last: Preconditioner | None = None

    def at(self, curvature: float) -> Preconditioner:
        """Return the preconditioner for a curvature of the loss."""
        if self._last is None or self._last.curvature != curvature:
            self._last = None  # before there is another: they may be gigabytes
            self._last = self.moments.preconditioner(curvature, self.ridge)
        return self._last


class Moments(ABC):
    r"""What has been measured of :math:`M = \frac{1}{\sum w} \sum_i w_i (x_i - \bar x)(x_i - \bar x)^\top`."""

    #: Whether some directions of the data share one curvature, as a sample of the rows says nothing of each.
    partial = False

    def __init__(self, mean: FloatArray) -> None:
        self.mean, self.serve_more_rows = mean, True

    @abstractmethod
    def inverse(self, curvature: float, ridge: float) -> Callable[[FloatArray], FloatArray]:
        """Return what multiplies rows ``(R, D)`` by the inverse of ``curvature * M + ridge * I``."""

    def full_matrix(self) -> FloatArray | None:
        """Return the matrix M itself as a new array, where the form has it."""
        return None

    def update(self, before: Objective, n: int, objective: Objective, source: DataSource) -> None:
        """Become those of a source that begins with the n rows they were measured on, where they can.

        Ordinary rows change little. A row with features that few others have, of which moments know nothing, keeps
        L-BFGS busy for hundreds of iterations; and such features change their scale with each row that has them.

        Parameters
        ----------
        before : Objective
            Whose standardisation the rows had then.
        n : int
        objective : Objective
            Whose standardisation they have now.
        source : DataSource
        """
        del before, n, objective, source

    @property
    @abstractmethod
    def multiplications_for_a_ridge(self) -> float:
        """What `inverse` takes, in multiplications of a matrix product."""

    def preconditioner(self, curvature: float, ridge: float) -> Preconditioner:
        """Return the preconditioner for a curvature of the loss and a ridge of ``2 lam``."""
        return Preconditioner(self.inverse(curvature, ridge), self.mean, curvature)


class DenseMoments(Moments):
    """The matrix itself, factorised anew for each ridge in its own room.

    Parameters
    ----------
    mean : array (D,)
    matrix : SymmetricMatrix (D, D)
    """

    def __init__(self, mean: FloatArray, matrix: SymmetricMatrix) -> None:
        super().__init__(mean)
        self._matrix = matrix

    @property
    def multiplications_for_a_ridge(self) -> float:
        """Those of a Cholesky factor; see `Moments.multiplications_for_a_ridge`."""
        return CHOLESKY_COST * len(self._matrix) ** 3

    def full_matrix(self) -> FloatArray:
        """Copy the matrix; see `Moments.full_matrix`."""
        return self._matrix.full()

    def inverse(self, curvature: float, ridge: float) -> Callable[[FloatArray], FloatArray]:
        """Factorise; see `Moments.inverse`."""
        self._matrix.factorise(curvature, ridge)
        return lambda rows: self._matrix.solve(rows, curvature, ridge)

    def update(self, before: Objective, n: int, objective: Objective, source: DataSource) -> None:
        """Rescale, and add the rows behind the first n; see `Moments.update`."""
        N = source.n_examples
        kept = np.full(source.n_features, np.sqrt(n / N))
        then, now = before.standardization, objective.standardization
        if then is not None and now is not None:
            kept *= np.divide(now.scale, then.scale, out=np.zeros_like(now.scale), where=then.scale > 0)
        self._matrix.scale(kept)
        if n >= N:
            return
        size = block_rows(source.n_features)
        begin = n // size * size
        for batch in source.batches(size, seed=None, start=n // size):
            new = slice(max(n - begin, 0), None)
            X = objective.standardized(batch.X[new], compute_dtype(batch.X.dtype))
            X -= self.mean.astype(X.dtype)  # before digits are lost to the matrix's dtype
            X *= np.sqrt(row_weights(batch)[new] / source.total_weight).astype(X.dtype)[:, None]
            self._matrix.add_square(X)
            begin += len(batch.y)


class SpectralMoments(Moments):
    """Eigenvalues and vectors, which serve every ridge; directions beyond them share one value."""

    def __init__(
        self, mean: FloatArray, values: FloatArray, vectors: FloatArray | SampleVectors, rest: float
    ) -> None:
        super().__init__(mean)
        self.values, self.vectors, self.rest = values, vectors, rest
        self.partial = rest > 0
        # Those of all rows, fewer than features, know nothing of where new rows lie.
        self.serve_more_rows = self.partial or vectors.shape[0] == vectors.shape[1]

    @property
    def multiplications_for_a_ridge(self) -> float:
        """None at all; see `Moments.multiplications_for_a_ridge`."""
        return 0.0

    def inverse(self, curvature: float, ridge: float) -> Callable[[FloatArray], FloatArray]:
        """Scale along the eigenvectors; see `Moments.inverse`."""
        floor = JITTER * curvature * max(float(self.values.max(initial=0)), 1e-30)
        along = 1 / (curvature * np.maximum(self.values, 0) + ridge + floor)
        if self.vectors.shape[0] == self.vectors.shape[1]:
            return lambda rows: ((rows @ self.vectors) * along.astype(rows.dtype)) @ self.vectors.T
        elsewhere = 1 / (curvature * self.rest + ridge + floor)

        def times(rows: FloatArray) -> FloatArray:
            """Multiply what lies along the vectors and what lies elsewhere, each by its own."""
            inside = rows @ self.vectors
            outside = rows - inside @ self.vectors.T
            # What rounding has left in it of strong directions would be multiplied by far more than they are: with
            # wide rows alike by a million times as much, and the way would no longer lead down.
            left = outside @ self.vectors
            outside *= rows.dtype.type(elsewhere)
            outside += (inside * along.astype(rows.dtype) - rows.dtype.type(elsewhere) * left) @ self.vectors.T
            return outside

        return times


class MomentsForm(NamedTuple):
    """A form that moments are measured in, and what that takes."""

    measure: Callable[[Objective, DataSource, int], Moments]
    #: m, the rows of the sample.
    n_rows: int
    #: Memory at the worst moment, beside blocks of rows.
    n_bytes: int


def choose_form(
    N: int, D: int, R: int, dtype: np.dtype[np.floating], *, n_ridges: int = 1, entries: int | None = None
) -> MomentsForm:
    r"""Return the form of second moments that costs least: data and settings decide, never the memory there is.

    With m rows in the sample, D features, R rows of scores and K ridges that are to be served, counted in
    multiplications of a matrix product, and in float32 numbers:

    ========================  ==============================  ====================  ===================
    form                      to begin with                   for each ridge        memory
    ========================  ==============================  ====================  ===================
    Cholesky, D x D           m D^2                           0.3 D^3               D^2
    eigenvectors, D x D       m D^2 + 11 D^3                  0                     2 D^2
    eigenvectors of m rows    m^2 D + 11 m^3                  0                     4 m (m + D)
    ========================  ==============================  ====================  ===================

    The last is the dual form, exact where all rows are in the sample (N < D). It is also what is left for more
    than 24,576 features, where a sample of 2,048 rows gives the strongest half of its directions, and all others
    share their mean; so it is for sparse rows where the matrix had many more numbers than they store. Data in
    float64 add up in float64, and take three times as much for a Cholesky factor.

    The better the moments, the fewer the iterations, and the tighter the certificate: m is so large that the
    matrix costs about what 8 iterations do, :math:`m D^2 = 16 K \cdot 2 N D R`, but at least 2.5 rows a
    feature. For ten classes of pixels that is a sample; for a thousand classes, or a path of 45 ridges, all rows.

    Parameters
    ----------
    N, D, R : int
    dtype : dtype
        That the data are multiplied in.
    n_ridges : int
        How many values of ``lam`` will be asked for.
    entries : int, optional
        Numbers that a row stores, D by default.
    """
    entries = D if entries is None else entries
    if D > MOST_FEATURES or (entries < D and SPARSE_FILL * N * entries < D**2):
        m = min(N, SPARSE_FACTOR_ROWS if entries < D else FACTOR_ROWS)
        return MomentsForm(_dual, m, bytes_of_factors(m, entries, dtype))
    affordable = 4 * MOMENTS_ITERATIONS * n_ridges * N * R / D
    m = int(min(N, max(affordable, ROWS_PER_FEATURE * D, FEWEST_ROWS)))
    matrix = bytes_of_matrix(D, dtype)
    forms = {
        MomentsForm(_dense, m, matrix): m * D**2 + n_ridges * CHOLESKY_COST * D**3,
        MomentsForm(_spectral, m, max(matrix, 2 * 4 * D**2)): m * D**2 + EIGEN_COST * D**3,
        MomentsForm(_dual, m, bytes_of_factors(m, D, dtype)): m**2 * D + EIGEN_COST * m**3,
    }
    return min(forms, key=lambda form: forms[form])


def bytes_of_matrix(D: int, dtype: np.dtype[np.floating]) -> int:
    """Return the memory of a matrix of D x D in float32, and of one in the dtype that it was added up in."""
    return (4 if dtype.itemsize == 4 else 4 + dtype.itemsize) * D**2


def bytes_of_factors(m: int, D: int, dtype: np.dtype[np.floating]) -> int:
    """Return the memory of factors of m rows while they are computed."""
    return 4 * m * (D + m) * dtype.itemsize


def measure_moments(objective: Objective, source: DataSource, *, n_ridges: int = 1) -> Moments:
    """Measure second moments on a sample of the rows, in the form that costs least; see `choose_form`.

    Long rows are in the sample for certain; see `sample_rows`.

    Parameters
    ----------
    objective : Objective
        Its standardisation applies; with a bias, moments are taken about the mean.
    source : DataSource
    n_ridges : int
        How many values of ``lam`` will be asked for.

    References
    ----------
    Böhning (1992), Ann. Inst. Statist. Math. 44, for a fixed matrix in place of the Hessian; Erdogdu & Montanari
    (2015), Convergence rates of sub-sampled Newton methods, NIPS.
    """
    N, D, dtype = source.n_examples, source.n_features, compute_dtype(source.dtype)
    form = choose_form(N, D, objective.n_rows, dtype, n_ridges=n_ridges, entries=stored_entries(source.rows))
    return form.measure(objective, source, form.n_rows)


def measure_factors(objective: Objective, source: DataSource, m: int) -> Moments:
    """Measure the strongest directions of m rows alone, where there is no room for a matrix."""
    return _dual(objective, source, min(source.n_examples, m))


def measure_matrix(objective: Objective, source: DataSource) -> DenseMoments:
    """Measure the matrix itself, on as many rows as pay off where only the matrix tells of curvature."""
    N, D = source.n_examples, source.n_features
    return _dense(objective, source, int(min(N, max(4 * ROWS_PER_FEATURE * D, FEWEST_ROWS))))


def _dense(objective: Objective, source: DataSource, m: int) -> DenseMoments:
    mean, lower = _mean_and_matrix(objective, source, m)
    return DenseMoments(mean, SymmetricMatrix(lower))


def _spectral(objective: Objective, source: DataSource, m: int) -> Moments:
    from scipy.linalg import eigh

    mean, matrix = _mean_and_matrix(objective, source, m)
    values, vectors = eigh(matrix, overwrite_a=True, check_finite=False)
    return SpectralMoments(mean, values.astype(np.float64), vectors, 0.0)


def _dual(objective: Objective, source: DataSource, m: int) -> Moments:
    from scipy.linalg import eigh

    if source.rows.matrix is not None:
        return SpectralMoments(*sparse_factors(objective, source, m))
    blocks = list(sample_rows(objective, source, m))
    X, share = np.concatenate([X for X, _ in blocks]), np.concatenate([share for _, share in blocks])
    share /= share.sum()
    mean = share @ X if objective.fit_intercept else np.zeros(X.shape[1])
    X = (X - mean.astype(X.dtype)) * np.sqrt(share)[:, None].astype(X.dtype)
    values, left = eigh(X @ X.T, overwrite_a=True, check_finite=False)
    largest = max(float(values.max(initial=0)), 1e-30)
    there = values > len(X) * np.finfo(X.dtype).eps * largest
    complete = m == source.n_examples
    if not complete:
        there[: int((1 - KEPT_DIRECTIONS) * len(values))] = False
    vectors = orthonormal((X.T @ left[:, there]) / np.sqrt(values[there]))
    others = X.shape[1] - int(there.sum())
    rest = float(np.maximum(values[~there], 0).sum()) / others if others and not complete else 0.0
    return SpectralMoments(mean, values[there].astype(np.float64), vectors, rest)


def _mean_and_matrix(objective: Objective, source: DataSource, m: int) -> tuple[FloatArray, FloatArray]:
    """Return the mean (0 without a bias) and the lower triangle, zeros above it, of the moments about it."""
    from scipy.linalg.blas import get_blas_funcs

    if source.rows.matrix is not None:
        return sparse_mean_and_matrix(objective, source, m)
    D = source.n_features
    total, sums, shift = 0.0, np.zeros(D), None
    matrix: FloatArray = np.zeros((D, D), compute_dtype(source.dtype), order="F")
    add_square, add_outer = get_blas_funcs(("syrk", "syr"), (matrix,))
    for X, share in sample_rows(objective, source, m):
        # About a point near the mean, so that little is left to take off at the end.
        of_rows = share.astype(X.dtype)
        shift = (of_rows @ X).astype(np.float64) / max(share.sum(), 1e-300) if shift is None else shift
        if objective.fit_intercept:
            X -= shift.astype(X.dtype)
        total += float(share.sum())
        sums += of_rows @ X
        X *= np.sqrt(of_rows)[:, None]
        # NumPy would fill both triangles for each block of rows, which takes longer than the product.
        matrix = add_square(1.0, X.T, beta=1.0, c=matrix, lower=True, overwrite_c=True)
    matrix /= total
    if not objective.fit_intercept or shift is None:
        return np.zeros(D), matrix.astype(np.float32, copy=False)
    offset = sums / total
    matrix = add_outer(-1.0, offset, a=matrix, lower=True, overwrite_a=True)
    return shift + offset, matrix.astype(np.float32, copy=False)
