"""From settings, rows, labels and weights to what is minimised: the one place where an objective is assembled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from sklearn.utils import check_random_state

from scoreline._typing import Array, FloatArray
from scoreline.data.base import DataSource
from scoreline.data.budget import parse_size
from scoreline.data.memory import RowsSource
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.standardization import FeatureStatistics, Standardization
from scoreline.engine.solvers import Choice, Settings, Solver, build_solver
from scoreline.errors import DataError
from scoreline.estimators.validation import TrainingData, balance, check_two_classes
from scoreline.losses import LOSSES, Loss
from scoreline.optimizers import Optimizer
from scoreline.penalties import PENALTIES, Penalty
from scoreline.schedules import SCHEDULES, Schedule

__all__ = [
    "EstimatorSettings",
    "Measured",
    "PlannedFit",
    "Problem",
    "ProblemSettings",
    "SolverSettings",
    "assemble",
    "assemble_part",
    "build_objective",
    "draw_seed",
    "solver_settings",
]


class ProblemSettings(Protocol):
    """The settings that an objective follows from; `scoreline.LinearClassifier` tells of each."""

    loss: str | Loss
    penalty: str | Penalty
    lam: float
    fit_intercept: bool
    standardize: bool
    feature_weights: Any
    class_weight: Any


class SolverSettings(Protocol):
    """The settings that a solver takes; `scoreline.LinearClassifier` tells of each."""

    lr: float | None
    schedule: str | Schedule
    batch_size: int
    max_epochs: int | None
    tol: float
    n_iter_no_change: int
    dropout: float
    early_stopping: bool
    memory: str | int | None


class EstimatorSettings(ProblemSettings, SolverSettings, Protocol):
    """All that a fit follows from; `scoreline.LinearClassifier` tells of each."""

    solver: str | Optimizer | Solver
    random_state: int | np.random.RandomState | None


@dataclass(frozen=True, eq=False)
class Measured:
    """What has been measured of a problem's rows, for other problems whose rows begin with them."""

    statistics: FeatureStatistics
    #: Of the rows.
    weight: FloatArray | None

    @classmethod
    def of(cls, source: RowsSource) -> Measured:
        """Measure means and deviations in one pass."""
        return cls(FeatureStatistics.of(source), source.weight)

    def over(self, source: RowsSource) -> Measured:
        """Return what is true of a source that begins with the same rows, of which only those behind are read.

        Where these rows have other weights now, or are fewer, all are read.
        """
        return Measured(self.statistics.over(source), source.weight) if self._holds(source) else self.of(source)

    def _holds(self, source: RowsSource) -> bool:
        n = self.statistics.n_examples
        if self.weight is None or source.weight is None:
            return n <= source.n_examples and self.weight is source.weight
        return np.array_equal(source.weight[:n], self.weight)


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective, and the rows that it is minimised over."""

    objective: Objective
    #: Rows, labels from 0, and weights: those of the examples times those of their classes.
    source: RowsSource
    #: Names of the classes.
    classes: Array
    #: Seed of the order of the rows and of all other draws.
    seed: int
    #: Means and deviations, before feature weights; None where none were measured.
    measured: Measured | None = None

    @property
    def standardization(self) -> Standardization | None:
        """Means and deviations that were measured, before feature weights."""
        return None if self.measured is None else self.measured.statistics.standardization

    def planned(self, spec: Any, settings: Settings, lr: float | None) -> PlannedFit:
        """Return how the solver that `spec` names is going to minimise it, with nothing left open.

        Parameters
        ----------
        spec : str, Optimizer or Solver
        settings : Settings
        lr : float or None
            The learning rate that was asked for, which only mini-batches have.

        Raises
        ------
        MismatchError
            The solver does not take the objective or the settings.
        UsageError
            There is no such solver, or a fit takes more memory than the bound leaves.
        """
        choice = build_solver(spec, self.objective, self.source, options=settings.options(lr))
        choice.solver.check(self.objective, settings)
        choice.solver.check_memory(self.objective, self.source, settings)
        return PlannedFit(self, choice, choice.solver.completed(self.objective, self.source, settings))


@dataclass(frozen=True, eq=False)
class PlannedFit:
    """A problem with the solver for it, and settings in which nothing is left open."""

    problem: Problem
    choice: Choice
    settings: Settings
    #: Rows to evaluate each epoch on.
    held_out: DataSource | None = None


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Draw the seed of a fit from what an estimator was given as its `random_state`."""
    return int(check_random_state(random_state).randint(2**31))


