"""Gradient bench: the slope of the loss along one weight, by differences and by the formula, and planted bugs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.params import Params
from scoreline.gradients import SCHEMES, CellCheck, check_gradient, numerical_gradient, recommend_h
from scoreline.lab.page import Page
from scoreline.lab.points import PointsState, arrays_of, objective_of, script_head

__all__ = ["BUGS", "GradientsPage", "GradientsState", "planted_bug", "shown_gradient"]

#: Points of the slice, and its extent on both sides of the weight.
SLICE, REACH = 121, 1.0
#: Steps of the U-curve.
LADDER = 10.0 ** -np.arange(0, 15.5, 0.5)
TIMED = 5
BugName = Literal[
    "none", "half-penalty", "no-mean", "own-row", "penalised-bias", "no-bias", "flipped-penalty", "mystery"
]
#: The description of each planted bug.
BUGS: dict[str, str] = {
    "none": "none: the library's own gradient",
    "half-penalty": "0.5 λ W where 2 λ W belongs (the published demo's own)",
    "no-mean": "the sum over the points, not the mean",
    "own-row": "nothing for the true class's row",
    "penalised-bias": "a penalty on the bias too",
    "no-bias": "no gradient for the bias",
    "flipped-penalty": "the penalty's gradient with its sign turned",
}


class GradientsState(PointsState):
    """Points, weights, loss, the chosen cell and the step."""

    row: int = Field(default=0, ge=0)
    col: int = Field(default=0, ge=0, le=2)
    h: float = Field(default=1e-4, ge=1e-15, le=1, allow_inf_nan=False)
    scheme: Literal["forward", "central"] = "forward"
    dtype: Literal["float64", "float32"] = "float64"
    bug: BugName = "none"
    #: Seed of the hidden bug.
    seed: int = Field(default=0, ge=0, lt=2**31)

    @model_validator(mode="after")
    def _cell_is_there(self) -> GradientsState:
        if self.row >= len(self.weights):
            raise ValueError(f"a row below {len(self.weights)}, the number of classes")
        return self


class GradientsPage(Page[GradientsState]):
    """Numeric against analytic, with ``hide-bug`` to draw another hidden bug."""

    title = "Gradient bench"
    state_type = GradientsState
    verbs = frozenset({"hide-bug"})

    def act(self, verb: str, state: GradientsState) -> dict[str, Any]:
        """Plant a hidden bug."""
        return {"bug": "mystery", "seed": (state.seed + 1) % 2**31}

    def show(self, state: GradientsState, *, coarse: bool) -> dict[str, Any]:
        """Return matrices, verdicts, the slice, the U-curve and the times."""
        f = _function(state, state.dtype)
        x = np.array(state.weights, state.dtype)
        cell = (state.row, state.col)
        analytic = shown_gradient(state)
        check = check_gradient(f, analytic, x, h=state.h, scheme=state.scheme, cells=None)
        shape = x.shape
        numeric = np.array([found.numeric for found in check.cells]).reshape(shape)
        here = float(x[cell])
        answer = {
            "analytic": analytic.tolist(),
            "numeric": [[_finite(value) for value in row] for row in numeric],
            "errors": np.array([found.relative_error for found in check.cells]).reshape(shape).tolist(),
            "verdicts": np.array([_verdict(found) for found in check.cells]).reshape(shape).tolist(),
            "passed": check.passed,
            "bug": planted_bug(state),
            "bugs": BUGS,
            "difference": _difference(f, x, cell, state),
            "slice": _slice(f, x, cell),
            "tangent": float(analytic[cell]),
            "here": here,
        }
        if not coarse:
            answer |= {"curve": _curve(state, cell), "recommended": recommend_h(f, x, scheme=state.scheme)}
            answer["milliseconds"] = {
                "numeric": _milliseconds(lambda: numerical_gradient(f, x, h=state.h, scheme=state.scheme)),
                "analytic": _milliseconds(lambda: shown_gradient(state)),
            }
        return answer

    def script(self, state: GradientsState) -> str:
        """Return a script that checks the library's gradient at the state's weights."""
        return (
            script_head(state)
            + f"""
from scoreline.gradients import check_gradient

W = weights.astype({state.dtype!r})


def f(W):
    scores = X.astype(W.dtype) @ W[:, :2].T + W[:, 2]
    return float(loss.value(scores, y).mean() + lam * penalty.value(W[None, :, :2])[0])


def gradient(W):  # by w_x, w_y and b of each class
    scores = X.astype(W.dtype) @ W[:, :2].T + W[:, 2]
    slopes = loss.value_and_gradient(scores, y)[1] / len(y)
    by_penalty = penalty.gradient(W[None, :, :2])
    if by_penalty is None:  # L1: a subgradient
        by_penalty = np.sign(W[None, :, :2])
    return np.column_stack([slopes.T @ X + lam * by_penalty[0], slopes.sum(axis=0)])


