"""Solvers: the ways to minimise an objective, by name, behind one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeAlias

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.data.budget import Need, check_budget, free_memory, show_size
from scoreline.engine.cost import HINGE_PASSES, PATIENCE, numpy_seconds
from scoreline.engine.events import Event, Reason
from scoreline.engine.exact import check_exact, minimize_exactly, missing_for_exact
from scoreline.engine.lbfgs import MEMORY
from scoreline.engine.learning_rate import suggest_lr
from scoreline.engine.memory import Extent
from scoreline.engine.minibatch import Plan, train
from scoreline.engine.moments import Moments
from scoreline.engine.objective import Objective, compute_dtype
from scoreline.engine.params import Params, zero_params
from scoreline.engine.search import RandomLocalSearch, RandomSearch, Search
from scoreline.errors import MismatchError, UnknownNameError, UsageError
from scoreline.optimizers import OPTIMIZERS, SGD, Optimizer
from scoreline.schedules import Schedule

__all__ = [
    "SOLVER_NAMES",
    "Choice",
    "Exact",
    "GradientDescent",
    "MiniBatch",
    "RandomTries",
    "Settings",
    "Solver",
    "build_solver",
    "choose_solver",
    "memory_wishes",
    "named_solver",
    "needs_whole_data",
]

Events: TypeAlias = Generator[Event, Reason | None, None]


@dataclass(frozen=True, eq=False)
class Settings:
    """What a user may set of any solver; each takes what concerns it.

    Parameters
    ----------
    lr : array (K,) or None
        Learning rates; None lets the data and the optimiser set it.
    schedule : Schedule
    batch_size : int
    max_epochs : int or None
        Epochs, iterations or tries; None takes the solver's own default.
    tol : float
        Relative accuracy, or relative progress an epoch.
    dropout : float
    early_stopping : bool
    seed : int
    memory : int or None
        Bytes that the process may take; None sets no bound.
    """

    lr: FloatArray | None
    schedule: Schedule
    batch_size: int
    max_epochs: int | None
    tol: float
    dropout: float
    early_stopping: bool
    seed: int
    memory: int | None = None

    @property
    def rate(self) -> float | None:
        """The first learning rate, None where there is none."""
        return None if self.lr is None else float(self.lr[0])

    def wishes(self, lr: float | None = None) -> list[str]:
        """Return the settings that only mini-batches can fulfil, a learning rate that was given too, in words."""
        return [
            words
            for words, on in (
                (f"dropout={self.dropout:g} needs mini-batches", bool(self.dropout)),
                ("early stopping needs epochs", self.early_stopping),
                ("a learning rate is given", lr is not None),
            )
            if on
        ]


class Solver(ABC):
    """A way to minimise an objective."""

    #: Epochs, iterations or tries when the user sets none.
    default_epochs: ClassVar[int]
    #: What it counts.
    unit: ClassVar[str] = "epochs"

    def check(self, objective: Objective, settings: Settings) -> None:
        """Raise MismatchError, naming all that does not fit, unless the solver can take the objective."""
        if wishes := settings.wishes():
            raise MismatchError(
                f"A solver without mini-batches was asked for while {' and '.join(wishes)}",
                allowed="that with " + ", ".join(OPTIMIZERS),
                fix="choose one of these solvers or solver='auto', or leave the settings out",
            )

    def check_memory(self, objective: Objective, source: DataSource, settings: Settings) -> None:
        """Raise UsageError, telling what takes how much, unless the fit keeps within `Settings.memory`."""
        if settings.memory is not None:
            check_budget(settings.memory, self.memory_needs(objective, source, settings))

    def memory_needs(self, objective: Objective, source: DataSource, settings: Settings) -> list[Need]:
        """Return what a fit on `source` keeps in memory, beside the rows themselves."""
        dtype = self.dtype(source, next(source.batches(1, seed=None)).X.dtype, settings.tol)
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
        """Return the run's events; see `scoreline.engine.minibatch.train`."""

    def rated(self, objective: Objective, source: DataSource, settings: Settings) -> Settings:
        """Return the settings with the learning rates that the solver will use, None where it uses none."""
        del objective, source
        return replace(settings, lr=None)

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
        return [extent.examples(), extent.weights(14), extent.blocks(), batch]

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

    def rated(self, objective: Objective, source: DataSource, settings: Settings) -> Settings:
        """Return the settings with the learning rates of the plan."""
        return replace(settings, lr=self.plan(objective, source, settings).lr)

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
        del settings
        return [
            extent.examples(),
            extent.scores(8),
            extent.moments(),
            extent.hessian(),
            extent.weights(2 * MEMORY + 10),
            extent.blocks(),
        ]

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
        return minimize_exactly(
            objective, source, start, tol=settings.tol, max_iter=max_iter, moments=self.moments
        )


@dataclass(frozen=True)
class RandomTries(Solver):
    """A search without gradients."""

    search: Search

    default_epochs: ClassVar[int] = 1000
    unit: ClassVar[str] = "tries"

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

#: The names that `build_solver` takes; the optimisers' may carry parameters, as in ``"momentum:0.95"``.
SOLVER_NAMES: tuple[str, ...] = ("auto", *_WHOLE_DATA, *OPTIMIZERS)


def memory_wishes(objective: Objective, source: DataSource, settings: Settings) -> list[str]:
    """Return in words, if it is so, that the exact solver needs more memory than there is."""
    if settings.memory is None or missing_for_exact(objective):
        return []
    wanted = sum(need.n_bytes for need in Exact().memory_needs(objective, source, settings))
    free = free_memory(settings.memory)
    if wanted <= free:
        return []
    return [f"the exact solver would take {show_size(wanted)} of the {show_size(max(free, 0))} of memory left"]


def build_solver(
    spec: str | Optimizer | Solver, objective: Objective, source: DataSource, *, wishes: Sequence[str] = ()
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
        return choose_solver(objective, source, wishes)
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
        raise UnknownNameError.of("solver", name, SOLVER_NAMES)
    return Choice(MiniBatch(OPTIMIZERS.build(spec)), spec, "given")


def needs_whole_data(spec: str | Optimizer | Solver) -> bool:
    """Tell whether the solver that `spec` names cannot learn from some rows at a time."""
    if isinstance(spec, str):
        return spec in _WHOLE_DATA
    return isinstance(spec, Solver) and not isinstance(spec, MiniBatch)


def choose_solver(objective: Objective, source: DataSource, wishes: Sequence[str] = ()) -> Choice:
    """Pick a solver: exact where the objective allows it in good time, else mini-batches with momentum.

    `wishes` are settings of the user's that only mini-batches can fulfil; any of them decides the matter.
    """
    shape = f"{source.n_examples:,} x {source.n_features:,} numbers"
    obstacles = [*missing_for_exact(objective), *wishes]
    long = HINGE_PASSES * numpy_seconds(source.n_examples, source.n_features, objective.n_rows) > PATIENCE
    if long and not objective.loss.smooth:
        obstacles.append(f"a loss with corners takes {shape} some {HINGE_PASSES} times (solver='exact' does it)")
    if obstacles:
        return Choice(MiniBatch(OPTIMIZERS.build("momentum")), "momentum", "chosen, as " + " and ".join(obstacles))
    return Choice(Exact(), "exact", f"chosen, as it proves what it reaches and {shape} can be gone through often")
