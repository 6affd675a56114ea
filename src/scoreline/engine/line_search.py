"""The lowest point along a direction, from scores alone."""

from __future__ import annotations

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.params import Params
from scoreline.engine.passes import Judged, Passes
from scoreline.engine.point import Point, dot

__all__ = ["minimize_along"]

#: The slope must fall to this share of the first one, and the objective must not rise by more than rounding does.
FLAT_ENOUGH, ROUNDING = 0.2, 1e-6
MAX_TRIES = 30
#: A step that still leads down here is long enough.
FARTHEST = 1e4


def minimize_along(
    passes: Passes, here: Point, direction: Params, change: FloatArray
) -> tuple[float, Judged | None]:
    """Return the step at which a convex objective is nearly lowest along `direction`, judged; 0 if none goes down.

    The slope is driven to a fifth of the first one by bracketing and regula falsi (Illinois), which is robust on
    piecewise quadratic objectives too. A step of 1 is tried first.

    Parameters
    ----------
    passes : Passes
    here : Point
        The start. Its slopes are overwritten with those at the step.
    direction : Params
    change : array (N, R)
        Scores of the direction.

    References
    ----------
    Dahlquist & Björck (1974), Numerical Methods, 6.2.
    """
    objective = passes.objective
    lam = float(objective.lam[0])
    first = dot(here.gradient, direction)
    highest = here.objective + ROUNDING * abs(here.objective)

    def at(t: float) -> tuple[float, float, Judged]:
        judged = passes.judge(here.scores, change, t, here.slopes)
        W = here.params.W + t * direction.W
        smooth = objective.penalty.gradient(W)
        slope = judged.slope + (0.0 if smooth is None else lam * float(np.vdot(smooth, direction.W)))
        return slope, judged.loss + lam * float(objective.penalty.value(W)[0]), judged

    if not first < 0:
        return 0.0, None
    low, low_slope, high, high_slope = 0.0, first, np.inf, np.inf
    t, previous = 1.0, first
    for _ in range(MAX_TRIES):
        slope, value, judged = at(t)
        # Beyond the lowest point a nearly piecewise linear objective may rise far, and yet never steeply.
        flat = abs(slope) <= FLAT_ENOUGH * -first and value <= highest
        # Without a penalty the lowest point may lie at infinity: then far is far enough.
        if flat or (slope < 0 and np.isinf(high) and t > FARTHEST):
            return t, judged
        # Illinois: the end that stays twice in a row counts half, so that the bracket shrinks from both ends.
        stays = 0.5 if (slope < 0) == (previous < 0) else 1.0
        previous = slope
        if slope < 0:
            low, low_slope, high_slope = t, slope, stays * high_slope
        else:
            high, high_slope, low_slope = t, slope, stays * low_slope
        t = 2 * t if np.isinf(high) else low - low_slope * (high - low) / (high_slope - low_slope)
    return (low, at(low)[2]) if low > 0 else (0.0, None)
