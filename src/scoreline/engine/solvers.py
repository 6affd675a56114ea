"""Solvers: the ways to minimise an objective, by name, behind one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeAlias

import numpy as np

from scoreline.data.base import DataSource
from scoreline.data.budget import Need, check_budget, free_memory
from scoreline.engine.exact.constants import FACTOR_ROWS, MEMORY
from scoreline.engine.exact.moments import Moments, measure_factors
from scoreline.engine.exact.solver import check_exact, measure_for, minimize_exactly, missing_for_exact
from scoreline.engine.memory import Extent
from scoreline.engine.minibatch.learning_rate import suggest_lr
from scoreline.engine.minibatch.training import Plan, train
from scoreline.engine.problem.cost import HINGE_PASSES, PATIENCE, numpy_seconds
from scoreline.engine.problem.events import Event, Reason
from scoreline.engine.problem.objective import Objective, compute_dtype
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.search.random import RandomLocalSearch, RandomSearch, Search
from scoreline.engine.settings import Settings
from scoreline.errors import MismatchError, UnknownNameError, UsageError
from scoreline.optimizers import OPTIMIZERS, SGD, Optimizer

__all__ = [
    "Choice",
    "Exact",
    "GradientDescent",
    "MiniBatch",
    "RandomTries",
    "Settings",
    "Solver",
    "build_solver",
    "choose_solver",
    "named_solver",
    "needs_whole_data",
]

#: Scores of all rows up to which "auto" is exact, whatever the memory: eight arrays of them take 4 GB.
MOST_SCORES = 1 << 27

Events: TypeAlias = Generator[Event, Reason | None, None]


class Solver(ABC):
    """A way to minimise an objective."""

    #: Epochs, iterations or tries when the user sets none.
    default_epochs: ClassVar[int]
    #: What it counts.
    unit: ClassVar[str] = "epochs"

    def check(self, objective: Objective, settings: Settings) -> None:
        """Raise MismatchError, naming all that does not fit, unless the solver can take the objective."""
        if options := settings.options():
            raise MismatchError(
                f"A solver without mini-batches was asked for while {' and '.join(options)}",
                allowed="that with " + ", ".join(OPTIMIZERS),
                fix="choose one of these solvers or solver='auto', or leave the settings out",
            )

    def check_memory(self, objective: Objective, source: DataSource, settings: Settings) -> None:
        """Raise UsageError, telling what takes how much, unless the fit keeps within `Settings.memory`."""
        if settings.memory is not None:
            check_budget(settings.memory, self.memory_needs(objective, source, settings))

    def memory_needs(self, objective: Objective, source: DataSource, settings: Settings) -> list[Need]:
        """Return what a fit on `source` keeps in memory, beside the rows themselves."""
        dtype = self.dtype(source, source.dtype, settings.tol)
        return self.needs(Extent.of(objective, source, dtype), settings)

    @abstractmethod
    def needs(self, extent: Extent, settings: Settings) -> list[Need]:
        """Return what data of an extent make the solver keep in memory, beside the rows themselves."""

    @abstractmethod
    def run(
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        settings: Settings,
        validation: DataSource | None = None,
    ) -> Events:
        """Return the run's events; see `scoreline.engine.minibatch.training.train`."""

    def completed(self, objective: Objective, source: DataSource, settings: Settings) -> Settings:
        """Return the settings with learning rates and epochs filled in, as the solver will have them."""
        del objective, source
        return replace(settings, lr=None, max_epochs=settings.max_epochs or self.default_epochs)

    def dtype(self, source: DataSource, data: np.dtype[np.generic], tol: float) -> np.dtype[np.floating]:
        """Return the dtype to train in, to some accuracy."""
        del source, tol
        return compute_dtype(data)


