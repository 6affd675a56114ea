r"""Proximal steps for penalties with absolute values: accelerated, and then Newton's.

A step minimises

.. math:: \langle g, d \rangle + \tfrac12 d^\top (c\, H + 2 \lambda \alpha I)\, d + \lambda \beta |W + d|

by coordinate descent, which needs the matrix H alone and no pass over the data. With the data's second moments for
H the objective is nearly as round as for L-BFGS, so that few passes are needed; with the Hessian fewer still.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.exact.moments import DenseMoments
from scoreline.engine.exact.quadratics import HessianQuadratic, MomentsQuadratic, Quadratic
from scoreline.engine.problem.events import Evaluated, Event, Reason
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Passes
from scoreline.engine.problem.point import Point, dot

__all__ = ["ProximalMetric", "descend_proximally"]

#: By how much the curvature grows when the quadratic was too flat, and shrinks after each step, in case it is not.
STEEPER, FLATTER = 1.5, 0.9
#: Share of a product's speed that passes reach.
OF_A_PRODUCT = 0.25
#: Share of what the slopes promise that a Newton step must gain, and the shortest step that is tried.
ENOUGH, SHORTEST = 0.01, 1e-10


class ProximalMetric:
    r"""The quadratic that stands for the loss and the squares of the penalty near a point.

    It begins with the second moments of the data, and goes over to the Hessian (proximal Newton steps) where as
    many iterations as that takes have not been enough: moments know nothing of rows that are told apart by now.

    Parameters
    ----------
    moments : DenseMoments
    curvature : float
        Of the loss; grows where the quadratic proves too flat.
    ridge : float
        :math:`2 \lambda \alpha`.
    shrink : float
        :math:`\lambda \beta`.

    References
    ----------
    Friedman, Hastie & Tibshirani (2010), Regularization paths for generalized linear models via coordinate
    descent, J. Stat. Softw. 33; Lee, Sun & Saunders (2014), Proximal Newton-type methods, SIAM J. Optim. 24.
    """

    def __init__(self, moments: DenseMoments, curvature: float, ridge: float, shrink: float) -> None:
        self.quadratic: Quadratic = MomentsQuadratic(moments)
        self.curvature, self.ridge, self.shrink = curvature, ridge, shrink
        self.age = 0

    def follow(self, passes: Passes, here: Point) -> bool:
        """Count an iteration, and tell whether the quadratic has become the Hessian at a point."""
        self.age += 1
        n, R, D = len(here.scores), *here.params.W.shape[1:]
        # The Hessian takes n (R D)^2 / 2 multiplications of a product, an iteration 4 n R D at the pace of passes.
        due = self.is_newtons or 8 * self.age >= OF_A_PRODUCT * R * D
        if not (due and HessianQuadratic.entries(n, D, R)):
            return False
        self.quadratic = HessianQuadratic(passes, here)
        self.curvature = 1.0
        return True

    @property
    def is_newtons(self) -> bool:
        """Whether the quadratic is the Hessian."""
        return isinstance(self.quadratic, HessianQuadratic)

    def step(self, here: Point) -> Params:
        """Return the step to the lowest point of the quadratic and the absolute values together."""
        return self.quadratic.step(here, self.curvature, self.ridge, self.shrink)

    def bend(self, step: Params) -> float:
        r""":math:`\tfrac12 d^\top (c M + 2 \lambda \alpha I) d` of a step, bias included."""
        dW = step.W[0].astype(np.float64)
        return float(self.curvature * self.quadratic.along(step) + self.ridge * np.vdot(dW, dW)) / 2

    def bent(self, change: FloatArray, rows: slice) -> FloatArray:
        """Return by how much slopes ``(n, R)`` of some rows change where their scores do."""
        return self.curvature * self.quadratic.bent(change, rows)


def descend_proximally(
    passes: Passes,
    here: Point,
    metric: ProximalMetric,
    decide: Callable[[Point, float], tuple[Point, Reason | None]],
    tell: Callable[[Point], Evaluated],
) -> Generator[Event, Reason | None, tuple[Point, Reason]]:
    """Go down by accelerated proximal steps; begin anew where the objective would rise.

    See `scoreline.engine.exact.descent.descend` for the parameters.

    References
    ----------
    Beck & Teboulle (2009), A fast iterative shrinkage-thresholding algorithm, SIAM J. Imaging Sci. 2; O'Donoghue &
    Candès (2015), Adaptive restart for accelerated gradient schemes, Found. Comput. Math. 15.
    """
    ahead, weight = here, 1.0
    while True:
        step, there = _proximal_step(passes, ahead, metric)
        # What the quadratic promises, the absolute values included.
        promise = ahead.objective - _modelled(passes, ahead, metric, step)
        best, reason = decide(here, promise)
        if reason is not None:
            return best, reason
        if best is not here:
            # A bias that was settled takes the point ahead along: without its momentum a step may get nowhere.
            ahead = best if ahead is here else _carried(passes, ahead, best, here, 1.0)
            here = best
            step, there = _proximal_step(passes, ahead, metric)
        if there.objective >= here.objective:
            if ahead is here and promise <= _noise(here):
                return here, Reason.ROUNDING
            metric.curvature *= STEEPER if ahead is here else 1.0
            ahead, weight = here, 1.0
            continue
        metric.curvature *= FLATTER
        grown = (1 + np.sqrt(1 + 4 * weight * weight)) / 2
        momentum = float((weight - 1) / grown)
        ahead = _carried(passes, there, there, here, momentum) if momentum else there
        here, weight = there, grown
        if metric.follow(passes, here):
            ahead, weight = here, 1.0
        wish = yield tell(here)
        if wish is not None:
            return here, wish


def _proximal_step(passes: Passes, here: Point, metric: ProximalMetric) -> tuple[Params, Point]:
    """Return a step and where it leads; the metric becomes steeper until it lies above the objective there."""
    while True:
        step = metric.step(here)
        change = passes.scores(step)
        if metric.is_newtons:
            return step, _searched(passes, here, step, change)
        scores = here.scores + change
        there = Point.at(passes, here.params.plus(step), scores, np.empty_like(scores))
        bound = _modelled(passes, here, metric, step)
        if there.objective <= bound + _noise(here):
            return step, there
        metric.curvature *= STEEPER


def _searched(passes: Passes, here: Point, step: Params, change: FloatArray) -> Point:
    """Return the first point, halving the step, where the objective falls by a share of what slopes promise."""
    promise = _sloped(passes, here, step)
    t = 1.0
    while True:
        scores = here.scores + here.scores.dtype.type(t) * change
        there = Point.at(passes, here.params.plus(step, t), scores, np.empty_like(scores))
        if there.objective <= here.objective + ENOUGH * t * promise or t < SHORTEST:
            return there
        t /= 2


def _noise(here: Point) -> float:
    """Return the change of the objective that rounding may feign."""
    return float(np.finfo(here.scores.dtype).eps) * abs(here.objective)


def _modelled(passes: Passes, here: Point, metric: ProximalMetric, step: Params) -> float:
    """Return the objective after a step, by the quadratic."""
    return here.objective + (_sloped(passes, here, step) + metric.bend(step))


def _sloped(passes: Passes, here: Point, step: Params) -> float:
    """Return by how much the objective changes along a step by its slopes, and its absolute values as they do."""
    objective = passes.objective
    lam = float(objective.lam[0])
    W = here.params.W

    def absolutes(W: FloatArray) -> float:
        return lam * float((objective.penalty.value(W) - objective.penalty.smooth_value(W))[0])

    return dot(here.gradient, step) + absolutes(W + step.W) - absolutes(W)


def _carried(passes: Passes, here: Point, to: Point, before: Point, share: float) -> Point:
    """Return the point that lies from one by a share of the way between two others."""
    step = to.params.plus(before.params, -1.0)
    scores = here.scores + here.scores.dtype.type(share) * (to.scores - before.scores)
    return Point.at(passes, here.params.plus(step, share), scores, np.empty_like(scores))
