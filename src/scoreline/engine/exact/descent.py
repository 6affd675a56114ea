"""The way down a smooth objective on the whole data, whatever model of it gives the directions.

Scores are linear in the parameters: they are kept, so that an iteration is one pass forward (the scores of the
direction) and one pass back (the gradient), and the line search needs no pass over the data at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from scoreline._typing import FloatArray
from scoreline.engine.exact.bias import BiasModel, settle_bias
from scoreline.engine.exact.constants import BIAS_ROUNDS_A_STEP
from scoreline.engine.exact.lbfgs import Pairs
from scoreline.engine.exact.line_search import minimize_along
from scoreline.engine.problem.oracle import Vector
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point, dot

__all__ = ["Descent", "LineSearched", "LocalQuadratic", "Model", "ModelState", "Proposal"]

M = TypeVar("M")


class LocalQuadratic(Protocol):
    """A quadratic model of the objective near a point."""

    def step(self, here: Point) -> Params:
        """Return the step to its lowest point."""

    @property
    def vectors(self) -> tuple[Vector, ...]:
        """What `hessian_product` takes of each example beside the change of its scores."""

    def hessian_product(self, change: FloatArray, *blocks: FloatArray) -> FloatArray:
        """Return by how much slopes of a block of examples change where scores do, from blocks of `vectors`."""


class Proposal(NamedTuple):
    """The next step, before it is decided whether to take it."""

    step: Params
    #: The decrease that the model predicts.
    predicted_decrease: float
    #: The model, where it tells how slopes change along a step.
    quadratic: LocalQuadratic | None
    #: Where the step leads, if that is known already.
    there: Point | None = None


class Descent(Protocol[M]):
    """A descent method; what it learns from its steps is kept in states of type M."""

    def first(self, here: Point, curvature: float) -> M:
        """Return the state at a point where the loss has a mean curvature."""

    def with_vectors(self, state: M, f: Callable[[Any], Any]) -> M:
        """Return a state with `f` of its vectors in place of them."""

    def prepare(self, state: M) -> None:
        """Compute what the next step needs and threads of BLAS's own are good for."""

    def quadratic(self, here: Point, state: M) -> LocalQuadratic | None:
        """Return the model, where it tells how slopes change along a step."""

    def propose(self, here: Point, state: M) -> tuple[Proposal, M]:
        """Return the next step from a point."""

    def settled(self, here: Point, best: Point, proposal: Proposal, state: M) -> tuple[Proposal, M]:
        """Return the next step from `best`, which is `here` with another bias."""

    def advance(
        self, here: Point, proposal: Proposal, state: M, bias: BiasModel
    ) -> tuple[Point | None, M, BiasModel]:
        """Take a step: None where none leads down, `here` itself where another is to be proposed."""


class ModelState(NamedTuple):
    """What a model of the curvature has learned."""

    #: Of the loss, that the preconditioner is made for.
    curvature: float
    recent: Pairs


class Model(Protocol):
    """A quadratic model of the objective: it knows an inverse Hessian H."""

    def first(self, curvature: float) -> ModelState:
        """Return the state of the model at a point where the loss has a mean curvature."""

    def prepare(self, state: ModelState) -> None:
        """Factorise what has to be."""

    def quadratic(self, state: ModelState) -> LocalQuadratic | None:
        """Return the model, where it tells how slopes change along a step."""

    def direction(self, here: Point, state: ModelState) -> Params:
        """Return :math:`-H g` at a point with gradient g."""

    def learned(self, state: ModelState, step: Params, after: Point, before: Point) -> ModelState:
        """Return the state updated by a step and the points before and after it."""


class LineSearched:
    r"""Goes along a model's directions to where the objective is nearly lowest, and settles the bias.

    The predicted decrease is :math:`\tfrac12 g^\top H g`, with H the model's inverse Hessian.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def first(self, here: Point, curvature: float) -> ModelState:
        """Return the model's first state; see `Descent.first`."""
        del here
        return self.model.first(curvature)

    def with_vectors(self, state: ModelState, f: Callable[[Any], Any]) -> ModelState:
        """Return the state, which has no vectors; see `Descent.with_vectors`."""
        del f
        return state

    def prepare(self, state: ModelState) -> None:
        """Factorise; see `Descent.prepare`."""
        self.model.prepare(state)

    def quadratic(self, here: Point, state: ModelState) -> LocalQuadratic | None:
        """Return the model; see `Descent.quadratic`."""
        del here
        return self.model.quadratic(state)

    def propose(self, here: Point, state: ModelState) -> tuple[Proposal, ModelState]:
        """Return the model's direction; see `Descent.propose`."""
        direction = self.model.direction(here, state)
        predicted_decrease = -dot(here.gradient, direction) / 2
        return Proposal(direction, predicted_decrease, self.model.quadratic(state)), state

    def settled(
        self, here: Point, best: Point, proposal: Proposal, state: ModelState
    ) -> tuple[Proposal, ModelState]:
        """Return the direction from `best`; see `Descent.settled`."""
        del here
        return self.propose(best, state)[0]._replace(predicted_decrease=proposal.predicted_decrease), state

    def advance(
        self, here: Point, proposal: Proposal, state: ModelState, bias: BiasModel
    ) -> tuple[Point | None, ModelState, BiasModel]:
        """Search along the direction; see `Descent.advance`."""
        oracle, direction = here.oracle, proposal.step
        change = oracle.scores(direction)
        found = minimize_along(here, direction, change)
        if found is None:
            return None, state, bias
        step = Params(found.t * direction.W, found.t * direction.b)
        scores = oracle.combine(here.scores, found.t, change, out=change)
        there = Point.evaluated_as(oracle, here.params.plus(step), scores, found.slopes, found.evaluated)
        # Before the gradient there is asked for, which takes a pass; the next step gains about a tenth.
        there, bias = settle_bias(there, bias, proposal.predicted_decrease / 10, BIAS_ROUNDS_A_STEP)
        step = step._replace(b=there.params.b - here.params.b)
        return there, self.model.learned(state, step, there, here), bias