@dataclass(frozen=True)
class MiniBatch(Solver):
    """An update rule on mini-batches."""

    optimizer: Optimizer

    default_epochs: ClassVar[int] = 30
    #: On small data, epochs are so short that more of them are needed to get anywhere.
    default_steps: ClassVar[int] = 2000

    def check(self, objective: Objective, settings: Settings) -> None:
        """Take every objective."""

    def needs(self, extent: Extent, settings: Settings) -> list[Need]:
        """Return a batch, the weights, and the optimiser's memory."""
        batch = extent.batch(self.batch_size(extent.n, settings), dropout=bool(settings.dropout))
        sampled = settings.lr is None and self.optimizer.default_lr is None
        return [extent.examples(), extent.weights(14), extent.blocks(sampled=sampled), batch]

    def plan(self, objective: Objective, source: DataSource, settings: Settings) -> Plan:
        """Return how to train, with all that was left open filled in."""
        size = min(self.batch_size(source.n_examples, settings), source.n_examples)
        lr = settings.lr
        if lr is None:
            lr = suggest_lr(objective, source, self.optimizer, size)
        return Plan(
            self.optimizer,
            settings.schedule,
            lr,
            size,
            settings.max_epochs or max(self.default_epochs, self.default_steps * size // source.n_examples),
            settings.seed,
            settings.dropout,
        )

    def completed(self, objective: Objective, source: DataSource, settings: Settings) -> Settings:
        """Return the settings with learning rates and epochs of the plan."""
        plan = self.plan(objective, source, settings)
        return replace(settings, lr=plan.lr, max_epochs=plan.max_epochs)

    def batch_size(self, n_examples: int, settings: Settings) -> int:
        """Return the rows a step."""
        del n_examples
        return settings.batch_size

    def run(
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        settings: Settings,
        validation: DataSource | None = None,
    ) -> Events:
        """Train on mini-batches."""
        return train(objective, source, self.plan(objective, source, settings), start, validation=validation)


@dataclass(frozen=True)
class GradientDescent(MiniBatch):
    """Plain steps along the gradient of the whole data."""

    optimizer: Optimizer = field(default_factory=SGD)

    default_epochs: ClassVar[int] = 300

    def batch_size(self, n_examples: int, settings: Settings) -> int:
        """Return the number of rows."""
        del settings
        return n_examples


@dataclass(frozen=True)
class Exact(Solver):
    """Preconditioned L-BFGS to a relative accuracy of `Settings.tol`."""

    #: Of like data, where they have been measured already.
    moments: Moments | None = field(default=None, compare=False, repr=False)

    default_epochs: ClassVar[int] = 1000
    unit: ClassVar[str] = "iterations"
    #: Entries of data and of scores up to which they are multiplied in float64 whatever their dtype.
    DOUBLE_ENTRIES: ClassVar[int] = 1 << 24
    #: Relative accuracy from which on a 16th of that is moderate: float32's rounding is a thousandth of it.
    SINGLE_TOL: ClassVar[float] = 1e-3

    def check(self, objective: Objective, settings: Settings) -> None:
        """Take what `missing_for_exact` finds nothing against."""
        super().check(objective, settings)
        check_exact(objective)

    def dtype(self, source: DataSource, data: np.dtype[np.generic], tol: float) -> np.dtype[np.floating]:
        """Return float64 for data and scores of moderate size, unless little accuracy is asked for."""
        few = self.DOUBLE_ENTRIES if tol < self.SINGLE_TOL else self.DOUBLE_ENTRIES >> 4
        small = source.n_examples * max(source.n_features, source.n_classes) <= few
        return np.dtype(np.float64) if small else compute_dtype(data)

    def needs(self, extent: Extent, settings: Settings) -> list[Need]:
        """Return the scores of all rows, the preconditioner and the steps that L-BFGS remembers."""
        rows = self.factor_rows(extent, settings)
        moments = extent.moments() if rows is None else extent.factors(rows)
        if self.moments is not None:
            moments = moments._replace(n_bytes=self.moments.bytes_for_a_ridge)
        return [*self._fixed_needs(extent), moments]

    def measured(self, objective: Objective, source: DataSource, settings: Settings) -> Moments:
        """Return what fits at all strengths need of the data, in the form that a bound has room for."""
        extent = replace(Extent.of(objective, source, compute_dtype(source.dtype)), K=1)
        rows = self.factor_rows(extent, settings)
        return measure_for(objective, source) if rows is None else measure_factors(objective, source, rows)

    def factor_rows(self, extent: Extent, settings: Settings) -> int | None:
        """Return the rows whose factors a bound has room for in place of the moments; None where those do.

        Fewer of them cost iterations, not accuracy: the duality gap proves the same `tol`.
        """
        if settings.memory is None or self.moments is not None or extent.absolutes:
            return None
        free = free_memory(settings.memory) - sum(need.n_bytes for need in self._fixed_needs(extent))
        if extent.moments().n_bytes <= free:
            return None
        counts = (FACTOR_ROWS >> k for k in range(6))
        return next((m for m in counts if extent.factors(m).n_bytes <= free), FACTOR_ROWS >> 5)

    def _fixed_needs(self, extent: Extent) -> list[Need]:
        """Return what a fit keeps beside the moments."""
        weights = extent.weights(2 * MEMORY + 10)
        return [extent.examples(), extent.scores(8), extent.hessian(), weights, extent.blocks()]

    def run(
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        settings: Settings,
        validation: DataSource | None = None,
    ) -> Events:
        """Minimise on the whole data."""
        del validation
        max_iter = settings.max_epochs or self.default_epochs
        moments = self.moments or self.measured(objective, source, settings)
        return minimize_exactly(objective, source, start, tol=settings.tol, max_iter=max_iter, moments=moments)


@dataclass(frozen=True)
class RandomTries(Solver):
    """A search without gradients."""

    search: Search

    default_epochs: ClassVar[int] = 1000
    unit: ClassVar[str] = "tries"

    def completed(self, objective: Objective, source: DataSource, settings: Settings) -> Settings:
        """Return the settings with the number of tries; there are no learning rates."""
        del objective, source
        return replace(settings, lr=None, max_epochs=settings.max_epochs or self.search.tries)

    def needs(self, extent: Extent, settings: Settings) -> list[Need]:
        """Return the tries of a pass, side by side, and their scores where the search keeps them."""
        del settings
        tried = replace(extent, K=self.search.side_by_side)
        scores = [tried.scores(2)] if self.search.keeps_scores else []
        return [extent.examples(), *scores, tried.weights(4), tried.blocks()]

    def run(
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        settings: Settings,
        validation: DataSource | None = None,
    ) -> Events:
        """Search; `Settings.max_epochs` sets the number of tries."""
        del validation
        tries = settings.max_epochs or self.search.tries
        like = zero_params(1, start.W.shape[1], start.W.shape[2], start.W.dtype)
        return replace(self.search, tries=tries).run(objective, source, like, settings.seed)


@dataclass(frozen=True)
class Choice:
    """A solver, its name, and why it was taken."""

    solver: Solver
    name: str
    reason: str


_WHOLE_DATA: dict[str, Solver] = {
    "exact": Exact(),
    "gd": GradientDescent(),
    "random-search": RandomTries(RandomSearch()),
    "random-local-search": RandomTries(RandomLocalSearch()),
}


def build_solver(
    spec: str | Optimizer | Solver, objective: Objective, source: DataSource, *, options: Sequence[str] = ()
) -> Choice:
    """Return the solver that `spec` names; ``"auto"`` lets `choose_solver` decide.

    Raises
    ------
    UnknownNameError
        There is no such solver.
    UsageError
        Its parameters are wrong.
    """
    if spec == "auto":
        return choose_solver(objective, source, options)
    return named_solver(spec)


def named_solver(spec: str | Optimizer | Solver) -> Choice:
    """Return the solver that `spec` names, which is not ``"auto"``; see `build_solver`."""
    if isinstance(spec, Solver):
        return Choice(spec, type(spec).__name__, "given")
    if isinstance(spec, Optimizer):
        return Choice(MiniBatch(spec), OPTIMIZERS.spec(spec), "given")
    if spec in _WHOLE_DATA:
        return Choice(_WHOLE_DATA[spec], spec, "given")
    name = spec.partition(":")[0]
    if name in _WHOLE_DATA:
        raise UsageError(
            f"The solver {name!r} came with parameters ({spec!r})",
            allowed=f"{name!r} alone",
            fix="set max_epochs for its iterations or tries",
        )
    if name.replace("_", "-") not in OPTIMIZERS:
        raise UnknownNameError.of("solver", name, ["auto", *_WHOLE_DATA, *OPTIMIZERS])
    return Choice(MiniBatch(OPTIMIZERS.build(spec)), spec, "given")


def needs_whole_data(spec: str | Optimizer | Solver) -> bool:
    """Tell whether the solver that `spec` names cannot learn from some rows at a time."""
    if isinstance(spec, str):
        return spec in _WHOLE_DATA
    return isinstance(spec, Solver) and not isinstance(spec, MiniBatch)


def choose_solver(objective: Objective, source: DataSource, options: Sequence[str] = ()) -> Choice:
    """Pick a solver: exact where the objective allows it in good time, else mini-batches with momentum.

    `options` are settings of the user's that only mini-batches can fulfil; any of them decides the matter. A bound
    on memory has no part in it: data and settings alone say what is minimised, and how well.
    """
    shape = f"{source.n_examples:,} x {source.n_features:,} numbers"
    obstacles = [*missing_for_exact(objective), *options]
    long = HINGE_PASSES * numpy_seconds(source.n_examples, source.n_features, objective.n_rows) > PATIENCE
    if long and not objective.loss.smooth:
        obstacles.append(f"a loss with corners takes {shape} some {HINGE_PASSES} times (solver='exact' does it)")
    if source.n_examples * objective.n_rows > MOST_SCORES:
        obstacles.append(f"the exact solver would keep {source.n_examples:,} x {objective.n_rows:,} scores")
    if obstacles:
        return Choice(MiniBatch(OPTIMIZERS.build("momentum")), "momentum", "chosen, as " + " and ".join(obstacles))
    return Choice(Exact(), "exact", f"chosen, as {shape} are few enough for it, and it proves what it reaches")
