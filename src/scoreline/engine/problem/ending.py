"""What the end of a run may be called: converged only where the objective is flat, diverged where it has risen."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from scoreline.data.base import DataSource
from scoreline.engine.problem.events import Reason, RunEnded
from scoreline.engine.problem.objective import Objective, pass_rows
from scoreline.engine.problem.params import Params
from scoreline.errors import DivergedError

__all__ = ["CUT_SHORT", "divergence", "end_reason", "is_flat", "shortfalls"]

#: Runs that were cut short: what they reached is kept, however far from the optimum.
CUT_SHORT = (Reason.INTERRUPTED, Reason.TIME_LIMIT)
#: Share by which an objective must lie above that at the start to have risen: below it, the noise of batches may
#: decide; and what rounding may add to it.
RISEN, ROUNDING = 1e-3, 1e-6
#: Epochs that are a run's beginning, and the objectives at W = 0 that it may come to there.
FIRST_EPOCHS, OVERSHOT = 5, 2.0
#: Ratio of one step that is tried along the gradient to the next, and the least share that is looked for.
FINER, LEAST = 8.0, 1e-8


def end_reason(
    objective: Objective,
    source: DataSource,
    start: Params,
    ended: RunEnded,
    tol: float,
    value: float | None = None,
) -> Reason:
    """Return why a run by steps along gradients ended, with K = 1, by where it ended.

    One that ends above the objective at ``W = 0`` and above that at its start, or nowhere, has diverged, whatever
    ended it (unless it was cut short). One that ended as it made no more progress has converged if the objective
    is flat there, else it has stalled: its steps were too short, or so long that they lead nowhere.

    Parameters
    ----------
    objective : Objective
    source : DataSource
        The training rows.
    start : Params
        Where the run began.
    ended : RunEnded
        Where, when and why its loop ended.
    tol : float
        Relative accuracy to which flat is meant.
    value : float, optional
        The objective at the end; by default it is measured.
    """
    params, reason = ended.params, ended.reason
    # The first steps may overshoot: a run that its limit ended among them has yet to show where it goes.
    begun = reason is Reason.MAX_EPOCHS and ended.epoch < FIRST_EPOCHS
    factor = OVERSHOT if begun else 1 + RISEN
    with np.errstate(over="ignore", invalid="ignore"):  # the result says that it diverged
        value = float(objective.value(params, source)[0]) if value is None else value
        at_zero = objective.value_at_zero
        if not value <= at_zero * factor and reason not in CUT_SHORT:
            warm = bool(start.W.any() or start.b.any())
            worse = warm and value <= float(objective.value(start, source)[0]) * (1 + RISEN)
            if not worse:
                return Reason.DIVERGED
    if reason is not Reason.CONVERGED:
        return reason
    flat = value <= at_zero * (1 + ROUNDING) and is_flat(objective, source, params, tol)
    return Reason.CONVERGED if flat else Reason.STALLED


def divergence(objective: Objective, lr: float | None, ended: RunEnded, value: float) -> DivergedError:
    """Return the error of a run that diverged to a value of the objective."""
    at, at_zero = f" at lr={lr:.3g}" if lr else "", objective.value_at_zero
    return DivergedError(
        f"Training diverged{at} after {ended.step} steps: from {at_zero:.4g} at W = 0 to {value:.4g}",
        allowed="a learning rate at which the objective falls",
        fix="lower lr by ten times, leave it out to have it set, or standardize the features",
    )


def shortfalls(
    solver: tuple[str, str], objective: Objective, ended: RunEnded, tol: float, value: float
) -> tuple[str, ...]:
    """Return in a sentence what a run has missed; nothing where it has done what it was for.

    Parameters
    ----------
    solver : tuple of two str
        Its name, and what it counts: epochs, iterations or tries.
    objective : Objective
    ended : RunEnded
    tol : float
        Relative accuracy that was asked for.
    value : float
        What the objective came to.
    """
    if ended.reason in (Reason.CONVERGED, Reason.EARLY_STOPPED, Reason.INTERRUPTED):
        return ()
    remedies = {
        Reason.MAX_EPOCHS: "Raise max_epochs or tol, or standardize",
        Reason.STALLED: "Raise or lower lr, or leave it out to have it set, or standardize",
        Reason.PRECISION: "Raise tol or lam, or standardize",
        Reason.TIME_LIMIT: "Give it more time, or raise tol",
    }
    (name, unit), count = solver, max(1, round(ended.epoch))
    remarks = "" if ended.duality_gap is None else f"; the gap that it proved is {ended.duality_gap:.1e}"
    if value > objective.value_at_zero:
        remarks += f"; its objective of {value:.4g} is above the {objective.value_at_zero:.4g} of W = 0"
    return (
        f"The {name} stopped after {count} {unit} without reaching tol={tol:g} ({ended.reason.value}){remarks}. "
        f"{remedies[ended.reason]}.",
    )


def is_flat(objective: Objective, source: DataSource, params: Params, tol: float) -> bool:
    r"""Tell whether no step along the gradient lowers an objective with K = 1 by more than a share `tol`.

    No objective lies below 0, and it is convex: a step of length :math:`t` gains at most :math:`t \|g\|^2`, so
    that steps shorter than ``tol`` times Polyak's :math:`f / \|g\|^2` gain too little. Between the two some are
    tried, side by side in one pass over the data, with what the penalty makes of each.
    """
    gradient = _whole_gradient(objective, source, params)
    square = sum(float(np.square(part, dtype=np.float64).sum()) for part in gradient)
    value = float(objective.value(params, source)[0])
    if square == 0 or value == 0:
        return True
    count = 1 + math.ceil(math.log(1 / min(max(tol, LEAST), 1)) / math.log(FINER))
    steps = value / square * FINER ** -np.arange(count)
    dtype, penalty = params.W.dtype, objective.penalty
    with np.errstate(over="ignore", invalid="ignore"):  # the longest lead far away
        moved = params.W - steps.astype(dtype)[:, None, None] * gradient.W
        penalised = penalty.prox(moved, (steps * objective.lam).astype(dtype)[:, None, None])
        tried = Params(penalty.project(penalised), params.b - steps.astype(dtype)[:, None] * gradient.b)
        values = replace(objective, lam=np.repeat(objective.lam, count)).value(tried, source)
    return not bool((values < value * (1 - tol)).any())


def _whole_gradient(objective: Objective, source: DataSource, params: Params) -> Params:
    """Return the gradient over all rows."""
    total = Params(np.zeros(params.W.shape), np.zeros(params.b.shape))
    mean_weight = source.total_weight / source.n_examples
    for batch in source.batches(pass_rows(params, source), seed=None):
        part = objective.value_and_gradient(params, batch, mean_weight=mean_weight)
        total = total.plus(part.gradient, len(batch.y) / source.n_examples)
    return Params(total.W.astype(params.W.dtype), total.b.astype(params.b.dtype))