def build_objective(
    settings: ProblemSettings, n_classes: int, standardization: Standardization | None = None
) -> Objective:
    """Return the objective of some settings for so many classes, over rows that are standardised like this."""
    return Objective(
        LOSSES.build(settings.loss),
        PENALTIES.build(settings.penalty),
        np.array([float(settings.lam)]),
        n_classes,
        bool(settings.fit_intercept),
        standardization,
    )


def solver_settings(settings: SolverSettings, seed: int) -> Settings:
    """Return what settings say to a solver."""
    return Settings(
        None if settings.lr is None else np.array([float(settings.lr)]),
        SCHEDULES.build(settings.schedule),
        settings.batch_size,
        settings.max_epochs,
        settings.tol,
        settings.dropout,
        settings.early_stopping,
        seed,
        None if settings.memory is None else parse_size(settings.memory),
        settings.n_iter_no_change,
    )


def assemble(
    settings: ProblemSettings, data: TrainingData, *, seed: int = 0, measured: Measured | None = None
) -> Problem:
    """Return the problem that settings make of rows, labels and weights.

    Parameters
    ----------
    settings : ProblemSettings
        A `scoreline.LinearClassifier`, say.
    data : TrainingData
    seed : int, default 0
    measured : Measured, optional
        Of rows that `data` begins with; what it tells is not measured again.

    Raises
    ------
    DataError
        The rows that count are all of one class, or there is not one feature weight above 0 for each feature.
    """
    source = data.source(balance(settings.class_weight, data))
    check_two_classes(source.y, source.weight, data.classes, where=" of the rows to train on")
    if not settings.standardize:
        return _problem(settings, data, source, seed)
    measured = Measured.of(source) if measured is None else measured.over(source)
    problem = _problem(settings, data, source, seed, measured.statistics.standardization)
    return replace(problem, measured=measured)


def assemble_part(
    settings: ProblemSettings, data: TrainingData, standardization: Standardization | None, *, seed: int
) -> Problem:
    """Return the problem of some of the rows, standardised as an earlier fit has standardised all it had."""
    source = data.source(balance(settings.class_weight, data))
    return _problem(settings, data, source, seed, standardization if settings.standardize else None)


def _problem(
    settings: ProblemSettings,
    data: TrainingData,
    source: RowsSource,
    seed: int,
    standardization: Standardization | None = None,
) -> Problem:
    scaled = _weighted(standardization, settings.feature_weights, source.n_features)
    return Problem(build_objective(settings, source.n_classes, scaled), source, data.classes, seed)


def _weighted(
    standardization: Standardization | None, feature_weights: Any, n_features: int
) -> Standardization | None:
    """Return what rows are shifted and multiplied by, None for nothing."""
    if feature_weights is None:
        return standardization
    weights = np.asarray(feature_weights, dtype=np.float64)
    if weights.shape != (n_features,) or not np.all((weights > 0) & np.isfinite(weights)):
        raise DataError(
            f"feature_weights came with shape {weights.shape} for {n_features} features, the least of them "
            f"{weights.min(initial=np.inf):g}",
            allowed="one finite number above 0 for each feature",
            fix="leave a feature out instead of giving it no weight",
        )
    return (standardization or Standardization.none(n_features)).weighted(weights)