check = check_gradient(f, gradient, W, h={state.h!r}, scheme={state.scheme!r}, cells=None)
print(check)
for cell in check.cells:
    print(cell.cell, repr(float(cell.analytic)), repr(float(cell.numeric)), cell.verdict.value)
"""
        )


def _verdict(cell: CellCheck) -> str:
    """Return the check's verdict, or ``lost`` where the weight and the weight plus h are the same number."""
    return cell.verdict.value if np.isfinite(cell.numeric) else "lost"


def planted_bug(state: GradientsState) -> str:
    """Return the name of the bug in the shown gradient; a hidden one follows from its seed."""
    if state.bug != "mystery":
        return state.bug
    names = [name for name in BUGS if name != "none"]
    return names[int(np.random.default_rng(state.seed).integers(len(names)))]


def shown_gradient(state: GradientsState) -> FloatArray:
    """Return the analytic gradient ``(C, 3)`` in the state's dtype, with the planted bug in it.

    An L1 penalty's subgradient is ``sign(W)``.
    """
    points, labels, params = arrays_of(state)
    bug, n = planted_bug(state), max(len(points), 1)
    dtype = np.dtype(state.dtype)
    X, W, b = points.astype(dtype), params.W.astype(dtype), params.b.astype(dtype)
    objective = objective_of(state)
    slopes = np.zeros((len(points), len(state.weights)), dtype)
    if len(points):
        slopes = objective.loss.value_and_gradient(objective.scores(Params(W, b), X)[:, 0], labels)[1]
    if bug == "own-row":
        slopes[np.arange(len(labels)), labels] = 0
    if bug != "no-mean":
        slopes = slopes / n
    by_penalty = objective.penalty.gradient(W)
    factor = {"half-penalty": 0.25, "flipped-penalty": -1.0}.get(bug, 1.0) * state.lam
    of_weights = slopes.T @ X + factor * (np.sign(W) if by_penalty is None else by_penalty)[0]
    of_bias = slopes.sum(axis=0) * (bug != "no-bias")
    if bug == "penalised-bias":
        of_bias = of_bias + 2 * state.lam * b[0]
    return np.column_stack([of_weights, of_bias]).astype(dtype)


def _function(state: PointsState, dtype: str) -> Callable[[Array], float]:
    """Return the objective as a function of the weights ``(C, 3)``, computed in a dtype."""
    points, labels, _ = arrays_of(state)
    X, objective = points.astype(dtype), objective_of(state)

    def f(x: Array) -> float:
        params = Params(x[None, :, :2], x[None, :, 2])
        regularization = objective.penalty_value(params)[0]
        if not len(X):
            return float(regularization)
        data = objective.loss.value(objective.scores(params, X)[:, 0], labels).mean(dtype=dtype)
        return float(np.dtype(dtype).type(data + regularization))

    return f


def _difference(f: Callable[[Array], float], x: FloatArray, cell: tuple[int, int], state: GradientsState) -> Any:
    """Return the values in the difference quotient."""
    moved = {}
    for name, h in (("behind", -state.h), ("here", 0.0), ("ahead", state.h)):
        point = x.copy()
        point[cell] += h
        moved[name] = f(point)
    return moved | {"numeric": _finite(SCHEMES[state.scheme](f, x, f(x), cell, state.h))}


def _slice(f: Callable[[Array], float], x: FloatArray, cell: tuple[int, int]) -> dict[str, list[float]]:
    places = float(x[cell]) + np.linspace(-REACH, REACH, SLICE)
    values = []
    for place in places:
        point = x.copy()
        point[cell] = place
        values.append(f(point))
    return {"w": places.tolist(), "loss": values}


def _curve(state: GradientsState, cell: tuple[int, int]) -> dict[str, Any]:
    """Return the error of each scheme and dtype at each step, against the library's gradient in float64."""
    truth = float(shown_gradient(state.model_copy(update={"bug": "none", "dtype": "float64"}))[cell])
    curves = {}
    for dtype in ("float64", "float32"):
        f, x = _function(state, dtype), np.array(state.weights, dtype)
        value = f(x)
        for scheme, difference in SCHEMES.items():
            found = [difference(f, x, value, cell, float(h)) for h in LADDER]
            curves[f"{scheme}, {dtype}"] = [_finite(abs(slope - truth)) for slope in found]
    return {"h": LADDER.tolist(), "errors": curves, "truth": truth}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _milliseconds(work: Callable[[], object]) -> float:
    """Return the median time of some calls."""
    times = []
    for _ in range(TIMED):
        begun = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - begun))
    return float(np.median(times))
