r"""Proximal steps for penalties with absolute values: accelerated, and then Newton's.

A step minimises

.. math:: \langle g, d \rangle + \tfrac12 d^\top (c\, H + 2 \lambda \alpha I)\, d + \lambda \beta |W + d|

by coordinate descent, which needs the matrix H alone and no pass over the data. With the data's second moments for
H the objective is nearly as round as for L-BFGS, so that few passes are needed; with the Hessian fewer still.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.exact.bias import BiasModel
from scoreline.engine.exact.constants import (
    CURVATURE_DECREASE,
    CURVATURE_INCREASE,
    ITERATION_RATE,
    SHORTEST_STEP,
    SUFFICIENT_DECREASE,
)
from scoreline.engine.exact.descent import Proposal
from scoreline.engine.exact.quadratics import HessianQuadratic, MomentsQuadratic, Quadratic
from scoreline.engine.problem.oracle import Oracle, Vector
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point, PointState, dot

__all__ = ["Proximal", "ProximalMetric", "ProximalState"]


@dataclass(frozen=True, eq=False)
class ProximalMetric:
    r"""The quadratic that stands for the loss and the squares of the penalty near a point.

    Parameters
    ----------
    quadratic : Quadratic
    curvature : float
        Of the loss; grows where the quadratic proves too flat.
    ridge : float
        :math:`2 \lambda \alpha`.
    shrink : float
        :math:`\lambda \beta`.
    newton : bool
        Whether the quadratic is the Hessian.
    """

    quadratic: Quadratic
    curvature: float
    ridge: float
    shrink: float
    newton: bool = False

    def step(self, here: Point) -> Params:
        """Return the step to the lowest point of the quadratic and the absolute values together."""
        return self.quadratic.step(here, self.curvature, self.ridge, self.shrink)

    def quadratic_term(self, step: Params) -> float:
        r""":math:`\tfrac12 d^\top (c M + 2 \lambda \alpha I) d` of a step, bias included."""
        dW = step.W[0].astype(np.float64)
        return float(self.curvature * self.quadratic.along(step) + self.ridge * np.vdot(dW, dW)) / 2

    @property
    def vectors(self) -> tuple[Vector, ...]:
        """Those of the quadratic; see `LocalQuadratic.vectors`."""
        return self.quadratic.vectors

    def hessian_product(self, change: FloatArray, *blocks: FloatArray) -> FloatArray:
        """See `LocalQuadratic.hessian_product`."""
        return self.curvature * self.quadratic.hessian_product(change, *blocks)


class ProximalState(NamedTuple):
    """The state of proximal steps."""

    #: Of the metric.
    curvature: float
    #: Whether the metric is the Hessian at the point reached, and the iterations so far.
    newton: bool
    age: int
    #: The point ahead, that momentum leads to, and whether it is another than the point reached.
    ahead: PointState
    coasting: bool
    #: Of the momentum.
    weight: float


class Proximal:
    """Accelerated proximal steps, that begin anew where the objective would rise; see `descent.Descent`.

    They begin with the second moments of the data, and go over to the Hessian (proximal Newton steps) where as
    many iterations as that takes have not been enough: moments count rows whose loss has no curvature any more.

    Parameters
    ----------
    mean : array (D,)
        Of the features.
    matrix : array (D, D)
        The second moments; it is taken over.
    ridge, shrink : float
        See `ProximalMetric`.

    References
    ----------
    Beck & Teboulle (2009), A fast iterative shrinkage-thresholding algorithm, SIAM J. Imaging Sci. 2; O'Donoghue &
    Candès (2015), Adaptive restart for accelerated gradient schemes, Found. Comput. Math. 15; Friedman, Hastie &
    Tibshirani (2010), Regularization paths for generalized linear models via coordinate descent, J. Stat. Softw.
    33; Lee, Sun & Saunders (2014), Proximal Newton-type methods, SIAM J. Optim. 24.
    """

    def __init__(self, mean: FloatArray, matrix: FloatArray, ridge: float, shrink: float) -> None:
        self.moments, self.ridge, self.shrink = MomentsQuadratic(mean, matrix), ridge, shrink
        # The last points: what has been computed of them need not be computed again.
        self._ahead: Point | None = None
        self._hessian: tuple[PointState, HessianQuadratic] | None = None

    def first(self, here: Point, curvature: float) -> ProximalState:
        """Return the state at a point without momentum."""
        return ProximalState(curvature, False, 0, here.state, False, 1.0)

    def with_vectors(self, state: ProximalState, f: Callable[[Any], Any]) -> ProximalState:
        """Return a state with `f` of the vectors of the point ahead; see `Descent.with_vectors`."""
        return state._replace(ahead=state.ahead.with_vectors(f))

    def prepare(self, state: ProximalState) -> None:
        """Compute nothing: see `Descent.prepare`."""

    def quadratic(self, here: Point, state: ProximalState) -> ProximalMetric:
        """Return the metric at a point."""
        if not state.newton:
            return ProximalMetric(self.moments, state.curvature, self.ridge, self.shrink)
        if self._hessian is None or self._hessian[0] is not here.state:
            self._hessian = here.state, HessianQuadratic(here.oracle, here.scores)
        return ProximalMetric(self._hessian[1], state.curvature, self.ridge, self.shrink, newton=True)

    def propose(self, here: Point, state: ProximalState) -> tuple[Proposal, ProximalState]:
        """Return the step from the point ahead; see `Descent.propose`."""
        return self._from_ahead(here, self.quadratic(here, state), state)

    def settled(
        self, here: Point, best: Point, proposal: Proposal, state: ProximalState
    ) -> tuple[Proposal, ProximalState]:
        """Take the point ahead along: without its momentum a step may get nowhere; see `Descent.settled`."""
        if state.coasting:
            self._ahead = _carried(here.oracle, self._point_ahead(here, state), best, here, 1.0)
            state = state._replace(ahead=self._ahead.state)
        again, state = self._from_ahead(best, self.quadratic(here, state), state)
        return again._replace(predicted_decrease=proposal.predicted_decrease), state

    def advance(
        self, here: Point, proposal: Proposal, state: ProximalState, bias: BiasModel
    ) -> tuple[Point | None, ProximalState, BiasModel]:
        """Go where the step leads, with momentum from there; see `Descent.advance`."""
        there = proposal.there
        if there is None or there.objective >= here.objective:
            if not state.coasting and proposal.predicted_decrease <= _noise(here):
                return None, state, bias
            curvature = state.curvature * (1.0 if state.coasting else CURVATURE_INCREASE)
            return here, state._replace(curvature=curvature, ahead=here.state, coasting=False, weight=1.0), bias
        age = state.age + 1
        if self._newton_is_due(there, state, age):
            return there, ProximalState(1.0, True, age, there.state, False, 1.0), bias
        grown = float(1 + np.sqrt(1 + 4 * state.weight * state.weight)) / 2
        momentum = (state.weight - 1) / grown
        self._ahead = _carried(there.oracle, there, there, here, momentum) if momentum else there
        curvature, ahead = state.curvature * CURVATURE_DECREASE, self._ahead.state
        return there, ProximalState(curvature, state.newton, age, ahead, bool(momentum), grown), bias

    def _newton_is_due(self, here: Point, state: ProximalState, age: int) -> bool:
        """Tell whether the iterations so far have taken as long as the Hessian, and there is room for it."""
        n, R, D = here.oracle.n_examples, *here.params.W.shape[1:]
        # The Hessian takes n (R D)^2 / 2 multiplications of a product, an iteration 4 n R D at the pace of passes.
        due = state.newton or 8 * age >= ITERATION_RATE * R * D
        return due and HessianQuadratic.entries(n, D, R) > 0

    def _point_ahead(self, here: Point, state: ProximalState) -> Point:
        if not state.coasting:
            return here
        if self._ahead is None or self._ahead.state is not state.ahead:
            self._ahead = Point(here.oracle, state.ahead)
        return self._ahead

    def _from_ahead(
        self, here: Point, metric: ProximalMetric, state: ProximalState
    ) -> tuple[Proposal, ProximalState]:
        ahead = self._point_ahead(here, state)
        step, there, metric = _proximal_step(ahead, metric)
        # What the quadratic predicts, the absolute values included.
        predicted_decrease = ahead.objective - _modelled(ahead, metric, step)
        return Proposal(step, predicted_decrease, metric, there), state._replace(curvature=metric.curvature)


def _proximal_step(here: Point, metric: ProximalMetric) -> tuple[Params, Point, ProximalMetric]:
    """Return a step, where it leads, and the metric, so steep that it lies above the objective there."""
    oracle = here.oracle
    while True:
        step = metric.step(here)
        change = oracle.scores(step)
        if metric.newton:
            return step, _searched(oracle, here, step, change), metric
        there = Point.at(oracle, here.params.plus(step), oracle.combine(here.scores, 1.0, change))
        if there.objective <= _modelled(here, metric, step) + _noise(here):
            return step, there, metric
        metric = replace(metric, curvature=metric.curvature * CURVATURE_INCREASE)


def _searched(oracle: Oracle, here: Point, step: Params, change: Vector) -> Point:
    """Return the first point, halving the step, where the objective falls by a share of the predicted decrease."""
    predicted_decrease = _sloped(oracle, here, step)
    t = 1.0
    while True:
        scores = oracle.combine(here.scores, t, change)
        there = Point.at(oracle, here.params.plus(step, t), scores)
        if there.objective <= here.objective + SUFFICIENT_DECREASE * t * predicted_decrease or t < SHORTEST_STEP:
            return there
        t /= 2


def _noise(here: Point) -> float:
    """Return the change of the objective that rounding may feign."""
    return float(np.finfo(here.oracle.dtype).eps) * abs(here.objective)


def _modelled(here: Point, metric: ProximalMetric, step: Params) -> float:
    """Return the objective after a step, by the quadratic."""
    return here.objective + (_sloped(here.oracle, here, step) + metric.quadratic_term(step))


def _sloped(oracle: Oracle, here: Point, step: Params) -> float:
    """Return by how much the objective changes along a step by its slopes, and its absolute values as they do."""
    objective = oracle.objective
    lam = float(objective.lam[0])
    W = here.params.W

    def absolutes(W: FloatArray) -> float:
        return lam * float((objective.penalty.value(W) - objective.penalty.smooth_value(W))[0])

    return dot(here.gradient, step) + absolutes(W + step.W) - absolutes(W)


def _carried(oracle: Oracle, here: Point, to: Point, before: Point, share: float) -> Point:
    """Return the point that lies from one by a share of the way between two others."""
    step = to.params.plus(before.params, -1.0)
    scores = oracle.combine(here.scores, share, oracle.combine(to.scores, -1.0, before.scores))
    return Point.at(oracle, here.params.plus(step, share), scores)
