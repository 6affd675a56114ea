"""The lowest point along a direction, from scores alone."""

from __future__ import annotations

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.objective import Objective
from scoreline.engine.params import Params
from scoreline.engine.scored import Labelled

__all__ = ["minimize_along"]

#: The slope must fall to this share of the first one.
FLAT_ENOUGH = 0.05
MAX_TRIES = 30
#: A step that still leads down here is long enough.
FARTHEST = 1e4


def minimize_along(
    objective: Objective,
    labelled: Labelled,
    params: Params,
    scores: FloatArray,
    direction: Params,
    change: FloatArray,
) -> float:
    """Return the step at which a convex objective is nearly lowest along `direction`; 0 if none leads down.

    The slope is driven to a twentieth of the first one by bracketing and regula falsi (Illinois), which is
    robust on piecewise quadratic objectives too. A step of 1 is tried first.

    Parameters
    ----------
    objective : Objective
        With K = 1.
    labelled : Labelled
    params, direction : Params
        Start and direction.
    scores, change : arrays (N, R)
        Scores of both.

    References
    ----------
    Dahlquist & Björck (1974), Numerical Methods, 6.2.
    """

    def slope(t: float) -> float:
        moved = scores + change.dtype.type(t) * change
        slopes = objective.loss.value_and_gradient(moved, labelled.y)[1]
        smooth = objective.penalty.gradient(params.W + t * direction.W)
        penalty = 0.0 if smooth is None else float(objective.lam[0]) * float(np.vdot(smooth, direction.W))
        return labelled.mean(np.einsum("nr,nr->n", slopes, change)) + penalty

    first = slope(0.0)
    if not first < 0:
        return 0.0
    low, low_slope, high, high_slope = 0.0, first, np.inf, np.inf
    t, previous = 1.0, first
    for _ in range(MAX_TRIES):
        here = slope(t)
        if abs(here) <= FLAT_ENOUGH * -first:
            return t
        # Illinois: the end that stays twice in a row counts half, so that the bracket shrinks from both ends.
        stays = 0.5 if (here < 0) == (previous < 0) else 1.0
        previous = here
        if here < 0:
            low, low_slope, high_slope = t, here, stays * high_slope
        else:
            high, high_slope, low_slope = t, here, stays * low_slope
        if np.isinf(high) and t > FARTHEST:
            return t  # without a penalty the lowest point may lie at infinity
        t = 2 * t if np.isinf(high) else low - low_slope * (high - low) / (high_slope - low_slope)
    return low
