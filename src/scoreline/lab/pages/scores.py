"""Scores and losses: points in the plane, the losses with their arithmetic, gradients, regions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import Field, ValidationError

from scoreline.errors import UsageError
from scoreline.lab.lines import score_lines
from scoreline.lab.page import Page
from scoreline.lab.points import MOST_POINTS, PointsState, arrays_of, gradient_of, objective_of, script_head
from scoreline.losses import Loss
from scoreline.losses.base import shown_number

__all__ = ["COARSE", "FINE", "ScoresPage", "ScoresState", "regions", "worksheet"]

#: Cells of the raster of regions along each side, while something is dragged and after.
COARSE, FINE = 40, 160
#: Standard deviation of the weights that `randomise` draws.
SPREAD = 1.0
_DIGITS = "0123456789"


class ScoresState(PointsState):
    """The state of the page: points, weights, loss, penalty and step."""

    lr: float = Field(default=0.1, gt=0, le=1e6, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0, lt=2**31)
    #: Updates since the start.
    step: int = Field(default=0, ge=0)


class ScoresPage(Page[ScoresState]):
    """The lecture's demonstration, and more: ``step`` and ``randomise`` are its actions."""

    title = "Scores and losses"
    state_type = ScoresState
    verbs = frozenset({"step", "randomise"})

    def act(self, verb: str, state: ScoresState) -> dict[str, Any]:
        """Take a step of gradient descent, or draw weights from the state's seed.

        Raises
        ------
        UsageError
            The step diverges.
        """
        if verb == "randomise":
            rng = np.random.default_rng(state.seed)
            weights = SPREAD * rng.standard_normal((len(state.weights), 3))
            return {"weights": weights.tolist(), "step": 0, "seed": (state.seed + 1) % 2**31}
        weights = np.array(state.weights) - state.lr * gradient_of(state)
        changes = {"weights": weights.tolist(), "step": state.step + 1}
        try:
            ScoresState.model_validate(state.model_dump() | changes)
        except ValidationError as error:
            raise UsageError(
                f"Step {state.step + 1} diverges: the step size {state.lr:g} is too large",
                allowed="weights below 1e6",
                fix="lower the step size, and step back or reset",
            ) from error
        return changes

    def show(self, state: ScoresState, *, coarse: bool) -> dict[str, Any]:
        """Return the `worksheet` and the `regions`."""
        return worksheet(state) | {"regions": regions(state, COARSE if coarse else FINE)}

    def script(self, state: ScoresState) -> str:
        """Return a script that computes the state's losses and prints them."""
        return script_head(state) + _SCRIPT


def worksheet(state: PointsState) -> dict[str, Any]:
    """Return every number of the page but the raster, ready for JSON.

    Returns
    -------
    dict
        ``scores (N, C)``, ``losses (N,)``, ``arithmetic`` (N texts), ``predicted (N,)``, ``probabilities`` (N, C)
        or None, ``gradient (C, 3)``, ``lines`` (see `score_lines`), ``data_loss``, ``penalty``, ``total`` and
        ``accuracy``.
    """
    points, labels, params = arrays_of(state)
    objective = objective_of(state)
    loss = objective.loss
    scores = objective.scores(params, points)[:, 0] if len(points) else np.empty((0, len(state.weights)))
    values = loss.value(scores, labels) if len(points) else np.empty(0)
    data_loss = float(values.mean()) if len(points) else 0.0
    penalty = float(objective.penalty_value(params)[0])
    predicted = scores.argmax(axis=1)
    return {
        "scores": scores.tolist(),
        "losses": values.tolist(),
        "arithmetic": [
            _arithmetic(loss, tuple(row), label, value)
            for row, label, value in zip(scores.tolist(), labels.tolist(), values.tolist(), strict=True)
        ],
        "probabilities": loss.probabilities(scores).tolist() if loss.probabilistic and len(points) else None,
        "predicted": predicted.tolist(),
        "gradient": gradient_of(state).tolist(),
        "lines": score_lines(np.array(state.weights), state.margin),
        "data_loss": data_loss,
        "penalty": penalty,
        "total": data_loss + penalty,
        "accuracy": float((predicted == labels).mean()) if len(points) else None,
    }


def regions(state: PointsState, side: int) -> list[str]:
    """Return the class of each cell of the square [-1, 1] x [-1, 1]: rows from the top, a digit a cell."""
    _, _, params = arrays_of(state)
    centre = (np.arange(side) + 0.5) * 2 / side - 1
    grid = np.stack(np.meshgrid(centre, -centre), axis=-1).reshape(-1, 2)
    best = objective_of(state).scores(params, grid)[:, 0].argmax(axis=1).reshape(side, side)
    return ["".join(_DIGITS[c] for c in row) for row in best]


# A drag changes one point of hundreds: the texts of the others are cached.
@lru_cache(maxsize=4 * MOST_POINTS)
def _arithmetic(loss: Loss, scores: tuple[float, ...], label: int, value: float) -> str:
    """Return the sum that gives one example's loss, written out."""
    formula = loss.written_out(scores, label)
    return f"{formula or 'loss'} = {shown_number(value)}"


_SCRIPT = """
W, b = weights[:, :2], weights[:, 2]
scores = X @ W.T + b
losses = loss.value(scores, y)
data_loss = float(losses.mean()) if len(y) else 0.0
regularization = float(lam * penalty.value(W[None])[0])
print(losses)
print(f"data {data_loss!r} + regularization {regularization!r} = {data_loss + regularization!r}")
"""
