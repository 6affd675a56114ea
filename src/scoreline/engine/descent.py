"""The way down a smooth objective on the whole data, whatever model of it gives the directions.

Scores are linear in the parameters: they are kept, so that an iteration is one pass forward (the scores of the
direction) and one pass back (the gradient), and the line search needs no pass over the data at all.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.bias import ROUNDS_A_STEP, Bias
from scoreline.engine.events import Evaluated, Event, Reason
from scoreline.engine.line_search import minimize_along
from scoreline.engine.params import Params
from scoreline.engine.passes import Passes
from scoreline.engine.point import Point, dot

__all__ = ["Model", "descend", "mean_curvature"]

#: Least and largest curvature that a preconditioner is made with, relative to the loss's bound.
CURVATURE_RANGE = 1e-3, 1.0
#: Scores that it is measured on at the most.
CURVATURE_ENTRIES = 1 << 20


class Model(Protocol):
    """A quadratic model of the objective: it knows an inverse Hessian H."""

    def direction(self, here: Point) -> Params:
        """Return :math:`-H g` at a point with gradient g."""

    def learn(self, step: Params, after: Params, before: Params) -> None:
        """Take in a step, and the gradients after and before it."""


def descend(
    passes: Passes,
    here: Point,
    model: Model,
    bias: Bias,
    decide: Callable[[Point, float], tuple[Point, Reason | None]],
    tell: Callable[[Point], Evaluated],
) -> Generator[Event, Reason | None, tuple[Point, Reason]]:
    r"""Go down until `decide` gives a reason to stop, a listener sends one, or rounding leaves no way down.

    Parameters
    ----------
    passes : Passes
        Over a smooth objective.
    here : Point
        Where to begin.
    model : Model
        Of the objective near a point.
    bias : Bias
        Settles it after each step.
    decide : callable
        Is shown each point and the decrease :math:`\tfrac12 g^\top H g` that the quadratic model promises of the
        next step (H is the model's inverse Hessian). It hands the point back, or a better one, and tells whether
        to stop there.
    tell : callable
        Makes the event of a point.
    """
    with passes.going_on():
        while True:
            direction = model.direction(here)
            promise = -dot(here.gradient, direction) / 2
            best, reason = decide(here, promise)
            if reason is not None:
                return best, reason
            if best is not here:
                here, direction = best, model.direction(best)
            change = passes.scores(direction)
            t, judged = minimize_along(passes, here, direction, change)
            if judged is None:  # the slopes' buffer holds those of some trial
                return Point.at(passes, here.params, here.scores, here.slopes), Reason.ROUNDING
            step = Params(t * direction.W, t * direction.b)
            scores = here.scores + change.dtype.type(t) * change
            there = Point.judged_as(passes, here.params.plus(step), scores, here.slopes, judged)
            # Before the gradient there is asked for, which takes a pass; the next step promises about a tenth.
            there = bias.settled(there, promise / 10, ROUNDS_A_STEP)
            step = step._replace(b=there.params.b - here.params.b)
            model.learn(step, there.gradient, here.gradient)
            here = there
            wish = yield tell(here)
            if wish is not None:
                return here, wish


def mean_curvature(passes: Passes, scores: FloatArray) -> float:
    """Return the mean of the diagonal of the loss's Hessian by the scores: by differences, on a sample of rows."""
    loss = passes.objective.loss
    count = min(len(scores), 2000, max(1, CURVATURE_ENTRIES // scores.shape[1]))
    rows = np.linspace(0, len(scores) - 1, count).astype(np.int64)
    sample, y = scores[rows].astype(np.float64), passes.labelled.y[rows]
    share = None if passes.labelled.weight is None else passes.labelled.weight[rows]
    if share is not None and not share.any():
        share = None
    h = 1e-3
    diagonal = 0.0
    chosen = np.linspace(0, scores.shape[1] - 1, min(scores.shape[1], 20)).astype(np.int64)
    for row in chosen:
        up, down = sample.copy(), sample.copy()
        up[:, row] += h
        down[:, row] -= h
        change = loss.value_and_gradient(up, y)[1][:, row] - loss.value_and_gradient(down, y)[1][:, row]
        diagonal += float(np.average(change, weights=share)) / (2 * h)
    bound = loss.curvature(max(2, scores.shape[1]))
    return float(np.clip(diagonal / len(chosen), CURVATURE_RANGE[0] * bound, CURVATURE_RANGE[1] * bound))
