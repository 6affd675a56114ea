"""When to evaluate the duality gap, and what follows from it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.engine.exact.certificate import dual_value, has_certificate, relative_gap
from scoreline.engine.exact.constants import (
    EVALUATION_INTERVAL,
    FIRST_COST_EVALUATION,
    FIRST_EVALUATION,
    INNER_ACCURACY,
    LEAST_DECREASE,
    MOST_DECREASE,
    NEGLIGIBLE,
    SMOOTHING_SHARE,
    STALLED_EVALUATIONS,
    STALLED_SHARE,
)
from scoreline.engine.exact.descent import LocalQuadratic
from scoreline.engine.exact.smoothing import Smoothing, SmoothingState
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.point import Point

__all__ = ["GapPolicy", "GapState"]


class GapState(NamedTuple):
    """What is known of the gap."""

    #: Predicted decrease, relative to the objective, at which gap or cost of smoothing is evaluated next.
    threshold: float
    #: Iteration of the last evaluation; -1 before the first.
    evaluated: int
    #: Relative gap at the present point; NaN where it has not been evaluated.
    gap: float
    #: The least gap so far, the objective at the last evaluation, and evaluations in a row that moved neither.
    least: float
    value: float
    stalled: int


class GapPolicy:
    """Evaluates the gap where little more is predicted; stops when it, or the prediction alone, is small enough.

    Where there is no certificate (see `scoreline.engine.exact.certificate`), the prediction alone decides.

    Parameters
    ----------
    smoothing : Smoothing
        Of the objective.
    tol : float
        Relative accuracy.
    """

    def __init__(self, smoothing: Smoothing, tol: float) -> None:
        objective = smoothing.plain.objective
        self.smoothing, self.plain, self.tol = smoothing, smoothing.plain, tol
        self.certified = has_certificate(objective)
        # An objective without penalty may have no lower bound but 0, where relative accuracy means nothing.
        self.floor = NEGLIGIBLE * objective.value_at_zero

    def first(self, smoothing: SmoothingState) -> GapState:
        """Return what is known before the first step."""
        threshold = FIRST_EVALUATION * self.tol if self.certified else self.tol
        return GapState(FIRST_COST_EVALUATION if smoothing.width else threshold, -1, np.nan, np.inf, np.inf, 0)

    def size(self, here: Point, smoothing: SmoothingState) -> float:
        """Return what accuracy is relative to: the plain objective."""
        return max(self.smoothing.value(here, smoothing), self.floor)

    def is_due(self, state: GapState, iteration: int, relative_decrease: float) -> bool:
        """Tell whether the gap should be evaluated."""
        overdue = state.evaluated >= 0 and iteration >= state.evaluated + EVALUATION_INTERVAL
        return relative_decrease <= state.threshold or overdue

    def decided(
        self,
        here: Point,
        state: GapState,
        smoothing: SmoothingState,
        *,
        iteration: int,
        predicted_decrease: float,
        quadratic: LocalQuadratic | None,
    ) -> tuple[GapState, Reason | None]:
        """Evaluate the gap at a point whose bias is settled; return why to stop there, None to go on."""
        size, cost = self.size(here, smoothing), self.smoothing.cost(here, smoothing)
        if cost > SMOOTHING_SHARE * self.tol * size:
            if predicted_decrease <= INNER_ACCURACY * cost:
                return state, Reason.CONVERGED
            return state._replace(threshold=float(INNER_ACCURACY * cost / size)), None
        gap = self.gap_at(here, smoothing, quadratic)
        state = state._replace(gap=gap, evaluated=iteration)
        if gap <= self.tol:
            return state, Reason.CONVERGED
        state = self._stalled(state, here, smoothing)
        if state.stalled >= STALLED_EVALUATIONS:
            return state, Reason.PRECISION
        # The gap falls about as the predicted decrease does.
        fall = float(np.clip(2 * self.tol / gap, LEAST_DECREASE, MOST_DECREASE))
        return state._replace(threshold=float(min(predicted_decrease / size, state.threshold) * fall)), None

    def is_proof(self, here: Point, smoothing: SmoothingState) -> bool:
        """Whether the slopes, as they are, about prove the point.

        What the weights have in the gap is then the square of the gradient, which is known, over 4 lam.
        """
        squares, absolutes = self.plain.objective.penalty.coefficients or (0.0, 0.0)
        if not self.certified or smoothing.width or absolutes:
            return False
        reach = float(np.square(here.gradient.W, dtype=np.float64).sum())
        reach /= 4 * float(self.plain.objective.lam[0]) * squares
        return reach <= self.tol * max(here.objective, self.floor)

    def gap_at(self, here: Point, smoothing: SmoothingState, quadratic: LocalQuadratic | None) -> float:
        """Return the relative gap of the objective, its hinges not smoothed.

        Where the curvature is about the same for all rows and classes, slopes that are moved along the next step
        give a far better bound; where it is not, as with many classes, those of the point itself do.
        """
        loss = self.plain.objective.loss.certificate
        slopes = here.slopes
        if (
            loss is not None
            and quadratic is not None
            and not smoothing.width
            and not self.is_proof(here, smoothing)
        ):
            # The next step, were it taken, would take most of the gradient, and so of the gap, out of the slopes.
            change = here.oracle.scores(quadratic.step(here))

            def moved(y: Labels, slopes: FloatArray, change: FloatArray, *blocks: FloatArray) -> FloatArray:
                return loss.feasible(slopes + quadratic.hessian_product(change, *blocks), y)

            slopes = here.oracle.transform(moved, here.slopes, change, *quadratic.vectors, out=change)
        dual = dual_value(self.plain, slopes)
        return relative_gap(self.smoothing.value(here, smoothing), dual)

    def is_accurate(self, here: Point, smoothing: SmoothingState) -> bool:
        """Tell whether smoothing costs little enough for the end."""
        return self.smoothing.cost(here, smoothing) <= SMOOTHING_SHARE * self.tol * self.size(here, smoothing)

    def _stalled(self, state: GapState, here: Point, smoothing: SmoothingState) -> GapState:
        """Count the evaluations in a row, this one included, in which neither gap nor objective have moved."""
        value = self.smoothing.value(here, smoothing)
        resolved = float(np.finfo(here.params.W.dtype).eps) * value
        unchanged = state.gap > STALLED_SHARE * state.least and state.value - value < resolved
        stalled = state.stalled + 1 if unchanged else 0
        return state._replace(stalled=stalled, least=float(min(state.gap, state.least)), value=value)
