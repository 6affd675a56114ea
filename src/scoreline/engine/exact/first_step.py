"""One Newton step from W = 0: what regression comes to, for the price of a factor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from scoreline.data.base import DataSource
from scoreline.engine.exact.curvature import mean_curvature
from scoreline.engine.exact.moments import Moments
from scoreline.engine.problem.backends import oracle_over
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.point import Point

__all__ = ["first_steps", "has_first_step"]


def has_first_step(objective: Objective) -> bool:
    """Tell whether one step says something of the optimum: there is no corner in the loss, nor in the penalty."""
    squares, absolutes = objective.penalty.coefficients or (0.0, 0.0)
    return objective.loss.smooth and squares > 0 and not absolutes


def first_steps(
    objective: Objective, source: DataSource, moments: Moments, lams: Sequence[float], dtype: np.dtype[np.floating]
) -> Iterator[tuple[float, Params]]:
    r"""Yield strengths with where a Newton step from W = 0 leads at each.

    .. math:: W = -G_0\, (c\, M + 2 \lambda \alpha I)^{-1}

    with the gradient :math:`G_0` of the loss and its curvature c at 0, for which one pass over the data serves all
    strengths. For squared losses this is ridge regression on the classes; for others it is off by their
    third derivatives, and yet the best strengths of both are near each other.

    Parameters
    ----------
    objective : Objective
        That `has_first_step`, whatever its `lam`.
    source : DataSource
    moments : Moments
        Of the data.
    lams : sequence of float
        A factor is computed when the step is asked for.
    dtype : dtype
        That the data are multiplied in.
    """
    oracle = oracle_over(replace(objective, lam=np.zeros(1)), source, dtype)
    zero = zero_params(1, objective.n_rows, source.n_features, dtype)
    here = Point.at(oracle, zero, oracle.scores(zero))
    curvature, (squares, _) = mean_curvature(oracle, here.scores), objective.penalty.coefficients or (0.0, 0.0)
    for lam in lams:
        yield lam, moments.preconditioner(curvature, 2 * lam * squares).step(here)
