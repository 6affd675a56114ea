"""Points, weights, loss and penalty: the state that the pages about points have in common."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoreline._typing import FloatArray, Labels
from scoreline.data import LECTURE_BIAS, LECTURE_LABELS, LECTURE_POINTS, LECTURE_WEIGHTS
from scoreline.data.base import Batch
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.estimators import LinearClassifier
from scoreline.estimators.problem import build_objective
from scoreline.losses import LOSSES, Loss

__all__ = [
    "MOST_CLASSES",
    "MOST_POINTS",
    "Coordinate",
    "LossName",
    "PointsState",
    "arrays_of",
    "gradient_of",
    "loss_of",
    "objective_of",
    "script_head",
]

MOST_POINTS, MOST_CLASSES = 1000, 10
#: Largest coordinate of a point.
FARTHEST = 1e6

Coordinate = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)]
LossName = Literal[
    "weston-watkins", "weston-watkins:squared", "one-vs-all", "one-vs-all:squared", "crammer-singer", "softmax"
]
_POINTS = tuple(
    (float(x), float(y), int(label)) for (x, y), label in zip(LECTURE_POINTS, LECTURE_LABELS, strict=True)
)
_WEIGHTS = tuple((float(w[0]), float(w[1]), float(b)) for w, b in zip(LECTURE_WEIGHTS, LECTURE_BIAS, strict=True))


class PointsState(BaseModel):
    """The common state: points and weights, by default those of the lecture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: (x, y, label) of each point.
    points: tuple[tuple[Coordinate, Coordinate, Annotated[int, Field(ge=0, lt=MOST_CLASSES)]], ...] = Field(
        default=_POINTS, max_length=MOST_POINTS
    )
    #: One row (w_x, w_y, b) a class.
    weights: tuple[tuple[Coordinate, Coordinate, Coordinate], ...] = Field(
        default=_WEIGHTS, min_length=2, max_length=MOST_CLASSES
    )
    loss: LossName = "weston-watkins"
    margin: float = Field(default=1.0, gt=0, le=100, allow_inf_nan=False)
    penalty: Literal["l2", "l1"] = "l2"
    lam: float = Field(default=0.1, ge=0, le=1e6, allow_inf_nan=False)

    @model_validator(mode="after")
    def _labels_have_rows(self) -> Self:
        if any(label >= len(self.weights) for _, _, label in self.points):
            raise ValueError(f"labels below {len(self.weights)}, one row of weights for each class")
        return self


def objective_of(state: PointsState) -> Objective:
    """Return the objective that the state describes; every class has a row of scores, two classes too."""
    return build_objective(LinearClassifier(loss_of(state), state.penalty, state.lam), len(state.weights))


def loss_of(state: PointsState) -> Loss:
    """Return the state's loss, with its margin if it has one."""
    return LOSSES.build(state.loss, margin=state.margin)


def arrays_of(state: PointsState) -> tuple[FloatArray, Labels, Params]:
    """Return points ``(N, 2)``, labels ``(N,)`` and parameters of one configuration."""
    points = np.array([point[:2] for point in state.points], float).reshape(-1, 2)
    labels = np.array([point[2] for point in state.points], np.int64)
    weights = np.array(state.weights, float)
    return points, labels, Params(weights[None, :, :2].copy(), weights[None, :, 2].copy())


def gradient_of(state: PointsState) -> FloatArray:
    """Return the gradient of the objective, ``(C, 3)``: by the weights, then by the bias.

    An L1 penalty has no gradient at 0; its subgradient ``lam * sign(W)`` is taken, which is 0 there.
    """
    points, labels, params = arrays_of(state)
    objective = objective_of(state)
    if len(points):
        found = objective.value_and_gradient(params, Batch(points, labels, None)).gradient
    else:
        zero = Params(np.zeros(params.W.shape), np.zeros(params.b.shape))
        found = objective.finish_gradient(params, zero, 1.0)
    W = found.W[0]
    if objective.penalty.gradient(params.W) is None:
        W = W + state.lam * np.sign(params.W[0])
    return np.column_stack([W, found.b[0]])


def script_head(state: PointsState) -> str:
    """Return the lines of a script that make ``X``, ``y``, ``weights``, ``loss``, ``penalty`` and ``lam``."""
    rows = ",\n    ".join(repr(list(point)) for point in state.points)
    weights = ",\n    ".join(repr(list(row)) for row in state.weights)
    return f"""import numpy as np

from scoreline.losses import LOSSES
from scoreline.penalties import PENALTIES

points = np.array([
    {rows}
]).reshape(-1, 3)
weights = np.array([  # w_x, w_y, b of each class
    {weights}
])
X, y = points[:, :2], points[:, 2].astype(np.int64)

loss = LOSSES.build({LOSSES.spec(loss_of(state))!r})
penalty = PENALTIES.build({state.penalty!r})
lam = {state.lam!r}
"""
