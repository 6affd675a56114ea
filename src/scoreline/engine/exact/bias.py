"""The bias alone, the weights being what they are: no pass over the data moves it."""

from __future__ import annotations

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.exact.lbfgs import LBFGS
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Passes
from scoreline.engine.problem.point import Point

__all__ = ["ROUNDS_A_STEP", "Bias"]

#: Rounds in which the bias is brought to where its gradient vanishes, at the most, and after a step: with many
#: classes to judge all scores costs as much as a pass.
ROUNDS, ROUNDS_A_STEP = 8, 2
#: Share of the decrease that the next step promises below which the bias's own promise is nothing.
SETTLED = 1e-2


class Bias:
    """Brings the bias to where its gradient nearly vanishes: quasi-Newton steps on scores that are known.

    A free bias makes the slopes of each class sum to 0 at the optimum; the certificate is worth little before they
    nearly do. What was learned of the curvature serves the next time.

    Parameters
    ----------
    passes : Passes
        Over a smooth objective.
    curvature : float
        Of the loss, about: see `scoreline.engine.exact.curvature.mean_curvature`.
    """

    def __init__(self, passes: Passes, curvature: float) -> None:
        self.passes, self.curvature = passes, curvature
        self.model = LBFGS(self._over_curvature)

    def settled(self, here: Point, promise: float, rounds: int = ROUNDS) -> Point:
        """Return the point with the bias settled; `here` itself where that would not be worth a round.

        Parameters
        ----------
        here : Point
            Its slopes are overwritten with those of the point that is returned.
        promise : float
            The decrease that the next step promises.
        rounds : int
            That are made at the most.
        """
        passes = self.passes
        if not passes.objective.fit_intercept:
            return here
        gradient = at_first = passes.mean_slopes(here.slopes)
        shift, judged = np.zeros(len(gradient)), here.judged
        for _ in range(rounds):
            direction = self.model.times(_of_bias(gradient)).b[0]
            if not gradient @ direction / 2 > SETTLED * promise:
                break
            shift -= direction
            change = np.broadcast_to(shift.astype(here.scores.dtype), here.scores.shape)
            judged = passes.judge(here.scores, change, 1.0, here.slopes)
            before, gradient = gradient, passes.mean_slopes(here.slopes)
            self.model.learn(_of_bias(-direction), _of_bias(gradient), _of_bias(before))
        if not shift.any():
            return here
        b = (here.params.b + shift).astype(here.params.b.dtype)
        scores = here.scores + shift.astype(here.scores.dtype)
        settled = Point.judged_as(passes, Params(here.params.W, b), scores, here.slopes, judged)
        # The gradient may go up and down on its way.
        if settled.objective <= here.objective and gradient @ gradient < at_first @ at_first:
            return settled
        return Point.at(passes, here.params, here.scores, here.slopes)

    def _over_curvature(self, gradient: Params) -> Params:
        return Params(gradient.W, gradient.b / self.curvature)


def _of_bias(numbers: FloatArray) -> Params:
    return Params(np.zeros((1, len(numbers), 0)), numbers[None])
