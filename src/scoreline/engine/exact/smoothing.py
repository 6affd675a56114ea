"""Smoothing of hinges with a prox-centre: a proximal point method on the dual.

A plain hinge has a kink, where it has no Hessian. It is replaced by a smooth function that lies near it: the
nearer, the smaller the width is, and the nearer the prox-centre, a point among the slopes, is to those of the
optimum. The centre moves to the slopes reached; the width is cut where that alone gains little.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.engine.exact.constants import COST_DECREASE, FIRST_WIDTH, WIDTH_FACTOR
from scoreline.engine.problem.oracle import LossEvaluation, Oracle, Vector
from scoreline.engine.problem.point import Point, PointState

__all__ = ["Smoothing", "SmoothingState"]


class SmoothingState(NamedTuple):
    """How a loss is smoothed."""

    #: Over which the kinks are smoothed; 0 where the loss needs no smoothing.
    width: float
    #: By how much the gap would have been less at the last centre, had the plain hinges these slopes.
    cost: float
    #: What is added to the scores, so that the smoothing is about the centre; None about 0.
    shift: Vector | None

    def with_vectors(self, f: Callable[[Any], Any]) -> SmoothingState:
        """Return the state with `f` of its vector in place of that."""
        return self if self.shift is None else self._replace(shift=f(self.shift))


class Smoothing:
    """Turns an objective into smooth ones, and tells what that costs; a smooth objective stays as it is.

    Parameters
    ----------
    plain : Oracle
        Of the objective.
    """

    def __init__(self, plain: Oracle) -> None:
        loss = plain.objective.loss
        self.plain, self.loss = plain, None if loss.smooth else loss.smoothing
        self._last: tuple[float, Oracle] = 0.0, plain
        # What the last point was worth: it is asked for by the event, and by the policy before and after.
        self._evaluated: tuple[PointState, SmoothingState, LossEvaluation] | None = None

    def first(self) -> SmoothingState:
        """Return the widest smoothing, about 0."""
        width = 0.0 if self.loss is None else FIRST_WIDTH * self.loss.margin
        return SmoothingState(width, np.inf, None)

    def oracle(self, state: SmoothingState) -> Oracle:
        """Return the oracle of the smooth objective."""
        if self.loss is not None and self._last[0] != state.width:
            self._last = state.width, self.plain.with_loss(self.loss.smoothed(state.width))
        return self._last[1]

    def scores(self, here: Point, state: SmoothingState) -> Vector:
        """Return a point's scores, not shifted to the centre."""
        return here.scores if state.shift is None else self.plain.combine(here.scores, -1.0, state.shift)

    def evaluated(self, here: Point, state: SmoothingState) -> LossEvaluation:
        """Evaluate the plain loss."""
        if self.loss is None:
            return here.evaluated
        known = self._evaluated
        if known is None or known[0] is not here.state or known[1] is not state:
            (evaluated,), _ = self.plain.evaluate(self.scores(here, state), None, [0.0])
            self._evaluated = known = here.state, state, evaluated
        return known[2]

    def value(self, here: Point, state: SmoothingState) -> float:
        """Return the plain objective."""
        return self.evaluated(here, state).loss + (here.objective - here.evaluated.loss)

    def cost(self, here: Point, state: SmoothingState) -> float:
        """Return by how much the gap would be less, had the plain hinges the slopes of the smooth ones."""
        if self.loss is None:
            return 0.0
        conjugate = self.loss.conjugate

        def young(y: Labels, w: FloatArray, slopes: FloatArray, scores: FloatArray) -> FloatArray:
            slopes = slopes.astype(np.float64)
            return np.asarray(w @ (conjugate(slopes, y) - np.einsum("nr,nr->n", slopes, scores)))

        total = float(self.plain.reduce(young, here.slopes, self.scores(here, state)))
        return self.evaluated(here, state).loss + total / self.plain.total_weight

    def recentred(self, here: Point, state: SmoothingState) -> tuple[Point, SmoothingState]:
        """Move the centre to the slopes reached, and cut the width where that alone gains little."""
        if self.loss is None:
            return here, state
        cost, scores, loss = self.cost(here, state), self.scores(here, state), self.loss
        width = state.width * WIDTH_FACTOR if cost > COST_DECREASE * state.cost else state.width
        smoothed = loss.smoothed(width)
        shift = self.plain.transform(lambda y, slopes: smoothed.shift(loss.feasible(slopes, y), y), here.slopes)
        state = SmoothingState(width, cost, shift)
        return Point.at(self.oracle(state), here.params, self.plain.combine(scores, 1.0, shift)), state
