"""The way down a smooth objective on the whole data, whatever model of it gives the directions.

Scores are linear in the parameters: they are kept, so that an iteration is one pass forward (the scores of the
direction) and one pass back (the gradient), and the line search needs no pass over the data at all.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

from scoreline.engine.exact.bias import ROUNDS_A_STEP, Bias
from scoreline.engine.exact.line_search import minimize_along
from scoreline.engine.problem.events import Evaluated, Event, Reason
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Passes
from scoreline.engine.problem.point import Point, dot

__all__ = ["Model", "descend"]


class Model(Protocol):
    """A quadratic model of the objective: it knows an inverse Hessian H."""

    def direction(self, here: Point) -> Params:
        """Return :math:`-H g` at a point with gradient g."""

    def learn(self, step: Params, after: Point, before: Point) -> None:
        """Take in a step, and the points after and before it."""


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
            # In place: with a thousand classes the scores are larger than the data.
            change *= change.dtype.type(t)
            change += here.scores
            there = Point.judged_as(passes, here.params.plus(step), change, here.slopes, judged)
            # Before the gradient there is asked for, which takes a pass; the next step promises about a tenth.
            there = bias.settled(there, promise / 10, ROUNDS_A_STEP)
            step = step._replace(b=there.params.b - here.params.b)
            model.learn(step, there, here)
            here = there
            wish = yield tell(here)
            if wish is not None:
                return here, wish
