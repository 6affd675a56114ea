"""Update rules on mini-batches, and on the whole data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scoreline.data.base import DataSource
from scoreline.data.budget import Need
from scoreline.engine.memory import Extent
from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.minibatch.learning_rate import suggest_lr
from scoreline.engine.minibatch.sweep import Candidate, Rules, most_side_by_side, sweep
from scoreline.engine.minibatch.training import Plan, train
from scoreline.engine.problem.ending import end_reason
from scoreline.engine.problem.events import Reason, RunEnded
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.stopping import Listener, NoProgress
from scoreline.engine.settings import Settings
from scoreline.engine.solvers.base import Events, FitProblem, GridFit, GridMember, Solver
from scoreline.optimizers import SGD, Optimizer
from scoreline.schedules import Constant

__all__ = ["GradientDescent", "MiniBatch"]


@dataclass(frozen=True)
class MiniBatch(Solver):
    """An update rule on mini-batches."""

    optimizer: Optimizer

    default_epochs: ClassVar[int] = 30
    #: On small data, epochs are so short that more of them are needed to get anywhere.
    default_steps: ClassVar[int] = 2000
    has_rates: ClassVar[bool] = True
    whole_data: ClassVar[bool] = False

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

    def stopping_rules(self, objective: Objective, settings: Settings) -> list[Listener]:
        """End a run whose epochs are idle."""
        if not settings.tol > 0:
            return []
        return [NoProgress(settings.tol, settings.patience, objective.value_at_zero)]

    def end_reason(
        self, objective: Objective, source: DataSource, start: Params, ended: RunEnded, tol: float, value: float
    ) -> Reason:
        """Tell a run that has converged from one that has stalled or run away."""
        return end_reason(objective, source, start, ended, tol, value)

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
        """Train for one epoch more."""
        once = replace(settings, schedule=Constant(), max_epochs=epoch + 1)
        plan = self.plan(objective, source, once)
        return train(objective, source, plan, start, state=state, first_epoch=epoch)

    def grid_method(self) -> SideBySide:
        """Train side by side, whatever the update rules."""
        return SideBySide()


@dataclass(frozen=True)
class GradientDescent(MiniBatch):
    """Plain steps along the gradient of the whole data."""

    optimizer: Optimizer = field(default_factory=SGD)

    default_epochs: ClassVar[int] = 300
    whole_data: ClassVar[bool] = True

    def batch_size(self, n_examples: int, settings: Settings) -> int:
        """Return the number of rows."""
        del settings
        return n_examples


@dataclass(frozen=True)
class SideBySide:
    """A sweep of all members of a grid that train on batches; see `scoreline.engine.minibatch.sweep.sweep`."""

    def check(self, problem: FitProblem, members: Sequence[GridMember[MiniBatch]]) -> None:
        """Raise UsageError where as many as go side by side take more memory than there is to be."""
        stacked = min(len(members), most_side_by_side(problem.objective, problem.source))
        for solver in dict.fromkeys(member.solver for member in members):
            solver.check_memory(problem.at(np.ones(stacked)), problem.source, problem.settings)

    def fit(
        self, problem: FitProblem, members: Sequence[GridMember[MiniBatch]], halving: Halving | None
    ) -> list[GridFit]:
        """Train the members, those of one solver next to one another."""
        by_solver: dict[MiniBatch, list[int]] = {}
        for place, member in enumerate(members):
            by_solver.setdefault(member.solver, []).append(place)
        candidates: dict[int, Candidate] = {}
        for solver, places in by_solver.items():
            same = _candidates(problem, solver, [members[place] for place in places])
            candidates |= zip(places, same, strict=True)
        settings = problem.settings
        outcomes = sweep(
            problem.objective,
            problem.source,
            list(candidates.values()),
            problem.start(members[0].solver),
            rules=Rules(settings.tol, settings.patience, halving),
            validation=problem.held_out,
            listeners=problem.listeners,
        )
        done = dict(zip(candidates, outcomes, strict=True))
        return [GridFit(float(candidates[place].plan.lr[0]), done[place]) for place in range(len(members))]


def _candidates(
    problem: FitProblem, solver: MiniBatch, members: Sequence[GridMember[MiniBatch]]
) -> Iterator[Candidate]:
    """Yield the members with one solver as candidates, learning rates that were left open filled in."""
    given = [member.lr for member in members if member.lr is not None]
    rates = np.array(given) if len(given) == len(members) else None
    objective = problem.at([member.lam for member in members])
    plan = solver.plan(objective, problem.source, replace(problem.settings, lr=rates))
    for member, lr in zip(members, plan.lr, strict=True):
        yield Candidate(member.lam, replace(plan, lr=np.array([lr if member.lr is None else member.lr])))
