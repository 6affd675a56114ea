"""The optimum of a convex objective, with a bound that proves it."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.certificate import dual_value, has_certificate, relative_gap
from scoreline.engine.descent import Model, descend, mean_curvature, settle_bias
from scoreline.engine.events import Evaluated, Event, Reason, RunEnded, RunStarted
from scoreline.engine.lbfgs import LBFGS
from scoreline.engine.moments import DenseMoments, Moments, Preconditioner, measure_matrix, measure_moments
from scoreline.engine.newton import Newton
from scoreline.engine.objective import Objective
from scoreline.engine.params import Params
from scoreline.engine.passes import Passes, passes_over
from scoreline.engine.point import Point
from scoreline.engine.proximal import ProximalMetric, descend_proximally
from scoreline.errors import MismatchError
from scoreline.losses import LOSSES, CertifiedLoss, HingeLoss
from scoreline.penalties import PENALTIES

__all__ = ["check_exact", "measure_for", "minimize_exactly", "missing_for_exact"]

#: Share of the loss at W = 0 below which an objective counts as 0.
NEGLIGIBLE = 1e-6
#: Promised decrease, relative to `tol`, at which the gap is first looked at; its fall until the next look.
FIRST_LOOK, LEAST_FALL, MOST_FALL = 0.25, 0.02, 0.5
#: How wide the corners of a hinge are rounded at first, in margins: so wide that at W = 0 none is straight.
FIRST_ROUNDING = 2.0
#: By how much less at the least and at the most the next time.
LEAST_CUT, MOST_CUT = 0.6, 0.2
#: Promised decrease, relative to the objective, at which that cost is first looked at.
ROUGHLY = 0.02
#: Numbers of the data up to which rounded hinges get Newton's model. It needs a fourth of the iterations, and is
#: steady where L-BFGS gives up; on larger data its conjugate gradients take longer than all iterations they save.
NEWTON_ENTRIES = 1 << 22
#: Share of the cost of rounding that the rounded objective is solved to, before corners are rounded less.
SOLVED = 0.1


def missing_for_exact(objective: Objective) -> list[str]:
    """Return all that keeps the exact solver from taking `objective`."""
    missing = []
    if not (objective.loss.smooth or isinstance(objective.loss, HingeLoss)):
        missing.append(f"the loss {LOSSES.spec(objective.loss)} has corners that cannot be rounded")
    penalty = PENALTIES.spec(objective.penalty)
    if objective.penalty.coefficients is None:
        missing.append(f"the penalty {penalty} is no sum of squares and absolute values")
    elif objective.penalty.coefficients[1] and not objective.loss.smooth:
        missing.append(f"loss {LOSSES.spec(objective.loss)} and penalty {penalty} both have corners")
    return missing


def check_exact(objective: Objective) -> None:
    """Raise MismatchError, naming all that is missing, unless the exact solver can take `objective`."""
    missing = missing_for_exact(objective)
    if missing:
        raise MismatchError(
            "The exact solver does not take this objective: " + " and ".join(missing),
            allowed="every loss of scoreline's with penalty l2 or none, smooth ones with l1 or elastic-net too",
            fix="choose solver='auto', or a mini-batch solver such as 'momentum'",
        )


def measure_for(objective: Objective, source: DataSource) -> Moments:
    """Measure what `minimize_exactly` needs of the data, for all values of `lam` of the objective."""
    if (objective.penalty.coefficients or (0, 0))[1]:
        return measure_matrix(objective, source)
    return measure_moments(objective, source, n_ridges=objective.n_configurations)


def minimize_exactly(
    objective: Objective,
    source: DataSource,
    start: Params,
    *,
    tol: float,
    max_iter: int,
    moments: Moments | None = None,
) -> Generator[Event, Reason | None, None]:
    r"""Minimise a convex objective with K = 1 to high accuracy.

    The run has converged when the relative duality gap is at most `tol`: the objective is then provably within
    that share of the least there is. The gap is looked at when the decrease that the quadratic model promises is
    that small. Where there is no certificate (see `scoreline.engine.certificate`), the promise alone decides.

    Smooth losses go to L-BFGS. Plain hinges have their corners rounded, ever less (small data: by Newton's
    method). With the slopes of the rounded hinges, the gap of the plain ones is that of the rounded objective, and
    for each margin v within its width :math:`\mu` some :math:`v (1 - v / \mu)` more: about :math:`\mu^2` in all.
    The corners are rounded less until this cost is half of what `tol` allows.

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
    moments : Moments, optional
        Of the data, where `measure_for` has measured them already.

    Raises
    ------
    MismatchError
        The objective is not of these kinds.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, algorithm 7.4; Nesterov (2005), Smooth minimization of
    non-smooth functions, Math. Program. 103, for the rounding.
    """
    check_exact(objective)
    wish = yield RunStarted(1, max_iter, source.n_examples, start)
    passes = passes_over(objective, source, start.W.dtype)
    run = _Run(passes, tol, max_iter, moments or measure_for(objective, source))
    scores = passes.scores(start)
    here = Point.at(run.passes, start, scores, np.empty_like(scores))
    while wish is None:
        here, reason = yield from run.descend(here)
        if run.round_less(here, reason):
            here = Point.at(run.passes, here.params, here.scores, here.slopes)
        else:
            wish = reason
    gap = run.gap_at(here) if run.certified and run.gap is None else run.gap
    if wish is Reason.ROUNDING and gap is not None and gap <= tol:
        wish = Reason.CONVERGED
    alive = np.ones(1, dtype=bool)
    yield RunEnded(wish, run.iteration, run.iteration, here.params, alive, duality_gap=gap)


class _Run:
    """What decides when to look at the gap, to round corners less, and to stop."""

    def __init__(self, passes: Passes, tol: float, max_iter: int, moments: Moments) -> None:
        self.plain, self.tol, self.max_iter, self.moments = passes, tol, max_iter, moments
        self.passes = passes
        objective = passes.objective
        self.certified = has_certificate(objective)
        # An objective without penalty may have no lower bound but 0, where relative accuracy means nothing.
        self.floor = NEGLIGIBLE * objective.loss.value_at_zero(objective.n_classes)
        self.iteration = 0
        self.gap: float | None = None
        self.nearby: Preconditioner | ProximalMetric | None = None
        self.rounding = 0.0
        self.threshold = FIRST_LOOK * tol if self.certified else tol
        if isinstance(objective.loss, HingeLoss) and not objective.loss.smooth:
            self._round(FIRST_ROUNDING * objective.loss.margin)

    def descend(self, here: Point) -> Generator[Event, Reason | None, tuple[Point, Reason]]:
        """Go down, by the method that loss and penalty ask for, with moments scaled by the curvature here."""
        objective, curvature = self.passes.objective, mean_curvature(self.passes, here.scores)
        squares, absolutes = objective.penalty.coefficients or (0.0, 0.0)
        ridge, shrink = 2 * float(objective.lam[0]) * squares, float(objective.lam[0]) * absolutes
        if shrink and isinstance(self.moments, DenseMoments):
            metric = ProximalMetric(self.moments, curvature, ridge, shrink)
            self.nearby = metric
            return descend_proximally(self.passes, here, metric, self.decide, self.tell)
        self.nearby = preconditioner = self.moments.preconditioner(curvature, ridge)
        return descend(self.passes, here, self._model(ridge, preconditioner), self.decide, self.tell)

    def _model(self, ridge: float, preconditioner: Preconditioner) -> Model:
        loss = self.passes.objective.loss
        few = self.passes.source.n_examples * self.passes.source.n_features <= NEWTON_ENTRIES
        if few and self.rounding and isinstance(loss, HingeLoss):
            return Newton(self.passes, loss, ridge, preconditioner)
        return LBFGS(preconditioner)

    def decide(self, here: Point, promise: float) -> tuple[Point, Reason | None]:
        """Look at the gap when little more is promised; stop when it, or the promise alone, is small enough."""
        self.gap = None
        size = max(here.objective, self.floor)
        if promise <= self.threshold * size:
            if not self.certified:
                return here, Reason.CONVERGED
            if self.passes.objective.fit_intercept:
                here = settle_bias(self.passes, here)
            cost = self.cost_of_rounding(here) / size
            if cost > self.tol / 2:
                if promise <= SOLVED * cost * size:
                    return here, Reason.CONVERGED
                self.threshold = SOLVED * cost
            else:
                self.gap = self.gap_at(here)
                if self.gap <= self.tol:
                    return here, Reason.CONVERGED
                # The gap falls about as the promise does.
                fall = np.clip(2 * self.tol / self.gap, LEAST_FALL, MOST_FALL)
                self.threshold = promise / size * float(fall)
        if self.iteration >= self.max_iter:
            return here, Reason.MAX_EPOCHS
        return here, None

    def gap_at(self, here: Point) -> float:
        """Return the relative gap of the objective, its hinges not rounded."""
        loss = self.plain.objective.loss
        assert isinstance(loss, CertifiedLoss)  # noqa: S101 - what `certified` says
        slopes: FloatArray = here.slopes.astype(np.float64)
        if self.nearby is not None and not self.rounding:
            # The next step, were it taken, would take most of the gradient, and so of the gap, out of the slopes.
            slopes += self.nearby.curvature * self.passes.scores(self.nearby.step(here))
            slopes = loss.feasible(slopes, self.plain.labelled.y)
        return relative_gap(self._plain_value(here), dual_value(self.plain, slopes))

    def cost_of_rounding(self, here: Point) -> float:
        """Return by how much the gap would be less, had the plain hinges the slopes of the rounded ones."""
        if not self.rounding:
            return 0.0
        loss, labelled = self.plain.objective.loss, self.plain.labelled
        assert isinstance(loss, CertifiedLoss)  # noqa: S101 - all hinges are
        slopes = here.slopes.astype(np.float64)
        young = loss.conjugate(slopes, labelled.y) - np.einsum("nr,nr->n", slopes, here.scores)
        return self._plain_value(here) - (here.objective - here.judged.loss) + labelled.mean(young)

    def tell(self, here: Point) -> Evaluated:
        """Count an iteration; tell the objective's value, not the rounded one's."""
        self.iteration += 1
        value = self._plain_value(here)
        return here.event(self.iteration, value, value - (here.objective - here.judged.loss))

    def round_less(self, here: Point, reason: Reason) -> bool:
        """Round corners less, as their cost asks for, if the rounded objective is solved and the plain is not."""
        if not self.rounding or reason not in (Reason.CONVERGED, Reason.ROUNDING):
            return False
        cost = self.cost_of_rounding(here) / max(here.objective, self.floor)
        if cost <= self.tol / 2:
            return False
        self._round(self.rounding * float(np.clip(np.sqrt(0.4 * self.tol / cost), MOST_CUT, LEAST_CUT)))
        return True

    def _round(self, width: float) -> None:
        loss = self.plain.objective.loss
        assert isinstance(loss, HingeLoss)  # noqa: S101 - what the callers have made sure of
        self.rounding = width
        self.passes = self.plain.with_loss(loss.rounded(width))
        self.threshold = ROUGHLY

    def _plain_value(self, here: Point) -> float:
        if not self.rounding:
            return here.objective
        scratch = np.empty_like(here.slopes)
        penalty = here.objective - here.judged.loss
        return self.plain.judge(here.scores, None, 0.0, scratch).loss + penalty
