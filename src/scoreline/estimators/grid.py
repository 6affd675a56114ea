"""A grid of classifiers that differ in solver, strength and learning rate, trained as one sweep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from scoreline._typing import FloatArray
from scoreline.data.memory import RowsSource
from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.stopping import Listener
from scoreline.engine.solvers import (
    Choice,
    FitProblem,
    GridFit,
    GridMember,
    GridMethod,
    Solver,
    build_solver,
    named_solver,
)
from scoreline.errors import MismatchError
from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.problem import Problem, solver_settings
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
        rated = spec == "auto" or named_solver(spec).solver.has_rates
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
    settings = solver_settings(classifier, problem.seed)
    shared = FitProblem(problem.objective, problem.source, settings, held_out, tuple(listeners))
    choices = {point: _choose(point, shared) for point in points}
    groups: dict[GridMethod, list[GridPoint]] = {}
    for point, (_, method) in choices.items():
        groups.setdefault(method, []).append(point)
    members = {
        method: [GridMember(choices[point][0].solver, point.lam, point.lr) for point in same]
        for method, same in groups.items()
    }
    for method, own in members.items():
        method.check(shared, own)
    fits: dict[GridPoint, GridFit] = {}
    for method, own in members.items():
        fits |= zip(groups[method], method.fit(shared, own, halving), strict=True)
    return [Trial(point, choices[point][0], *fits[point], problem.objective) for point in points]


def _choose(point: GridPoint, shared: FitProblem) -> tuple[Choice, GridMethod]:
    """Return the solver for a point, which goes with the objective, and how it shares its work with others."""
    objective, settings = shared.objective, shared.settings
    choice = build_solver(point.solver, objective, shared.source, options=settings.options(point.lr))
    choice.solver.check(objective, settings)
    method = choice.solver.grid_method()
    if method is None:
        raise MismatchError(
            f"A sweep was asked for with the solver {choice.name!r}",
            allowed="'auto', 'exact', 'gd' and the optimisers, for which configurations share their passes",
            fix="leave the random searches to single runs",
        )
    return choice, method
