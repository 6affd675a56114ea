"""The numbers of the page: scores, losses with their arithmetic, gradients, regions."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.data.base import Batch
from scoreline.engine.objective import Objective
from scoreline.engine.params import Params
from scoreline.lab.lines import score_lines
from scoreline.lab.messages import State
from scoreline.losses import LOSSES, Loss
from scoreline.penalties import PENALTIES

__all__ = ["COARSE", "FINE", "gradient_of", "python_script", "regions", "worksheet"]

#: Cells of the raster of regions along each side, while something is dragged and after.
COARSE, FINE = 40, 160
_DIGITS = "0123456789"


def objective_of(state: State) -> Objective:
    """Return the objective that the state describes; every class has a row of scores, two classes too."""
    return Objective(loss_of(state), PENALTIES.build(state.penalty), np.array([state.lam]), len(state.weights))


def loss_of(state: State) -> Loss:
    """Return the state's loss, with its margin if it has one."""
    spec: str = state.loss
    if spec != "softmax":
        spec += ("," if ":" in spec else ":") + f"margin={state.margin!r}"
    return LOSSES.build(spec)


def arrays_of(state: State) -> tuple[FloatArray, Labels, Params]:
    """Return points ``(N, 2)``, labels ``(N,)`` and parameters of one configuration."""
    points = np.array([point[:2] for point in state.points], float).reshape(-1, 2)
    labels = np.array([point[2] for point in state.points], np.int64)
    weights = np.array(state.weights, float)
    return points, labels, Params(weights[None, :, :2].copy(), weights[None, :, 2].copy())


def gradient_of(state: State) -> FloatArray:
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


def worksheet(state: State) -> dict[str, Any]:
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
            _arithmetic(state, row, int(label), float(value))
            for row, label, value in zip(scores, labels, values, strict=True)
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


def regions(state: State, side: int) -> list[str]:
    """Return the class of each cell of the square [-1, 1] x [-1, 1]: rows from the top, a digit a cell."""
    _, _, params = arrays_of(state)
    centre = (np.arange(side) + 0.5) * 2 / side - 1
    grid = np.stack(np.meshgrid(centre, -centre), axis=-1).reshape(-1, 2)
    best = objective_of(state).scores(params, grid)[:, 0].argmax(axis=1).reshape(side, side)
    return ["".join(_DIGITS[c] for c in row) for row in best]


def _arithmetic(state: State, scores: FloatArray, label: int, value: float) -> str:
    """Return the sum that gives one example's loss, written out."""
    own, margin = scores[label], state.margin
    others = [j for j in range(len(scores)) if j != label]
    power = "²" if state.loss.endswith(":squared") else ""
    if state.loss == "softmax":
        terms = " + ".join(f"e^{_text(score)}" for score in scores)
        return f"−{_text(own)} + log({terms}) = {_text(value)}"
    if state.loss.startswith("weston-watkins"):
        terms = " + ".join(f"max(0, {_text(scores[j])} − {_text(own)} + {margin:g}){power}" for j in others)
    elif state.loss == "crammer-singer":
        inner = ", ".join(_text(scores[j]) for j in others)
        terms = f"max(0, max({inner}) − {_text(own)} + {margin:g})"
    else:
        terms = " + ".join(
            f"max(0, {margin:g} {'−' if j == label else '+'} {_text(scores[j])}){power}"
            for j in range(len(scores))
        )
    return f"{terms} = {_text(value)}"


def _text(number: float) -> str:
    text = f"{number + 0.0:.2f}"
    return f"(−{text[1:]})" if text.startswith("-") and text != "-0.00" else text.removeprefix("-")


def python_script(state: State) -> str:
    """Return a script that computes the state's numbers and prints them."""
    rows = ",\n    ".join(repr(list(point)) for point in state.points)
    weights = ",\n    ".join(repr(list(row)) for row in state.weights)
    spec = LOSSES.spec(loss_of(state))
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
W, b = weights[:, :2], weights[:, 2]

loss = LOSSES.build({spec!r})
penalty = PENALTIES.build({state.penalty!r})
lam = {state.lam!r}

scores = X @ W.T + b
losses = loss.value(scores, y)
data_loss = float(losses.mean()) if len(y) else 0.0
regularization = float(lam * penalty.value(W[None])[0])
print(losses)
print(f"data {{data_loss!r}} + regularization {{regularization!r}} = {{data_loss + regularization!r}}")
"""
