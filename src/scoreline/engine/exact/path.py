"""The path of optima over many strengths of the penalty, for little more than the price of one fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.exact.moments import Moments
from scoreline.engine.exact.solver import measure_for, minimize_exactly
from scoreline.engine.problem.cost import fit_seconds
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.stopping import EpochListener, Listener, drive
from scoreline.kernels.threads import threads_for
from scoreline.rows import stored_entries

__all__ = ["UNFINISHED", "Path", "fit_path"]

#: Why a fit ended that was not let go on; no other follows it.
UNFINISHED = (Reason.INTERRUPTED, Reason.TIME_LIMIT)


def fit_path(  # noqa: PLR0913 - public, by keywords
    objective: Objective,
    source: DataSource,
    start: Params,
    *,
    tol: float,
    max_iter: int,
    moments: Moments | None = None,
    validation: DataSource | None = None,
    listeners: Sequence[Listener] = (),
) -> list[Outcome]:
    """Minimise a convex objective exactly for each of its K values of `lam`, from the strongest down.

    The moments of the data are measured once, on as many rows as pay off over K fits. Each fit begins where the
    last three lead: a parabola through them over ``log lam``, which costs nothing.

    Parameters
    ----------
    objective : Objective
        With K values of `lam`.
    source : DataSource
    start : Params
        Where the first fit begins, with K = 1.
    tol, max_iter
        Of each fit; see `scoreline.engine.exact.solver.minimize_exactly`.
    moments : Moments, optional
        Of the data, where they have been measured already: a bound on memory may ask for another form.
    validation : DataSource, optional
        Evaluated at the end of each fit.
    listeners : sequence of callables
        Are shown the events of every fit, and may end the path with a `Reason`.

    Returns
    -------
    list of Outcome
        In the order of ``objective.lam``.

    References
    ----------
    Friedman, Hastie & Tibshirani (2010), Regularization paths for generalized linear models via coordinate
    descent, J. Stat. Softw. 33, for warm starts; Allgower & Georg (2003), Introduction to numerical continuation
    methods, for the predictor.
    """
    outcomes: dict[int, Outcome] = {}
    with threads_for(fit_seconds(source.n_examples, stored_entries(source.rows), objective.n_rows)):
        moments = moments or measure_for(objective, source)
    path = Path(
        objective,
        source,
        start,
        moments,
        tol=tol,
        max_iter=max_iter,
        validation=validation,
        listeners=listeners,
    )
    stop_request: Reason | None = None
    for k in np.argsort(-objective.lam, kind="stable"):
        if stop_request is not None:
            outcomes[int(k)] = Outcome(path.last, stop_request, 0)
            continue
        outcome = outcomes[int(k)] = path.fit(float(objective.lam[k]))
        stop_request = outcome.reason if outcome.reason in UNFINISHED else None
    return [outcomes[k] for k in range(objective.n_configurations)]


class Path:
    """Exact fits that differ in `lam` alone, in any order: each begins where those nearest to it lead.

    Parameters
    ----------
    objective : Objective
        Whatever its `lam`.
    source : DataSource
    start : Params
        Where the first fit begins, with K = 1.
    moments : Moments
        Of the data; see `scoreline.engine.exact.solver.measure_for`.
    tol, max_iter, validation, listeners
        See `fit_path`.
    """

    def __init__(  # noqa: PLR0913 - public, by keywords
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        moments: Moments,
        *,
        tol: float,
        max_iter: int,
        validation: DataSource | None = None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self.objective, self.source, self.moments = objective, source, moments
        self.tol, self.max_iter = tol, max_iter
        self.validation, self.listeners = validation, listeners
        self._curve = _Curve(start, {})

    @property
    def last(self) -> Params:
        """Where the last fit ended, or the first is to begin."""
        return self._curve.last

    def begin(self, start: Params, starts: Mapping[float, Params] | None = None) -> None:
        """Let the first fit begin elsewhere, and those at some strengths each at a place of its own."""
        self._curve = _Curve(start, starts or {})

    def fit(self, lam: float) -> Outcome:
        """Minimise at one strength, and evaluate what that comes to."""
        one = replace(self.objective, lam=np.array([lam]))
        noted = _LastEvaluation()
        first = self._curve.at(lam)
        with threads_for(fit_seconds(self.source.n_examples, stored_entries(self.source.rows), one.n_rows)):
            run = minimize_exactly(
                one, self.source, first, tol=self.tol, max_iter=self.max_iter, moments=self.moments
            )
            ended = drive(run, [*self.listeners, noted])
        self._curve.add(lam, ended.params)
        train = noted.train or _evaluated(one, ended.params, self.source)
        outcome = Outcome(ended.params, ended.reason, ended.epoch, *train, duality_gap=ended.duality_gap)
        if self.validation is None:
            return outcome
        loss, accuracy = _evaluated(one, ended.params, self.validation)
        return replace(outcome, validation_loss=loss, validation_accuracy=accuracy)


class _Curve:
    """The way of the three nearest optima over the logarithm of `lam`: between their line and their parabola.

    The line is off by half the curvature of the way; the parabola triples the errors that the optima have.
    """

    def __init__(self, start: Params, starts: Mapping[float, Params]) -> None:
        self.known: dict[float, Params] = {}
        self.last, self.starts = start, starts

    def add(self, lam: float, params: Params) -> None:
        """Remember an optimum."""
        self.last = params
        if lam > 0:
            self.known[float(np.log(lam))] = params

    def at(self, lam: float) -> Params:
        """Return the place of its own, or where the way leads; the last optimum where there is neither."""
        if lam in self.starts:
            return self.starts[lam]
        if len(self.known) < 2 or lam <= 0:
            return self.last
        x = float(np.log(lam))
        near = sorted(self.known.items(), key=lambda pair: -abs(pair[0] - x))[-3:]
        (x1, _), (x2, closest) = near[-2:]
        leads = closest.plus(_divided_difference(near[-2:]), x - x2)
        if len(near) < 3:
            return leads
        return leads.plus(_divided_difference(near), (x - x1) * (x - x2) / 2)


def _divided_difference(known: list[tuple[float, Params]]) -> Params:
    """Return Newton's divided difference of two points or more."""
    if len(known) == 1:
        return known[0][1]
    change = _divided_difference(known[1:]).plus(_divided_difference(known[:-1]), -1.0)
    wide = known[-1][0] - known[0][0]
    return Params(change.W / wide, change.b / wide)


def _evaluated(objective: Objective, params: Params, source: DataSource) -> tuple[float, float]:
    """Return loss and accuracy."""
    loss, accuracy = objective.data_loss(params, source)
    return float(loss[0]), float(accuracy[0])


class _LastEvaluation(EpochListener):
    """Remembers loss and accuracy over the training rows of a run with K = 1."""

    def __init__(self) -> None:
        self.state: FloatArray = np.zeros(0)

    @property
    def train(self) -> tuple[float, float] | None:
        """Loss and accuracy; None before the first iteration."""
        return (float(self.state[0]), float(self.state[1])) if len(self.state) else None

    def epoch_ended(self, event: Evaluated) -> None:
        """Take over what an iteration came to."""
        self.state = np.array([event.loss[0], event.accuracy[0]])
