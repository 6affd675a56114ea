"""The optimum of a smooth objective, by preconditioned L-BFGS on the whole data.

Scores are linear in the parameters: they are kept, so that an iteration is one pass forward (the scores of the
direction) and one pass back (the gradient), and the line search needs no pass at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.certificate import dual_value, has_certificate
from scoreline.engine.events import Evaluated, Event, Reason, RunEnded, RunStarted
from scoreline.engine.line_search import minimize_along
from scoreline.engine.objective import Objective, predicted_classes
from scoreline.engine.params import Params
from scoreline.engine.preconditioner import Preconditioner
from scoreline.engine.scored import Labelled, all_scores, read_labels
from scoreline.errors import MismatchError
from scoreline.losses import LOSSES
from scoreline.penalties import L2, PENALTIES, NoPenalty

__all__ = ["check_exact", "minimize_exactly", "missing_for_exact"]

#: Pairs of steps and gradient changes that L-BFGS remembers.
MEMORY = 10
#: Share of the loss at W = 0 below which an objective counts as 0.
NEGLIGIBLE = 1e-6


def missing_for_exact(objective: Objective) -> list[str]:
    """Return all that keeps the exact solver from taking `objective`."""
    missing = []
    if not objective.loss.smooth:
        missing.append(f"the loss {LOSSES.spec(objective.loss)} has corners")
    if not isinstance(objective.penalty, L2 | NoPenalty):
        missing.append(f"the penalty {PENALTIES.spec(objective.penalty)} is neither l2 nor none")
    return missing


def check_exact(objective: Objective) -> None:
    """Raise MismatchError, naming all that is missing, unless the exact solver can take `objective`."""
    missing = missing_for_exact(objective)
    if missing:
        raise MismatchError(
            "The exact solver does not take this objective: " + " and ".join(missing),
            allowed="smooth losses (softmax, squared hinges, squared error) with penalty l2 or none",
            fix="choose solver='auto', or a mini-batch solver such as 'momentum'",
        )


def minimize_exactly(
    objective: Objective, source: DataSource, start: Params, *, tol: float, max_iter: int
) -> Generator[Event, Reason | None, None]:
    r"""Minimise a smooth, convex objective with K = 1 to high accuracy.

    The run has converged when the relative duality gap is at most `tol`: the objective is then provably within
    that share of the least there is. The gap is looked at when the decrease that the quadratic model promises,
    :math:`\tfrac12 g^\top H g` with H the L-BFGS inverse Hessian, is that small. Where there is no certificate
    (see `scoreline.engine.certificate`), the promise alone decides.

    Yields `RunStarted`, `Evaluated` after each iteration, `RunEnded`; a listener ends it by sending a `Reason`.

    Parameters
    ----------
    objective : Objective
    source : DataSource
    start : Params
        Where to begin; its dtype is the one the data are multiplied in.
    tol : float
        Relative accuracy of the objective, at least 0.
    max_iter : int
        Iterations at the most.

    Raises
    ------
    MismatchError
        The loss has corners or the penalty is not smooth.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, algorithm 7.4; Böhning (1992), Ann. Inst. Statist. Math. 44,
    for the fixed Hessian that the preconditioner takes after.
    """
    check_exact(objective)
    labelled = read_labels(source)
    memory = _Memory(Preconditioner.of(objective, source))
    here = _Point.at(objective, source, labelled, start, all_scores(objective, start, source)[:, 0])
    wish = yield RunStarted(1, max_iter, source.n_examples, start)
    # An objective without penalty may have no lower bound but 0, where relative accuracy means nothing.
    floor = NEGLIGIBLE * objective.loss.value_at_zero(objective.n_classes)
    certified, threshold, gap = has_certificate(objective), tol, None
    iteration = 0
    while wish is None and iteration < max_iter:
        direction = memory.direction(here.gradient)
        promise = -_dot(here.gradient, direction) / 2
        if promise <= threshold * max(here.objective, floor):
            gap = here.gap(objective, source, labelled) if certified else None
            if gap is None or gap <= tol:
                wish = Reason.CONVERGED
                break
            threshold = min(threshold, promise / max(here.objective, floor)) / 4
        change = all_scores(objective, direction, source)[:, 0]
        t = minimize_along(objective, labelled, here.params, here.scores, direction, change)
        if t == 0:  # rounding leaves no way down
            gap = here.gap(objective, source, labelled) if certified else None
            wish = Reason.CONVERGED if gap is None or gap <= tol else Reason.ROUNDING
            break
        step = Params(t * direction.W, t * direction.b)
        there = _Point.at(
            objective, source, labelled, here.params.plus(step), here.scores + change.dtype.type(t) * change
        )
        memory.remember(step, there.gradient, here.gradient)
        here, gap = there, None
        iteration += 1
        wish = yield here.event(iteration, labelled)
    if certified and gap is None:
        gap = here.gap(objective, source, labelled)
    reason, alive = wish or Reason.MAX_EPOCHS, np.ones(1, dtype=bool)
    yield RunEnded(reason, iteration, iteration, here.params, alive, duality_gap=gap)


@dataclass(frozen=True, eq=False)
class _Point:
    """Parameters and all that is known at them."""

    params: Params
    scores: FloatArray
    objective: float
    loss: float
    slopes: FloatArray
    gradient: Params

    @classmethod
    def at(
        cls, objective: Objective, source: DataSource, labelled: Labelled, params: Params, scores: FloatArray
    ) -> _Point:
        values, slopes = objective.loss.value_and_gradient(scores, labelled.y)
        loss = labelled.mean(values)
        gradient = objective.gradient_from_slopes(params, slopes[:, None], source)
        return cls(params, scores, loss + float(objective.penalty_value(params)[0]), loss, slopes, gradient)

    def gap(self, objective: Objective, source: DataSource, labelled: Labelled) -> float:
        """Return the relative duality gap."""
        dual = dual_value(objective, source, labelled, self.slopes)
        return (self.objective - dual) / max(self.objective, np.finfo(np.float64).tiny)

    def event(self, iteration: int, labelled: Labelled) -> Evaluated:
        accuracy = labelled.mean(predicted_classes(self.scores) == labelled.y)
        return Evaluated(
            iteration,
            iteration,
            np.array([self.objective]),
            np.array([self.loss]),
            np.array([accuracy]),
            None,
            None,
            np.zeros(1),
            self.params,
        )


class _Pair(NamedTuple):
    """A step, the change of the gradient along it, and one over their product."""

    step: Params
    change: Params
    rho: float


class _Memory:
    """The L-BFGS inverse Hessian: recent curvature on top of the preconditioner."""

    def __init__(self, preconditioner: Preconditioner) -> None:
        self.preconditioner = preconditioner
        self.pairs: deque[_Pair] = deque(maxlen=MEMORY)

    def remember(self, step: Params, after: Params, before: Params) -> None:
        change = Params(after.W - before.W, after.b - before.b)
        curvature = _dot(step, change)
        # Curvature that is lost in rounding would make the inverse Hessian indefinite.
        if curvature > 1e-12 * np.sqrt(_dot(step, step) * _dot(change, change)):
            self.pairs.append(_Pair(step, change, 1 / curvature))

    def direction(self, gradient: Params) -> Params:
        """Return minus the inverse Hessian times the gradient (the two-loop recursion)."""
        q = gradient
        shares = []
        for pair in reversed(self.pairs):
            share = pair.rho * _dot(pair.step, q)
            shares.append(share)
            q = _plus(q, -share, pair.change)
        r = self.preconditioner.solve(q)
        for pair, share in zip(self.pairs, reversed(shares), strict=True):
            r = _plus(r, share - pair.rho * _dot(pair.change, r), pair.step)
        return Params(-r.W, -r.b)


def _dot(a: Params, b: Params) -> float:
    return float(np.vdot(a.W, b.W) + np.vdot(a.b, b.b))


def _plus(a: Params, factor: float, b: Params) -> Params:
    return Params(a.W + factor * b.W, a.b + factor * b.b)
