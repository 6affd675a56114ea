"""Coordinate descent on a quadratic with absolute values beside it, which needs its matrix alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.exact.constants import COMPILED_WEIGHTS

__all__ = ["ElasticQuadratic", "descend_by_coordinates"]


class ElasticQuadratic(NamedTuple):
    r"""What is minimised over the steps d of each row w of weights, which do not mix.

    .. math:: \langle g, d \rangle + \tfrac12 d^\top (c H + \rho I) d + \sigma |w + d|

    matrix: H, ``(D, D)``. curvature, ridge, shrink: c, :math:`\rho`, :math:`\sigma`.
    """

    matrix: FloatArray
    curvature: float
    ridge: float
    shrink: float


def descend_by_coordinates(
    quadratic: ElasticQuadratic, gradient: FloatArray, W: FloatArray, most_sweeps: int, accuracy: float
) -> None:
    """Move weights ``(R, D)`` and the gradient there, in place, until a sweep gains next to nothing.

    Parameters
    ----------
    quadratic : ElasticQuadratic
    gradient, W : array (R, D)
    most_sweeps : int
    accuracy : float
        The gain of the last sweep as a share of the first one's.

    References
    ----------
    Friedman, Hastie & Tibshirani (2010), Regularization paths for generalized linear models via coordinate
    descent, J. Stat. Softw. 33.
    """
    args = *quadratic, gradient, W, most_sweeps, accuracy
    if W.size < COMPILED_WEIGHTS:
        _sweep(0, 1, *args)
        return
    from scoreline.kernels.parallel import run_together
    from scoreline.kernels.threads import thread_count

    # Each thread has its own rows.
    n_threads = min(thread_count(), len(W))
    with ThreadPoolExecutor(n_threads) as pool:
        run_together(pool, n_threads, _compiled_sweep(), *args)


def _sweep(
    thread: int,
    n_threads: int,
    matrix: Any,
    curvature: float,
    ridge: float,
    shrink: float,
    gradient: Any,
    W: Any,
    most_sweeps: int,
    accuracy: float,
) -> None:
    """Descend along each weight of a thread's rows in turn, until a sweep changes next to nothing."""
    R, D = W.shape
    for r in range(R * thread // n_threads, R * (thread + 1) // n_threads):
        first = 0.0
        for _ in range(most_sweeps):
            gain = 0.0
            for j in range(D):
                diagonal = curvature * matrix[j, j] + ridge
                aim = W[r, j] - gradient[r, j] / diagonal
                size = abs(aim) - shrink / diagonal
                change = (np.sign(aim) * size if size > 0 else 0.0) - W[r, j]
                if change != 0:
                    W[r, j] += change
                    gradient[r] += matrix.dtype.type(curvature * change) * matrix[j]
                    gradient[r, j] += ridge * change
                    gain += diagonal * change * change
            first = max(first, gain)
            if gain <= accuracy * first:
                break


@cache
def _compiled_sweep() -> Callable[..., None]:
    from scoreline.kernels.compiling import compiled_loosely

    sweep: Callable[..., None] = compiled_loosely(_sweep)
    return sweep
