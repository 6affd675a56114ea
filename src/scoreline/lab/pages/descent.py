"""Descent: from random search to mini-batches, on a true slice of the loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from scoreline._typing import FloatArray
from scoreline.data import MemorySource, blobs
from scoreline.data.base import Batch
from scoreline.engine.minibatch.loop import Loop, Plan
from scoreline.engine.minibatch.training import train
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.stopping import drive
from scoreline.engine.search.random import Search
from scoreline.lab.page import Page
from scoreline.lab.points import PointsState, arrays_of, gradient_of, objective_of, script_head
from scoreline.lab.resources import Resources
from scoreline.lab.stepwise import (
    MOST_STEPS,
    OneByOneLocalSearch,
    OneByOneSearch,
    Rates,
    StepwiseRun,
    full_objective,
    gradient_steps,
    search_steps,
)
from scoreline.optimizers import SGD
from scoreline.schedules import Constant

__all__ = ["DescentPage", "DescentState", "rate_limit", "stepwise_run"]

#: Points along each side of the slice, during a run and when it is paused.
COARSE, FINE = 25, 61
#: Beyond this a run has diverged, and its losses overflow.
FARTHEST_SLICE = 1e12
#: Learning rates of the strip, and the steps of each.
STRIP_RATES, STRIP_STEPS = np.logspace(-3, 2, 26), 60
#: Share of the past in the moving average.
MEMORY = 0.9
#: Points of a drawn data set.
DRAWN = 150
Rate = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]


class DescentState(PointsState):
    """Points, the start, the method and its step."""

    method: Literal["random-search", "random-local-search", "gradient-descent", "mini-batch"] = "mini-batch"
    #: (first step, learning rate).
    rates: tuple[tuple[Annotated[int, Field(ge=0)], Rate], ...] = Field(
        default=((0, 0.1),), min_length=1, max_length=100
    )
    batch: int = Field(default=3, ge=1, le=1000)
    #: Deviation of the searches' draws, and of the local search's steps.
    scale: float = Field(default=1.0, gt=0, le=100, allow_inf_nan=False)
    hop: float = Field(default=0.1, gt=0, le=100, allow_inf_nan=False)
    step: int = Field(default=0, ge=0, le=MOST_STEPS)
    seed: int = Field(default=0, ge=0, lt=2**31)
    plane: Literal["path", "weights"] = "path"

    @property
    def batch_size(self) -> int:
        """Rows a step: all of them for gradient descent."""
        return len(self.points) if self.method == "gradient-descent" else min(self.batch, len(self.points))

    @model_validator(mode="after")
    def _rates_in_order(self) -> DescentState:
        firsts = [first for first, _ in self.rates]
        if firsts[0] != 0 or firsts != sorted(set(firsts)):
            raise ValueError("rates from step 0 on, each from a later step than the one before")
        if not self.points:
            raise ValueError("at least one point")
        return self


class DescentPage(Page[DescentState]):
    """One run, step by step; ``step``, ``randomise``, and ``draw`` for other points."""

    title = "Descent"
    state_type = DescentState
    verbs = frozenset({"step", "randomise", "draw"})

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._kept: dict[str, tuple[DescentState, Any]] = {}

    def act(self, verb: str, state: DescentState) -> dict[str, Any]:
        """Take a step, draw a start, or draw points."""
        if verb == "step":
            return {"step": min(state.step + 1, MOST_STEPS)}
        seed = (state.seed + 1) % 2**31
        if verb == "randomise":
            weights = np.random.default_rng(state.seed).standard_normal((len(state.weights), 3))
            return {"weights": weights.tolist(), "step": 0, "rates": ((0, state.rates[-1][1]),), "seed": seed}
        X, y = blobs(DRAWN, n_classes=len(state.weights), seed=state.seed)
        points = [[float(x[0]), float(x[1]), int(label)] for x, label in zip(X, y, strict=True)]
        return {"points": points, "step": 0, "rates": ((0, state.rates[-1][1]),), "batch": 10, "seed": seed}

    def show(self, state: DescentState, *, coarse: bool) -> dict[str, Any]:
        """Return the path, the slice, the curves and the strip of learning rates."""
        recorded: StepwiseRun = self._keep("recorded", _settings(state), lambda: stepwise_run(state))
        step = recorded.until(state.step)
        weights = np.array(recorded.weights[: step + 1]) if recorded.weights else np.array([state.weights])
        objective, source = _problem(state)
        full = full_objective(objective, source, weights)
        answer = {
            "step": step,
            "diverged": recorded.diverged,
            "weights": weights[-1].tolist(),
            "full": _numbers(full),
            "seen": _numbers(recorded.seen[:step]),
            "average": _numbers(_moving_average(recorded.seen[:step])),
            "lr": recorded.lr[:step],
            "updates": _numbers(_update_ratios(weights)),
            "slice": _slice(state, objective, source, weights, COARSE if coarse else FINE),
            "accuracy": float(objective.data_loss(_params(weights[-1:]), source)[1][0]),
        }
        if state.method in ("gradient-descent", "mini-batch"):
            answer["cosines"] = _numbers(_cosines(objective, source, weights, recorded.lr[:step]))
            answer["strip"] = self._keep("strip", _strip_settings(state), lambda: _strip(state))
        if not coarse:
            answer["limit"] = rate_limit(state.model_copy(update={"weights": _rows(weights[-1])}))
        return answer

    def script(self, state: DescentState) -> str:
        """Return a script that reproduces the run and prints the objective after its last step."""
        search = _search(state)
        run = _GRADIENT_RUN if search is None else _SEARCH_RUN
        # The library's own search makes the same trials, many in a pass.
        text = (
            "" if search is None else repr(replace(search, tries=max(state.step, 1))).replace("OneByOne", "Random")
        )
        filled = run.format(
            rates=state.rates, batch=state.batch_size, step=state.step, seed=state.seed,
            search=text.replace("OneByOne", "Random"),
        )  # fmt: skip
        return script_head(state) + filled + _SCRIPT_END

    def _keep(self, name: str, settings: DescentState, make: Any) -> Any:
        """Return the value for the same settings, computed once."""
        if name not in self._kept or self._kept[name][0] != settings:
            self._kept[name] = (settings, make())
        return self._kept[name][1]


def stepwise_run(state: DescentState) -> StepwiseRun:
    """Return the run that a state describes, at its start."""
    objective, source = _problem(state)
    start = arrays_of(state)[2]
    search = _search(state)
    if search is not None:
        return StepwiseRun(search_steps(search, objective, source, start, state.seed))
    steps_per_epoch = -(-source.n_examples // state.batch_size)
    plan = _plan(state, Rates(state.rates, steps_per_epoch), np.ones(1), -(-MOST_STEPS // steps_per_epoch))
    return StepwiseRun(gradient_steps(Loop(objective, source, plan, start)), start)


def rate_limit(state: PointsState) -> float | None:
    """Return ``2 / L`` where L is the largest curvature of the objective at the weights, or None where it is flat.

    Beyond it, steps of gradient descent along that direction grow. The Hessian comes from differences of the
    gradient; at a hinge's kinks it is that of one side.
    """
    x = np.array(state.weights)
    columns = []
    for cell in np.ndindex(x.shape):
        sides = []
        for h in (1e-5, -1e-5):
            moved = x.copy()
            moved[cell] += h
            sides.append(gradient_of(state.model_copy(update={"weights": _rows(moved)})).ravel())
        columns.append((sides[0] - sides[1]) / 2e-5)
    hessian = np.array(columns)
    largest = float(np.linalg.eigvalsh((hessian + hessian.T) / 2)[-1])
    return 2 / largest if largest > 1e-8 else None


def _problem(state: PointsState) -> tuple[Objective, MemorySource]:
    points, labels, _ = arrays_of(state)
    return objective_of(state), MemorySource(points, labels, len(state.weights))


def _plan(state: DescentState, schedule: Any, lr: FloatArray, epochs: int) -> Plan:
    return Plan(SGD(), schedule, lr, state.batch_size, epochs, state.seed)


def _search(state: DescentState) -> Search | None:
    if state.method == "random-search":
        return OneByOneSearch(tries=MOST_STEPS, scale=state.scale)
    if state.method == "random-local-search":
        return OneByOneLocalSearch(tries=MOST_STEPS, scale=state.scale, step=state.hop)
    return None


def _settings(state: DescentState) -> DescentState:
    """Return the state with all fields that the run does not depend on set to one value."""
    return state.model_copy(update={"step": 0, "plane": "path"})


def _strip_settings(state: DescentState) -> DescentState:
    return _settings(state).model_copy(update={"rates": ((0, 1.0),)})


def _strip(state: DescentState) -> dict[str, Any]:
    """Return the objective of each of a ladder of learning rates after the same steps, all side by side."""
    objective, source = _problem(state)
    start, K = arrays_of(state)[2], len(STRIP_RATES)
    many = replace(objective, lam=np.full(K, state.lam))
    params = Params(np.repeat(start.W, K, axis=0), np.repeat(start.b, K, axis=0))
    steps_per_epoch = -(-source.n_examples // state.batch_size)
    epochs = -(-STRIP_STEPS // steps_per_epoch)
    plan = _plan(state, Constant(), STRIP_RATES, epochs)
    ended = drive(train(many, source, plan, params), ())
    diverged = [not alive for alive in ended.alive.tolist()]
    reached = many.value(ended.params, source)
    return {
        "rates": STRIP_RATES.tolist(),
        "objective": [None if gone else value for gone, value in zip(diverged, _numbers(reached), strict=True)],
        "diverged": diverged,
        "start": float(objective.value(start, source)[0]),
        "steps": epochs * steps_per_epoch,
    }


def _slice(
    state: DescentState, objective: Objective, source: MemorySource, weights: FloatArray, side: int
) -> dict[str, Any]:
    """Return the objective on a plane through the current weights, and the path's projection onto it.

    The plane is spanned by the two directions of the largest extent of the path, or by the first weights of the
    first two classes; all other coordinates are those of the current weights.
    """
    here = weights[-1].ravel()
    path = weights.reshape(len(weights), -1) - here
    axes = np.zeros((2, here.size))
    axes[0, 0] = axes[1, 3] = 1.0
    if state.plane == "path" and np.any(path):
        _, sizes, found = np.linalg.svd(path, full_matrices=True)
        axes = found[:2] if sizes[1:2] > 1e-9 * sizes[0] else found[[0, -1]]
        # Signs of singular vectors are arbitrary: the largest entry points up.
        axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    shadow = path @ axes.T
    reach = np.maximum(1.3 * np.abs(shadow).max(axis=0), 0.5)
    u, v = (np.linspace(-r, r, side) for r in np.minimum(reach, FARTHEST_SLICE))
    grid = here + u[None, :, None] * axes[0] + v[:, None, None] * axes[1]
    values = full_objective(objective, source, grid.reshape(side * side, *weights.shape[1:]))
    off = np.linalg.norm(path - shadow @ axes, axis=1)
    return {
        "u": u.tolist(),
        "v": v.tolist(),
        "objective": [_numbers(row) for row in values.reshape(side, side)],
        "path": shadow.tolist(),
        "off_plane": float(off.max()),
    }


def _cosines(
    objective: Objective, source: MemorySource, weights: FloatArray, lr: list[float]
) -> list[float | None]:
    """Return the cosine of the angle between each step and the direction of steepest descent."""
    if len(weights) < 2:
        return []
    before = weights[:-1]
    many = replace(objective, lam=np.full(len(before), objective.lam[0]))
    with np.errstate(all="ignore"):
        full = many.value_and_gradient(_params(before), Batch(source.X, source.y, None)).gradient
        down = -np.concatenate([full.W, full.b[..., None]], axis=2).reshape(len(before), -1)
        made = np.diff(weights, axis=0).reshape(len(before), -1) / np.array(lr)[:, None]
        sizes = np.linalg.norm(down, axis=1) * np.linalg.norm(made, axis=1)
        return ((down * made).sum(axis=1) / sizes).tolist()


def _update_ratios(weights: FloatArray) -> list[float]:
    """Return the size of each update divided by the size of the weights before it."""
    flat = weights.reshape(len(weights), -1)
    with np.errstate(all="ignore"):
        return (np.linalg.norm(np.diff(flat, axis=0), axis=1) / np.linalg.norm(flat[:-1], axis=1)).tolist()


def _moving_average(values: list[float]) -> list[float]:
    """Return the exponential moving average, corrected for its start."""
    average, found = 0.0, []
    for i, value in enumerate(values, 1):
        average = MEMORY * average + (1 - MEMORY) * value
        found.append(average / (1 - MEMORY**i))
    return found


def _params(weights: FloatArray) -> Params:
    return Params(weights[:, :, :-1], weights[:, :, -1])


def _rows(weights: FloatArray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in weights.tolist())


def _numbers(values: Any) -> list[float | None]:
    """Return numbers for JSON, which has neither infinity nor NaN."""
    return [float(value) if np.isfinite(value) else None for value in values]


_GRADIENT_RUN = """
from scoreline.rows import whole_order

