"""The optimum of a convex objective, with a bound that proves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from scoreline.data.base import DataSource
from scoreline.engine.exact.bias import BiasModel, first_bias_model, settle_bias
from scoreline.engine.exact.constants import FIRST_COST_EVALUATION, NEWTON_SMOOTHED, NEWTON_SQUARED
from scoreline.engine.exact.curvature import mean_curvature
from scoreline.engine.exact.descent import Descent, LineSearched, Proposal
from scoreline.engine.exact.gap import GapPolicy, GapState
from scoreline.engine.exact.moments import Moments, measure_matrix, measure_moments
from scoreline.engine.exact.newton import Newton
from scoreline.engine.exact.proximal import Proximal
from scoreline.engine.exact.quasi_newton import QuasiNewton
from scoreline.engine.exact.smoothing import Smoothing, SmoothingState
from scoreline.engine.problem.backends import oracle_over
from scoreline.engine.problem.events import Event, Reason, RunEnded, RunStarted
from scoreline.engine.problem.identity import identity
from scoreline.engine.problem.method import Method, Run, run
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.oracle import Oracle
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point, PointState
from scoreline.errors import MismatchError
from scoreline.losses import LOSSES, Loss
from scoreline.penalties import PENALTIES, Penalty

__all__ = ["ExactMethod", "ExactState", "check_exact", "measure_for", "minimize_exactly", "missing_for_exact"]

#: What the exact solver asks of what a loss and a penalty declare, and what to say where they do not offer it.
_REQUIRED: tuple[tuple[Callable[[Loss, Penalty], bool], str], ...] = (
    (
        lambda loss, _: loss.smooth or loss.smoothing is not None,
        "the loss {loss} has corners that cannot be smoothed",
    ),
    (
        lambda _, penalty: penalty.coefficients is not None,
        "the penalty {penalty} is no sum of squares and absolute values",
    ),
    (
        lambda loss, penalty: loss.smooth or not (penalty.coefficients or (0, 0))[1],
        "loss {loss} and penalty {penalty} both have corners",
    ),
)


def missing_for_exact(objective: Objective) -> list[str]:
    """Return all that keeps the exact solver from taking `objective`."""
    missing = [text for offered, text in _REQUIRED if not offered(objective.loss, objective.penalty)]
    if not missing:
        return []
    loss, penalty = LOSSES.spec(objective.loss), PENALTIES.spec(objective.penalty)
    return [text.format(loss=loss, penalty=penalty) for text in missing]


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
) -> Run[ExactState]:
    r"""Minimise a convex objective with K = 1 to high accuracy.

    The run has converged when the relative duality gap is at most `tol`: the objective is then provably within
    that share of the least there is. The gap is looked at when the decrease that the quadratic model predicts is
    that small. Where there is no certificate (see `scoreline.engine.exact.certificate`), the predicted
    decrease alone decides.

    Smooth losses go to L-BFGS, hinges over small data to Newton's method. Plain hinges have their kinks smoothed
    about a centre among the slopes, which moves to the slopes reached: a proximal point method on the dual. The
    gap is that of the plain hinges, from the slopes of the smoothed ones. Smoothing costs the part of it that the
    plain hinges would not have with these slopes; the width is cut where a move of the centre does not bring this
    cost down.

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
    non-smooth functions, Math. Program. 103, for the smoothing; Rockafellar (1976), Augmented Lagrangians and
    applications of the proximal point algorithm in convex programming, Math. Oper. Res. 1, and Tseng & Bertsekas
    (1993), On the convergence of the exponential multiplier method, Math. Program. 60, for the centre.
    """
    method = ExactMethod(objective, source, start, tol=tol, max_iter=max_iter, moments=moments)
    return run(method)


class ExactState(NamedTuple):
    """All that changes in a run."""

    iteration: int
    here: PointState
    #: Name of the `Reason` to stop; empty while there is a next step.
    reason: str
    gap: GapState
    smoothing: SmoothingState
    #: What the way down has learned; see `scoreline.engine.exact.descent.Descent`.
    model: Any
    bias: BiasModel


class ExactMethod(Method[ExactState]):
    """The exact solver on one problem; see `scoreline.engine.problem.method.Method` and `minimize_exactly`.

    It holds what does not change: the oracle, the moments, and how to go down. A few of its parts
    keep what they computed last (factors, gradients), which is computed again where it is missing: no state.
    """

    def __init__(
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        *,
        tol: float,
        max_iter: int,
        moments: Moments | None = None,
    ) -> None:
        check_exact(objective)
        self.objective, self.source, self.start, self.max_iter = objective, source, start, max_iter
        self.smoothing = Smoothing(oracle_over(objective, source, start.W.dtype))
        self.policy = GapPolicy(self.smoothing, tol)
        self._given = moments
        self._last: Point | None = None

    @cached_property
    def descent(self) -> Descent[Any]:
        """The way down that loss, penalty and data ask for."""
        return _descent(self.smoothing.plain, self._given or measure_for(self.objective, self.source))

    def init(self) -> ExactState:
        """Return the state at the start."""
        smoothing, start = self.smoothing.first(), self.start
        oracle = self.smoothing.oracle(smoothing)
        here = Point.at(oracle, start, oracle.scores(start))
        curvature = mean_curvature(oracle, here.scores)
        model, bias = self.descent.first(here, curvature), first_bias_model(curvature)
        return ExactState(0, here.state, "", self.policy.first(smoothing), smoothing, model, bias)

    def step(self, state: ExactState) -> tuple[ExactState, Sequence[Event]]:
        """Make an iteration, or move the centre of the smoothing, or find a reason to stop."""
        here, reason = self._point(state), None
        self.descent.prepare(state.model)
        with here.oracle.consecutive():
            proposal, model = self.descent.propose(here, state.model)
            best, state, reason = self._decided(here, state._replace(model=model), proposal)
            if reason is None:
                if best is not here:
                    proposal, model = self.descent.settled(here, best, proposal, state.model)
                there, model, bias = self.descent.advance(best, proposal, model, state.bias)
                if there is None:
                    reason = Reason.PRECISION
                elif there is best:
                    return self._at(best, state._replace(model=model)), []
        if reason is None and there is not None:
            gap = state.gap._replace(gap=np.nan)
            moved = state._replace(iteration=state.iteration + 1, model=model, bias=bias, gap=gap)
            return self._at(there, moved), [self._event(there, moved)]
        accurate = self.policy.is_accurate(best, state.smoothing)
        if accurate or reason not in (Reason.CONVERGED, Reason.PRECISION):
            return self._at(best, state)._replace(reason=reason.name if reason else ""), []
        return self._recentred(best, state), []

    def terminate(self, state: ExactState) -> Reason | None:
        """Return the reason that the last step has found."""
        return Reason[state.reason] if state.reason else None

    def started(self, state: ExactState | None) -> RunStarted:
        """Return the event of a run that begins with a state."""
        params = self.start if state is None else state.here.params
        return RunStarted(1, self.max_iter, self.source.n_examples, params)

    def ended(self, state: ExactState, reason: Reason) -> RunEnded:
        """Return the event of a run that ends with a state."""
        gap: float | None = None
        if self.policy.certified:
            gap = state.gap.gap
            if np.isnan(gap):
                here = self._point(state)
                gap = self.policy.gap_at(here, state.smoothing, self.descent.quadratic(here, state.model))
            if reason is Reason.PRECISION and gap <= self.policy.tol:
                reason = Reason.CONVERGED
        done, params = state.iteration, state.here.params
        return RunEnded(reason, done, done, params, np.ones(1, dtype=bool), duality_gap=gap)

    def identity(self) -> str:
        """Return a digest of what the run follows from; moments follow from objective and rows."""
        return identity(self, self.objective, self.source, self.start, self.policy.tol, self.max_iter)

    def saved(self, state: ExactState) -> ExactState:
        """Return a state with arrays in place of the oracle's vectors, as a file takes it."""
        return self._with_vectors(state, self.smoothing.plain.saved)

    def restored(self, state: ExactState) -> ExactState:
        """Return the state that `saved` made one of arrays of."""
        return self._with_vectors(state, self.smoothing.plain.restored)

    def _with_vectors(self, state: ExactState, f: Callable[[Any], Any]) -> ExactState:
        return state._replace(
            here=state.here.with_vectors(f),
            smoothing=state.smoothing.with_vectors(f),
            model=self.descent.with_vectors(state.model, f),
        )

    def _decided(
        self, here: Point, state: ExactState, proposal: Proposal
    ) -> tuple[Point, ExactState, Reason | None]:
        """Return where to go on from, and why not to."""
        policy, predicted_decrease, smoothing = self.policy, proposal.predicted_decrease, state.smoothing
        due = policy.is_due(state.gap, state.iteration, predicted_decrease / policy.size(here, smoothing))
        if due or policy.is_proof(here, smoothing):
            if not policy.certified:
                return here, state, Reason.CONVERGED
            here, bias = settle_bias(here, state.bias, predicted_decrease)
            gap, reason = policy.decided(
                here,
                state.gap,
                smoothing,
                iteration=state.iteration,
                predicted_decrease=predicted_decrease,
                quadratic=proposal.quadratic,
            )
            state = state._replace(gap=gap, bias=bias)
            if reason is not None:
                return here, state, reason
        return here, state, Reason.MAX_EPOCHS if state.iteration >= self.max_iter else None

    def _recentred(self, here: Point, state: ExactState) -> ExactState:
        """Move the centre of the smoothing; a narrower one has another curvature."""
        there, smoothing = self.smoothing.recentred(here, state.smoothing)
        state = state._replace(gap=state.gap._replace(threshold=FIRST_COST_EVALUATION, gap=np.nan))
        if smoothing.width != state.smoothing.width:
            curvature = mean_curvature(there.oracle, there.scores)
            state = state._replace(model=self.descent.first(there, curvature), bias=first_bias_model(curvature))
        return self._at(there, state._replace(smoothing=smoothing))

    def _event(self, here: Point, state: ExactState) -> Event:
        """Report the objective's value, not the smoothed one's."""
        evaluated = self.smoothing.evaluated(here, state.smoothing)
        return here.event(state.iteration, evaluated.loss + (here.objective - here.evaluated.loss), evaluated)

    def _point(self, state: ExactState) -> Point:
        if self._last is None or self._last.state is not state.here:
            self._last = Point(self.smoothing.oracle(state.smoothing), state.here)
        return self._last

    def _at(self, here: Point, state: ExactState) -> ExactState:
        self._last = here
        return state._replace(here=here.state)


def _descent(plain: Oracle, moments: Moments) -> Descent[Any]:
    """Return the way down that loss, penalty and data ask for."""
    objective = plain.objective
    loss, lam = objective.loss, float(objective.lam[0])
    squares, absolutes = objective.penalty.coefficients or (0.0, 0.0)
    ridge, shrink = 2 * lam * squares, lam * absolutes
    if shrink and (matrix := moments.full_matrix()) is not None:
        return Proximal(moments.mean, matrix, ridge, shrink)
    entries = plain.n_entries
    few = entries <= (NEWTON_SQUARED if loss.smooth else NEWTON_SMOOTHED)
    # A hinge that was smoothed by others may be straight wherever rows are at W = 0.
    smoothed = loss.smoothing is not None and loss.smoothing.smoothing_width > 0
    if few and loss.hessian is not None and not smoothed:
        return LineSearched(Newton(moments, ridge))
    return LineSearched(QuasiNewton(moments, ridge, entries * objective.n_rows))
