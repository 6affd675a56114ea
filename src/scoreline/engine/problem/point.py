"""A point of an optimisation: parameters, and all that is known at them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from scoreline.engine.problem.events import Evaluated
from scoreline.engine.problem.oracle import LossEvaluation, Oracle, Vector
from scoreline.engine.problem.params import Params

__all__ = ["Point", "PointState", "dot"]


class PointState(NamedTuple):
    """What is kept of a point in the state of a solver: all that its parameters do not give to the same bits."""

    params: Params
    scores: Vector
    slopes: Vector
    evaluated: LossEvaluation
    objective: float

    def with_vectors(self, f: Callable[[Any], Any]) -> PointState:
        """Return the state with `f` of its vectors in place of them."""
        return self._replace(scores=f(self.scores), slopes=f(self.slopes))


@dataclass(frozen=True, eq=False)
class Point:
    """Parameters and all that is known at them."""

    oracle: Oracle
    state: PointState

    @classmethod
    def at(cls, oracle: Oracle, params: Params, scores: Vector) -> Point:
        """Evaluate parameters whose scores are known."""
        (evaluated,), slopes = oracle.evaluate(scores, None, [0.0])
        return cls.evaluated_as(oracle, params, scores, slopes, evaluated)

    @classmethod
    def evaluated_as(
        cls, oracle: Oracle, params: Params, scores: Vector, slopes: Vector, evaluated: LossEvaluation
    ) -> Point:
        """Take over what is known of the losses."""
        value = evaluated.loss + float(oracle.objective.penalty_value(params)[0])
        return cls(oracle, PointState(params, scores, slopes, evaluated, value))

    @property
    def params(self) -> Params:
        """The parameters."""
        return self.state.params

    @property
    def scores(self) -> Vector:
        """The scores of all rows."""
        return self.state.scores

    @property
    def slopes(self) -> Vector:
        """The losses' gradients by the scores, of all rows."""
        return self.state.slopes

    @property
    def evaluated(self) -> LossEvaluation:
        """Loss and accuracy."""
        return self.state.evaluated

    @property
    def objective(self) -> float:
        """Mean loss plus penalty."""
        return self.state.objective

    @cached_property
    def gradient(self) -> Params:
        """The gradient of the objective's smooth part; a pass over the data when it is first asked for."""
        return self.oracle.gradient(self.params, self.slopes)

    def event(self, iteration: int, objective: float, evaluated: LossEvaluation) -> Evaluated:
        """Return the event of an iteration that ends here."""
        return Evaluated(
            iteration,
            iteration,
            np.array([objective]),
            np.array([evaluated.loss]),
            np.array([evaluated.accuracy]),
            None,
            None,
            np.zeros(1),
            self.params,
        )


def dot(a: Params, b: Params) -> float:
    """Return the inner product of all numbers of both."""
    return float(np.vdot(a.W, b.W) + np.vdot(a.b, b.b))
