"""What every solver says of itself: what it needs, how it fits, and what else it can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.data.budget import Need, check_budget
from scoreline.engine.exact.moments import Moments
from scoreline.engine.exact.path import Path
from scoreline.engine.memory import Extent
from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.problem.events import Event, Reason, RunEnded
from scoreline.engine.problem.objective import Objective, compute_dtype
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.stopping import Listener
from scoreline.engine.settings import Settings
from scoreline.errors import MismatchError
from scoreline.optimizers import OPTIMIZERS

__all__ = ["Events", "FitProblem", "GridFit", "GridMember", "GridMethod", "MeasuredMoments", "Solver"]

S = TypeVar("S", bound="Solver")
Events: TypeAlias = Generator[Event, Reason | None, None]


class MeasuredMoments(NamedTuple):
    """Moments, with the objective and the number of rows that they were measured for."""

    moments: Moments
    objective: Objective
    n_examples: int


@dataclass(frozen=True, eq=False)
class FitProblem:
    """What fits that differ in solver, strength and learning rate have in common."""

    #: That of all fits but for `lam`.
    objective: Objective
    source: DataSource
    settings: Settings
    #: Rows to evaluate on; None for fits that are not evaluated.
    held_out: DataSource | None
    listeners: tuple[Listener, ...] = ()

    def at(self, lams: Sequence[float] | FloatArray) -> Objective:
        """Return the objective at some strengths."""
        return replace(self.objective, lam=np.array(lams, dtype=float))

    def start(self, solver: Solver) -> Params:
        """Return W = 0 and b = 0 in the dtype that a solver trains in."""
        dtype = solver.dtype(self.source, self.source.dtype, self.settings.tol)
        return zero_params(1, self.objective.n_rows, self.source.n_features, dtype)


class GridMember(NamedTuple, Generic[S]):
    """A fit of a grid: its solver, and the settings in which it differs from others."""

    solver: S
    lam: float
    lr: float | None


class GridFit(NamedTuple):
    """What a member of a grid came to."""

    #: The learning rate that was used, where there was one.
    lr: float | None
    outcome: Outcome


class GridMethod(Hashable, Protocol):
    """How fits share their work; solvers whose methods are equal are fitted together."""

    def check(self, problem: FitProblem, members: Sequence[GridMember[Any]]) -> None:
        """Raise UsageError where the fits take more memory than there is to be."""

    def fit(
        self, problem: FitProblem, members: Sequence[GridMember[Any]], halving: Halving | None
    ) -> Sequence[GridFit]:
        """Return what the members come to, in their order; `halving` is for those that have epochs in common."""


class Solver(ABC):
    """A way to minimise an objective.

    What is not abstract is optional: a solver that does not offer it inherits it unchanged.
    """

    #: Epochs, iterations or tries when the user sets none.
    default_epochs: ClassVar[int]
    #: What it counts.
    unit: ClassVar[str] = "epochs"
    #: Whether it has learning rates.
    has_rates: ClassVar[bool] = False
    #: Whether it cannot learn from some of the rows at a time, as `learn` does.
    whole_data: ClassVar[bool] = True

    def check(self, objective: Objective, settings: Settings) -> None:
        """Raise MismatchError, naming all that does not fit, unless the solver can take the objective."""
        if options := settings.options():
            raise MismatchError(
                f"A solver without mini-batches was asked for while {' and '.join(options)}",
                allowed="that with " + ", ".join(OPTIMIZERS),
                fix="choose one of these solvers or solver='auto', or leave the settings out",
            )

    def check_memory(self, objective: Objective, source: DataSource, settings: Settings) -> None:
        """Raise UsageError, with the memory of each part, unless the fit keeps within `Settings.memory`."""
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

    def stopping_rules(self, objective: Objective, settings: Settings) -> list[Listener]:
        """Return the listeners that end a run where it has done enough; none where it ends by itself."""
        del objective, settings
        return []

    def end_reason(
        self, objective: Objective, source: DataSource, start: Params, ended: RunEnded, tol: float, value: float
    ) -> Reason:
        """Return why a run ended, checked by its last parameters and the objective `value` there."""
        del objective, source, start, tol, value
        return ended.reason

    def learn(
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        settings: Settings,
        *,
        state: Params | None,
        epoch: int,
    ) -> Events:
        """Return the events of one epoch over some rows, after so many over others.

        Parameters
        ----------
        settings : Settings
            With a learning rate, which is constant.
        state : Params of optimiser states or None
            What the last of these epochs has left (`RunEnded.state`).
        """
        raise MismatchError(
            f"{type(self).__name__} was asked to learn in parts",
            allowed="that with solvers that do not need the whole data",
            fix="fit on all rows at once",
        )

    def grid_method(self) -> GridMethod | None:
        """Return how fits that differ in strength and learning rate share their work, None where they do not."""
        return None

    def path(
        self, problem: FitProblem, start: Params, lams: FloatArray, measured: MeasuredMoments | None = None
    ) -> Path | None:
        """Return fits at strengths that are asked for one by one, each begun where those before it lead.

        None where the solver does not follow a path.

        Parameters
        ----------
        problem : FitProblem
        start : Params
            Where the first fit begins, with K = 1.
        lams : array (n,)
            Strengths that may be asked for.
        measured : MeasuredMoments, optional
            Moments of the rows, where an earlier fit has left any.

        Raises
        ------
        MismatchError
            The solver follows paths, but does not take the objective.
        UsageError
            A fit takes more memory than the bound leaves.
        """
        del problem, start, lams, measured
        return None

    def with_moments(self, measured: MeasuredMoments, objective: Objective, source: DataSource) -> Self:
        """Return the solver for one fit with moments that an earlier one has left, where it has a use for them.

        They are moved to the rows of the fit in place, as they may be gigabytes.
        """
        del measured, objective, source
        return self
