"""The optimum of a convex objective, with a bound that proves it."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.exact.bias import Bias
from scoreline.engine.exact.certificate import dual_value, has_certificate, relative_gap
from scoreline.engine.exact.curvature import CurvatureModel, mean_curvature
from scoreline.engine.exact.descent import descend
from scoreline.engine.exact.moments import DenseMoments, Moments, measure_matrix, measure_moments
from scoreline.engine.exact.newton import Newton
from scoreline.engine.exact.proximal import ProximalMetric, descend_proximally
from scoreline.engine.problem.backends import passes_over
from scoreline.engine.problem.events import Evaluated, Event, Reason, RunEnded, RunStarted
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Judged, Passes, each_part
from scoreline.engine.problem.point import Point
from scoreline.errors import MismatchError
from scoreline.losses import LOSSES, CertifiedLoss, HingeLoss
from scoreline.penalties import PENALTIES

__all__ = ["check_exact", "measure_for", "minimize_exactly", "missing_for_exact"]

#: Share of the loss at W = 0 below which an objective counts as 0.
NEGLIGIBLE = 1e-6
#: Promised decrease, relative to `tol`, at which the gap is first looked at; its fall until the next look.
FIRST_LOOK, LEAST_FALL, MOST_FALL = 0.05, 0.02, 0.5
#: Iterations after a look that failed, after which the next one is taken anyhow: rounding may keep promises large.
PATIENT = 10
#: Looks in a row after which rounding is what keeps the gap, where each left it at this share of the least so far
#: while the objective fell by less than the data's dtype resolves.
STANDING, STILL = 10, 0.9
#: How wide the corners of a hinge are rounded at first, in margins: so wide that at W = 0 none is straight.
FIRST_ROUNDING = 2.0
#: By how much less the next time, unless to move their centre brought the cost down to this share.
CUT, ENOUGH_GAINED = 0.5, 0.9
#: Promised decrease, relative to the objective, at which that cost is first looked at.
ROUGHLY = 0.02
#: Numbers of the data up to which rounded and squared hinges get Newton's model. It needs a fourth of the
#: iterations or fewer, and is steady where L-BFGS gives up; on larger data its conjugate gradients take longer
#: than all iterations they save, the sooner with squared hinges, of which more rows bend.
NEWTON_ROUNDED, NEWTON_SQUARED = 1 << 22, 1 << 19
#: Share of `tol` that rounding may cost.
FOR_ROUNDING = 0.25
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
    that small. Where there is no certificate (see `scoreline.engine.exact.certificate`), the promise alone
    decides.

    Smooth losses go to L-BFGS, hinges over small data to Newton's method. Plain hinges have their corners rounded
    about a centre among the slopes, which moves to the slopes reached: a proximal point method on the dual. The
    gap is that of the plain hinges, from the slopes of the rounded ones. Rounding costs the part of it that would
    be gone, had the plain hinges these slopes; corners become sharper where a move of the centre does not bring
    this cost down.

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
    non-smooth functions, Math. Program. 103, for the rounding; Rockafellar (1976), Augmented Lagrangians and
    applications of the proximal point algorithm in convex programming, Math. Oper. Res. 1, and Tseng & Bertsekas
    (1993), On the convergence of the exponential multiplier method, Math. Program. 60, for the centre.
    """
    check_exact(objective)
    wish = yield RunStarted(1, max_iter, source.n_examples, start)
    passes = passes_over(objective, source, start.W.dtype)
    run = _Run(passes, tol, max_iter, moments or measure_for(objective, source))
    scores = passes.scores(start) if start.W.any() else np.repeat(start.b, source.n_examples, axis=0)
    here = Point.at(run.passes, start, scores, np.empty_like(scores))
    while wish is None:
        here, reason = yield from run.descend(here)
        if run.is_done(here, reason):
            wish = reason
        else:
            here = run.recentred(here)
    gap = run.gap_at(here, moved=not run.is_proof(here)) if run.certified and run.gap is None else run.gap
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
        self.looked: int | None = None
        self.gap: float | None = None
        self.least_gap, self.value_then, self.standing = np.inf, np.inf, 0
        self.metric: ProximalMetric | None = None
        self.model: CurvatureModel | Newton | None = None
        self.bias = Bias(passes, 1.0)
        self.rounding, self.cost = 0.0, np.inf
        self.shift: FloatArray | None = None
        self.threshold = FIRST_LOOK * tol if self.certified else tol
        if isinstance(objective.loss, HingeLoss) and not objective.loss.smooth:
            self._round(FIRST_ROUNDING * objective.loss.margin)

    def descend(self, here: Point) -> Generator[Event, Reason | None, tuple[Point, Reason]]:
        """Go down, by the method that loss and penalty ask for, with moments scaled by the curvature here."""
        if self.model is not None:  # of the same rounding about another centre
            return descend(self.passes, here, self.model, self.bias, self.decide, self.tell)
        objective = self.passes.objective
        curvature = mean_curvature(self.passes, here)
        self.bias = Bias(self.passes, curvature)
        squares, absolutes = objective.penalty.coefficients or (0.0, 0.0)
        ridge, shrink = 2 * float(objective.lam[0]) * squares, float(objective.lam[0]) * absolutes
        if shrink and isinstance(self.moments, DenseMoments):
            self.metric = ProximalMetric(self.moments, curvature, ridge, shrink)
            return descend_proximally(self.passes, here, self.metric, self.decide, self.tell)
        self.model = self._model(curvature, ridge)
        return descend(self.passes, here, self.model, self.bias, self.decide, self.tell)

    def _model(self, curvature: float, ridge: float) -> CurvatureModel | Newton:
        loss = self.passes.objective.loss
        entries = self.passes.source.n_examples * self.passes.source.n_features
        few = entries <= (NEWTON_ROUNDED if self.rounding else NEWTON_SQUARED)
        # A hinge that was rounded by others may be straight wherever rows are at W = 0.
        if few and isinstance(loss, HingeLoss) and loss.rounding == self.rounding:
            return Newton(self.passes, loss, ridge, self.moments.preconditioner(curvature, ridge))
        return CurvatureModel(self.passes, self.moments, curvature, ridge)

    def decide(self, here: Point, promise: float) -> tuple[Point, Reason | None]:
        """Look at the gap when little more is promised; stop when it, or the promise alone, is small enough."""
        self.gap = None
        size = max(self._plain_value(here), self.floor)
        overdue = self.looked is not None and self.iteration >= self.looked + PATIENT
        proven = self.is_proof(here)
        if promise <= self.threshold * size or overdue or proven:
            if not self.certified:
                return here, Reason.CONVERGED
            here = self.bias.settled(here, promise)
            cost = self.cost_of_rounding(here) / size
            if cost > FOR_ROUNDING * self.tol:
                if promise <= SOLVED * cost * size:
                    return here, Reason.CONVERGED
                self.threshold = SOLVED * cost
            else:
                self.gap, self.looked = self.gap_at(here, moved=not proven), self.iteration
                if self.gap <= self.tol:
                    return here, Reason.CONVERGED
                if self._stands(here):
                    return here, Reason.ROUNDING
                # The gap falls about as the promise does.
                fall = np.clip(2 * self.tol / self.gap, LEAST_FALL, MOST_FALL)
                self.threshold = min(promise / size, self.threshold) * float(fall)
        if self.iteration >= self.max_iter:
            return here, Reason.MAX_EPOCHS
        return here, None

    def _stands(self, here: Point) -> bool:
        """Tell whether neither gap nor objective have moved for so many looks, this one included."""
        assert self.gap is not None  # noqa: S101 - what a look has brought
        value, least = self._plain_value(here), self.least_gap
        resolved = float(np.finfo(here.params.W.dtype).eps) * value
        still = self.gap > STILL * least and self.value_then - value < resolved
        self.standing = self.standing + 1 if still else 0
        self.least_gap, self.value_then = min(self.gap, least), value
        return self.standing >= STANDING

    def is_proof(self, here: Point) -> bool:
        """Whether the slopes, as they are, about prove the point.

        What the weights have in the gap is then the square of the gradient, which is known, over 4 lam.
        """
        squares, absolutes = self.plain.objective.penalty.coefficients or (0.0, 0.0)
        if not self.certified or self.rounding or absolutes:
            return False
        reach = float(np.square(here.gradient.W, dtype=np.float64).sum())
        reach /= 4 * float(self.plain.objective.lam[0]) * squares
        return reach <= self.tol * max(here.objective, self.floor)

    def gap_at(self, here: Point, *, moved: bool) -> float:
        """Return the relative gap of the objective, its hinges not rounded.

        Where the curvature is about the same for all rows and classes, slopes that are moved along the next step
        give a far better bound; where it is not, as with many classes, those of the point itself do.
        """
        loss, y = self.plain.objective.loss, self.plain.labelled.y
        assert isinstance(loss, CertifiedLoss)  # noqa: S101 - what `certified` says
        slopes = here.slopes
        near = self.model.preconditioner if isinstance(self.model, CurvatureModel) else self.metric
        if moved and near is not None and not self.rounding:
            # The next step, were it taken, would take most of the gradient, and so of the gap, out of the slopes.
            slopes = self.passes.scores(near.step(here))

            def move(part: slice) -> None:
                there = here.slopes[part] + near.bent(slopes[part], part)
                slopes[part] = loss.feasible(there, y[part])

            each_part(move, *slopes.shape)
        dual = dual_value(self.plain, slopes, here.params.W.dtype)
        return relative_gap(self._plain_value(here), dual)

    def cost_of_rounding(self, here: Point) -> float:
        """Return by how much the gap would be less, had the plain hinges the slopes of the rounded ones."""
        if not self.rounding:
            return 0.0
        loss, labelled = self.plain.objective.loss, self.plain.labelled
        assert isinstance(loss, CertifiedLoss)  # noqa: S101 - all hinges are
        slopes, scores = here.slopes.astype(np.float64), self._scores(here)
        young = loss.conjugate(slopes, labelled.y) - np.einsum("nr,nr->n", slopes, scores)
        return self._judged(here).loss + labelled.mean(young)

    def tell(self, here: Point) -> Evaluated:
        """Count an iteration; tell the objective's value, not the rounded one's."""
        self.iteration += 1
        judged = self._judged(here)
        return here.event(self.iteration, judged.loss + self._penalty(here), judged)

    def is_done(self, here: Point, reason: Reason) -> bool:
        """Whether `reason` ends the run, and not only one rounding of the corners."""
        if not self.rounding or reason not in (Reason.CONVERGED, Reason.ROUNDING):
            return True
        return self.cost_of_rounding(here) <= FOR_ROUNDING * self.tol * max(self._plain_value(here), self.floor)

    def recentred(self, here: Point) -> Point:
        """Centre the rounding on the slopes reached, and round corners less where that alone gains little."""
        loss, labelled = self.plain.objective.loss, self.plain.labelled
        assert isinstance(loss, HingeLoss)  # noqa: S101 - the only losses that are rounded
        before, self.cost = self.cost, self.cost_of_rounding(here)
        scores = self._scores(here)
        self.threshold = ROUGHLY
        if self.cost > ENOUGH_GAINED * before:
            self._round(self.rounding * CUT)
        self.shift = loss.rounded(self.rounding).shift(loss.feasible(here.slopes, labelled.y), labelled.y)
        return Point.at(self.passes, here.params, scores + self.shift, here.slopes)

    def _round(self, width: float) -> None:
        loss = self.plain.objective.loss
        assert isinstance(loss, HingeLoss)  # noqa: S101 - what the callers have made sure of
        self.rounding = width
        self.passes, self.model, self.threshold = self.plain.with_loss(loss.rounded(width)), None, ROUGHLY

    def _scores(self, here: Point) -> FloatArray:
        return here.scores if self.shift is None else here.scores - self.shift

    def _penalty(self, here: Point) -> float:
        return here.objective - here.judged.loss

    def _judged(self, here: Point) -> Judged:
        """Judge the plain loss."""
        if not self.rounding:
            return here.judged
        return self.plain.judge(self._scores(here), None, 0.0, np.empty_like(here.slopes))

    def _plain_value(self, here: Point) -> float:
        return self._judged(here).loss + self._penalty(here)
