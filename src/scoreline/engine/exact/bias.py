"""The bias alone, the weights being what they are: no pass over the data moves it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.exact.constants import BIAS_ROUNDS, BIAS_SETTLED
from scoreline.engine.exact.lbfgs import Pairs, inverse_times, no_pairs, with_pair
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point

__all__ = ["BiasModel", "first_bias_model", "settle_bias"]


class BiasModel(NamedTuple):
    """What has been learned of the objective's curvature along the bias."""

    #: Of the loss, about: see `scoreline.engine.exact.curvature.mean_curvature`.
    curvature: float
    recent: Pairs


def first_bias_model(curvature: float) -> BiasModel:
    """Return the model of a loss of some curvature."""
    return BiasModel(curvature, no_pairs())


def settle_bias(
    here: Point, model: BiasModel, predicted_decrease: float, rounds: int = BIAS_ROUNDS
) -> tuple[Point, BiasModel]:
    """Bring the bias to where its gradient nearly vanishes: quasi-Newton steps on scores that are known.

    A free bias makes the slopes of each class sum to 0 at the optimum; the certificate is loose before they
    nearly do. What was learned of the curvature serves the next time. The point that comes back is `here` itself
    where that would gain less than a round costs, or would increase the objective.

    Parameters
    ----------
    here : Point
        Of a smooth objective.
    model : BiasModel
    predicted_decrease : float
        The decrease of the objective by the next step.
    rounds : int
        That are made at the most.
    """
    oracle = here.oracle
    if not oracle.objective.fit_intercept:
        return here, model
    curvature = model.curvature

    def over_curvature(rows: Params) -> Params:
        return Params(rows.W, rows.b / curvature)

    gradient = at_first = oracle.mean_slopes(here.slopes)
    shift, evaluated, slopes = np.zeros(len(gradient)), here.evaluated, here.slopes
    for _ in range(rounds):
        direction = inverse_times(model.recent, over_curvature, _of_bias(gradient)).b[0]
        if not gradient @ direction / 2 > BIAS_SETTLED * predicted_decrease:
            break
        shift -= direction
        given_up = None if slopes is here.slopes else slopes
        (evaluated,), slopes = oracle.evaluate(here.scores, oracle.constant(shift), [1.0], out=given_up)
        before, gradient = gradient, oracle.mean_slopes(slopes)
        recent = with_pair(model.recent, _of_bias(-direction), _of_bias(gradient), _of_bias(before))
        model = model._replace(recent=recent)
    if not shift.any():
        return here, model
    b = (here.params.b + shift).astype(here.params.b.dtype)
    scores = oracle.combine(here.scores, 1.0, oracle.constant(shift))
    settled = Point.evaluated_as(oracle, Params(here.params.W, b), scores, slopes, evaluated)
    # The gradient may go up and down on its way.
    downhill = settled.objective <= here.objective and gradient @ gradient < at_first @ at_first
    return settled if downhill else here, model


def _of_bias(numbers: FloatArray) -> Params:
    return Params(np.zeros((1, len(numbers), 0)), numbers[None])
