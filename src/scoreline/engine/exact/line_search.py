"""The lowest point along a direction, from scores alone."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from scoreline.engine.exact.constants import FARTHEST, LEAST_SHARE, MAX_TRIES, SLOPE_TOLERANCE, VALUE_ROUNDING
from scoreline.engine.problem.oracle import LossEvaluation, Vector
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point, dot

__all__ = ["Found", "minimize_along"]


class Found(NamedTuple):
    """The step that a search came to, and the losses and their slopes there."""

    t: float
    evaluated: LossEvaluation
    slopes: Vector


def minimize_along(here: Point, direction: Params, change: Vector) -> Found | None:
    """Return the step near the minimum of a convex objective along `direction`; None if none descends.

    The slope is driven to a fifth of the first one by bracketing, and by cubics through the values and slopes at
    both ends: slopes of softmax grow like exponentials, which a straight line misses by far. A bracket that a try
    has not halved is halved by the next one, whatever the objective. A step of 1 is tried first.

    Parameters
    ----------
    here : Point
        The start.
    direction : Params
    change : Vector
        Scores of the direction.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, equation 3.59.
    """
    oracle, objective = here.oracle, here.oracle.objective
    lam = float(objective.lam[0])
    first = dot(here.gradient, direction)
    highest = here.objective + VALUE_ROUNDING * abs(here.objective)

    def at(t: float, out: Vector | None) -> tuple[float, float, Found]:
        (evaluated,), slopes = oracle.evaluate(here.scores, change, [t], out=out)
        W = here.params.W + t * direction.W
        smooth = objective.penalty.gradient(W)
        slope = evaluated.slope + (0.0 if smooth is None else lam * float(np.vdot(smooth, direction.W)))
        return slope, evaluated.loss + lam * float(objective.penalty.value(W)[0]), Found(t, evaluated, slopes)

    if not first < 0:
        return None
    slopes: Vector | None = None
    low, high, before, t = _End(0.0, first, here.objective), None, np.inf, 1.0
    for _ in range(MAX_TRIES):
        slope, value, found = at(t, slopes)
        slopes = found.slopes
        # Beyond the lowest point a nearly piecewise linear objective may rise far, and yet never steeply.
        flat = abs(slope) <= SLOPE_TOLERANCE * -first and value <= highest
        # Without a penalty the lowest point may lie at infinity: then far is far enough.
        if flat or (slope < 0 and high is None and t > FARTHEST):
            return found
        if slope < 0:
            low = _End(t, slope, value)
        else:
            high = _End(t, slope, value)
        if high is None:
            t = 2 * t
        else:
            width = high.t - low.t
            t = _lowest_of_cubic(low, high) if width <= before / 2 else low.t + width / 2
            before = width
    return at(low.t, slopes)[2] if low.t > 0 else None


class _End(NamedTuple):
    """An end of the bracket: the step, and slope and value there."""

    t: float
    slope: float
    value: float


def _lowest_of_cubic(low: _End, high: _End) -> float:
    """Return where the cubic through both ends is lowest, at least a little way from them."""
    width = high.t - low.t
    mean = low.slope + high.slope - 3 * (high.value - low.value) / width
    root = math.sqrt(max(mean * mean - low.slope * high.slope, 0.0))
    share = (high.slope + root - mean) / (high.slope - low.slope + 2 * root)
    return high.t - width * min(max(share, LEAST_SHARE), 1 - LEAST_SHARE)