rates, batch, steps = {rates}, {batch}, {step}
W, step, epoch = weights.copy(), 0, 0
while step < steps:
    order = whole_order(len(y), seed={seed}, epoch=epoch) if batch < len(y) else np.arange(len(y))
    for first in range(0, len(y), batch):
        rows = order[first : first + batch]
        lr = next(rate for since, rate in reversed(rates) if since <= step)
        slopes = loss.value_and_gradient(X[rows] @ W[:, :2].T + W[:, 2], y[rows])[1] / len(rows)
        gradient = np.column_stack([slopes.T @ X[rows], slopes.sum(axis=0)])
        smooth = penalty.gradient(W[None, :, :2])
        if smooth is not None:
            gradient[:, :2] += lam * smooth[0]
        W = W - lr * gradient
        W[:, :2] = penalty.prox(W[None, :, :2], np.array([[[lr * lam]]]))[0]  # L1's step; L2 has none
        step += 1
        if step == steps:
            break
    epoch += 1
"""
_SEARCH_RUN = """
from scoreline.data import MemorySource
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.search.random import RandomLocalSearch, RandomSearch

objective = Objective(loss, penalty, np.array([lam]), len(weights))
source = MemorySource(X, y, len(weights))
like = Params(weights[None, :, :2], weights[None, :, 2])
for event in {search}.run(objective, source, like, {seed}):
    W = np.column_stack([event.params.W[0], event.params.b[0]])
"""
_SCRIPT_END = """
value = loss.value(X @ W[:, :2].T + W[:, 2], y).mean() + lam * penalty.value(W[None, :, :2])[0]
print(W)
print(repr(float(value)))
"""
