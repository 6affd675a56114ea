"""The path of optima over many strengths of the penalty, for little more than the price of one fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from scoreline.data.base import DataSource
from scoreline.engine.events import Evaluated, Event, Reason
from scoreline.engine.exact import measure_for, minimize_exactly
from scoreline.engine.objective import Objective
from scoreline.engine.params import Params
from scoreline.engine.stopping import Listener, drive
from scoreline.engine.sweep import Outcome

__all__ = ["fit_path"]


def fit_path(
    objective: Objective,
    source: DataSource,
    start: Params,
    *,
    tol: float,
    max_iter: int,
    validation: DataSource | None = None,
    listeners: Sequence[Listener] = (),
    enough: Callable[[Outcome], bool] | None = None,
) -> list[Outcome]:
    """Minimise a convex objective exactly for each of its K values of `lam`, from the strongest down.

    The moments of the data are measured once, on as many rows as K fits are worth. Each fit begins where the last
    three lead: a parabola through them over ``log lam``, which costs nothing.

    Parameters
    ----------
    objective : Objective
        With K values of `lam`.
    source : DataSource
    start : Params
        Where the first fit begins, with K = 1.
    tol, max_iter
        Of each fit; see `scoreline.engine.exact.minimize_exactly`.
    validation : DataSource, optional
        Judged at the end of each fit.
    listeners : sequence of callables
        Are shown the events of every fit, and may end the path with a `Reason`.
    enough : callable, optional
        Is shown the outcome of each fit, and says whether the path ends there: weaker penalties are outdone.

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
    curve = _Curve(start)
    wish: Reason | None = None
    moments = measure_for(objective, source)
    for k in np.argsort(-objective.lam, kind="stable"):
        if wish is not None:
            outcomes[int(k)] = Outcome(curve.last, wish, 0)
            continue
        one = replace(objective, lam=objective.lam[k : k + 1])
        first = curve.at(float(one.lam[0]))
        noted = _LastEvaluation()
        run = minimize_exactly(one, source, first, tol=tol, max_iter=max_iter, moments=moments)
        ended = drive(run, [*listeners, noted])
        curve.add(float(one.lam[0]), ended.params)
        train = noted.train or _judged(one, ended.params, source)
        outcome = Outcome(ended.params, ended.reason, ended.epoch, *train, duality_gap=ended.duality_gap)
        if validation is not None:
            loss, accuracy = _judged(one, ended.params, validation)
            outcome = replace(outcome, validation_loss=loss, validation_accuracy=accuracy)
        outcomes[int(k)] = outcome
        wish = ended.reason if ended.reason in (Reason.INTERRUPTED, Reason.TIME_LIMIT) else None
        if wish is None and enough is not None and enough(outcome):
            wish = Reason.OUTDONE
    return [outcomes[k] for k in range(objective.n_configurations)]


class _Curve:
    """The way of the last three optima over the logarithm of `lam`: between their line and their parabola.

    The line is off by half the bend of the way; the parabola triples the errors that the optima have.
    """

    def __init__(self, start: Params) -> None:
        self.known: list[tuple[float, Params]] = []
        self.last = start

    def add(self, lam: float, params: Params) -> None:
        """Remember an optimum."""
        self.last = params
        if lam > 0:
            x = float(np.log(lam))
            self.known = [*[pair for pair in self.known if pair[0] != x][-2:], (x, params)]

    def at(self, lam: float) -> Params:
        """Return where the way leads; the last optimum where there is none."""
        if len(self.known) < 2 or lam <= 0:
            return self.last
        x = float(np.log(lam))
        (x1, _), (x2, _) = self.known[-2:]
        slope = _divided_difference(self.known[-2:])
        leads = self.last.plus(slope, x - x2)
        if len(self.known) < 3:
            return leads
        return leads.plus(_divided_difference(self.known), (x - x1) * (x - x2) / 2)


def _divided_difference(known: list[tuple[float, Params]]) -> Params:
    """Return Newton's divided difference of two points or more."""
    if len(known) == 1:
        return known[0][1]
    change = _divided_difference(known[1:]).plus(_divided_difference(known[:-1]), -1.0)
    wide = known[-1][0] - known[0][0]
    return Params(change.W / wide, change.b / wide)


def _judged(objective: Objective, params: Params, source: DataSource) -> tuple[float, float]:
    """Return loss and accuracy."""
    loss, accuracy = objective.data_loss(params, source)
    return float(loss[0]), float(accuracy[0])


class _LastEvaluation:
    """Remembers loss and accuracy over the training rows of a run with K = 1."""

    def __init__(self) -> None:
        self.train: tuple[float, float] | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, Evaluated):
            self.train = (float(event.loss[0]), float(event.accuracy[0]))
