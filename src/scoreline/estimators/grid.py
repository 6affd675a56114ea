"""A grid of classifiers that differ in solver, strength and learning rate, trained as one sweep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.data.memory import RowsSource
from scoreline.engine.exact.path import fit_path
from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.minibatch.sweep import Candidate, Rules, most_side_by_side, sweep
from scoreline.engine.problem.cost import fit_seconds
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.stopping import Listener
from scoreline.engine.solvers import Choice, Exact, MiniBatch, Settings, Solver, build_solver, named_solver
from scoreline.errors import MismatchError
from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.problem import Problem, solver_settings
from scoreline.kernels.threads import threads_for
from scoreline.optimizers import Optimizer

__all__ = ["GridPoint", "SolverSpec", "Trial", "grid_points", "sweep_grid"]

#: What `LinearClassifier` takes as its solver.
SolverSpec: TypeAlias = str | Optimizer | Solver


@dataclass(frozen=True)
class GridPoint:
    """The settings in which the classifiers of a grid differ; see `LinearClassifier` for each."""

    solver: SolverSpec
    lam: float
    lr: float | None


@dataclass(frozen=True, eq=False)
class Trial:
    """What a point of a grid came to."""

    point: GridPoint
    #: The solver that ran.
    choice: Choice
    #: The learning rate that was used, where there was one.
    lr: float | None
    outcome: Outcome
    #: What was made small; `outcome` has its parameters.
    objective: Objective

    @property
    def healthy(self) -> bool:
        """Whether it did not run away."""
        return self.outcome.reason is not Reason.DIVERGED


def grid_points(solvers: Iterable[SolverSpec], lams: FloatArray, lrs: FloatArray | None) -> list[GridPoint]:
    """Return every combination, learning rates last; the exact solver has none.

    Parameters
    ----------
    solvers : iterable of str, Optimizer or Solver
    lams : array (n,)
    lrs : array (m,) or None
        None lets each solver set its own.
    """
    points = []
    for spec in solvers:
        rated = spec == "auto" or isinstance(named_solver(spec).solver, MiniBatch)
        rates: list[float | None] = [None] if lrs is None or not rated else [float(lr) for lr in lrs]
        points += [GridPoint(spec, float(lam), lr) for lam, lr in product(lams, rates)]
    return points


def sweep_grid(
    classifier: LinearClassifier,
    problem: Problem,
    held_out: RowsSource,
    points: Sequence[GridPoint],
    *,
    halving: Halving | None = None,
    listeners: Sequence[Listener] = (),
) -> list[Trial]:
    """Train a classifier at every point of a grid, and evaluate each on held-out rows.

    What a point comes to is what `LinearClassifier.fit` with its settings comes to, up to rounding (and, for the
    exact solver, up to `tol`). All that goes by mini-batches is one sweep, and `halving` concerns it alone; exact
    fits are a path of falling `lam`, each begun where the last one has ended.

    Parameters
    ----------
    classifier : LinearClassifier
        The settings that all have in common.
    problem : Problem
        That of the classifier.
    held_out : RowsSource
        Labels numbered as in `problem`.
    points : sequence of GridPoint
    halving : Halving, optional
    listeners : sequence of callables
        See `scoreline.engine.minibatch.sweep.sweep`.

    Returns
    -------
    list of Trial
        In the order of `points`.

    Raises
    ------
    MismatchError
        A solver does not take the objective, or is a random search.
    """
    grid = _Grid(classifier, problem, held_out, solver_settings(classifier, problem.seed), tuple(listeners))
    trials: dict[GridPoint, Trial] = {}
    exact: dict[SolverSpec, tuple[Choice, Exact, list[GridPoint]]] = {}
    stacked: list[tuple[GridPoint, Choice]] = []
    for point in points:
        choice = grid.choose(point)
        if isinstance(choice.solver, Exact):
            exact.setdefault(point.solver, (choice, choice.solver, []))[2].append(point)
        else:
            stacked.append((point, choice))
    for named, solver, same in exact.values():
        trials |= grid.exact(same, named, solver)
    trials |= grid.stacked(stacked, halving)
    return [trials[point] for point in points]


@dataclass(frozen=True, eq=False)
class _Grid:
    """What all points have in common."""

    classifier: LinearClassifier
    problem: Problem
    held_out: DataSource
    settings: Settings
    listeners: tuple[Listener, ...]

    @property
    def objective(self) -> Objective:
        """That of all points but for `lam`."""
        return self.problem.objective

    @property
    def source(self) -> RowsSource:
        """The rows that all are trained on."""
        return self.problem.source

    def choose(self, point: GridPoint) -> Choice:
        """Return the solver for a point, which goes with the objective and has a place in a sweep."""
        options = self.settings.options(point.lr)
        choice = build_solver(point.solver, self.objective, self.source, options=options)
        choice.solver.check(self.objective, self.settings)
        if not isinstance(choice.solver, Exact | MiniBatch):
            raise MismatchError(
                f"A sweep was asked for with the solver {choice.name!r}",
                allowed="'auto', 'exact', 'gd' and the optimisers, for which configurations share their passes",
                fix="leave the random searches to single runs",
            )
        return choice

    def exact(self, points: Sequence[GridPoint], choice: Choice, solver: Exact) -> dict[GridPoint, Trial]:
        """Fit points that differ in `lam` alone, exactly."""
        objective, source = self._at(points), self.source
        solver.check_memory(self.objective, source, self.settings)
        with threads_for(fit_seconds(source.n_examples, source.n_features, objective.n_rows)):
            # In the form that the bound on memory has room for, which has just been checked.
            moments = solver.measured(objective, source, self.settings)
        outcomes = fit_path(
            objective,
            source,
            self._start(solver),
            tol=self.settings.tol,
            max_iter=self.settings.max_epochs or solver.default_epochs,
            moments=moments,
            validation=self.held_out,
            listeners=self.listeners,
        )
        return {
            point: Trial(point, choice, None, outcome, self.objective)
            for point, outcome in zip(points, outcomes, strict=True)
        }

    def stacked(
        self, chosen: Sequence[tuple[GridPoint, Choice]], halving: Halving | None
    ) -> dict[GridPoint, Trial]:
        """Train points on mini-batches, side by side."""
        if not chosen:
            return {}
        stacked = min(len(chosen), most_side_by_side(self.objective, self.source))
        for _, choice in chosen:
            many = replace(self.objective, lam=np.ones(stacked))
            choice.solver.check_memory(many, self.source, self.settings)
        by_solver: dict[Solver, list[GridPoint]] = {}
        for point, choice in chosen:
            by_solver.setdefault(choice.solver, []).append(point)
        candidates: dict[GridPoint, Candidate] = {}
        for solver, points in by_solver.items():
            assert isinstance(solver, MiniBatch)  # noqa: S101 - `choose` and `sweep_grid` have left no other
            candidates |= self._candidates(solver, points)
        outcomes = sweep(
            self.objective,
            self.source,
            list(candidates.values()),
            self._start(chosen[0][1].solver),
            rules=Rules(self.classifier.tol, self.classifier.n_iter_no_change, halving),
            validation=self.held_out,
            listeners=self.listeners,
        )
        done = dict(zip(candidates, outcomes, strict=True))
        return {
            point: Trial(point, choice, float(candidates[point].plan.lr[0]), done[point], self.objective)
            for point, choice in chosen
        }

    def _candidates(self, solver: MiniBatch, points: Sequence[GridPoint]) -> dict[GridPoint, Candidate]:
        """Return the points of one solver as candidates, learning rates that were left open filled in."""
        given = [point.lr for point in points if point.lr is not None]
        rates = np.array(given) if len(given) == len(points) else None
        plan = solver.plan(self._at(points), self.source, replace(self.settings, lr=rates))
        return {
            point: Candidate(point.lam, replace(plan, lr=np.array([lr if point.lr is None else point.lr])))
            for point, lr in zip(points, plan.lr, strict=True)
        }

    def _at(self, points: Sequence[GridPoint]) -> Objective:
        return replace(self.objective, lam=np.array([point.lam for point in points]))

    def _start(self, solver: Solver) -> Params:
        dtype = solver.dtype(self.source, self.source.dtype, self.settings.tol)
        return zero_params(1, self.objective.n_rows, self.source.n_features, dtype)
