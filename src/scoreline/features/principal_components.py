"""Principal components of rows that are read a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from scoreline._typing import FloatArray
from scoreline.kernels.threads import one_blas_thread

__all__ = ["principal_components"]

#: Directions that are iterated beyond those that are wanted, as scikit-learn's randomized_svd has them.
_MORE = 10
#: Power iterations: for few components of many, where more are needed, and otherwise.
_ITERATIONS_OF_FEW, _ITERATIONS = 7, 4


def principal_components(
    blocks: Callable[[], Iterator[FloatArray]], shape: tuple[int, int], most: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return the largest singular values of rows, and their right singular vectors ``(at most `most`, D)``.

    The BLAS libraries have one thread: what is learned does not depend on their number, and to orthonormalise a
    few columns takes tens of times as long with two threads, of which one has to wait for other programs.

    Parameters
    ----------
    blocks : callable
        Yields the rows in order, some at a time, each time it is called. Rows are float32.
    shape : tuple of int
        Number and length of the rows.
    most : int
    seed : int
        Of the directions to begin with.

    References
    ----------
    Halko, N., Martinsson, P. G. & Tropp, J. A. (2011). Finding structure with randomness. SIAM Review 53,
    algorithms 4.4 and 5.1. scikit-learn's `randomized_svd` is the same for rows in one array.
    """
    most = min(most, *shape)
    with one_blas_thread():
        return _iterated(blocks, shape, most, seed)


def _iterated(
    blocks: Callable[[], Iterator[FloatArray]], shape: tuple[int, int], most: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    from scipy.linalg import svd

    n_iterations = _ITERATIONS_OF_FEW if most < 0.1 * min(shape) else _ITERATIONS
    start = np.random.default_rng(seed).normal(size=(shape[1], most + _MORE))
    right: FloatArray = start.astype(np.float32)
    for _ in range(n_iterations):
        right = _orthonormal(_times_transposed(blocks, _orthonormal(_times(blocks, right))))
    left = _orthonormal(_times(blocks, right))
    _, values, directions = svd(_times_transposed(blocks, left).T, full_matrices=False, check_finite=False)
    return values[:most], directions[:most]


def _times(blocks: Callable[[], Iterator[FloatArray]], right: FloatArray) -> FloatArray:
    return np.concatenate([block @ right for block in blocks()])


def _times_transposed(blocks: Callable[[], Iterator[FloatArray]], left: FloatArray) -> FloatArray:
    total: FloatArray = np.zeros(1, np.float32)
    begin = 0
    for block in blocks():
        total = total + block.T @ left[begin : begin + len(block)]
        begin += len(block)
    return total


def _orthonormal(columns: FloatArray) -> FloatArray:
    from scipy.linalg import qr

    return np.asarray(qr(columns, mode="economic", check_finite=False)[0])
