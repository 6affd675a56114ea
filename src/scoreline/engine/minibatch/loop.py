"""The mini-batch loop, state by state, and the step that all compiled code is measured against."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.base import Batch, DataSource
from scoreline.engine.minibatch.dropout import drop_inputs
from scoreline.engine.problem.events import Diverged, Evaluated, Event, Reason, RunEnded, RunStarted, StepDone
from scoreline.engine.problem.identity import identity
from scoreline.engine.problem.method import Method
from scoreline.engine.problem.objective import BatchResult, Objective
from scoreline.engine.problem.params import Params
from scoreline.optimizers import Optimizer, Update
from scoreline.optimizers.base import per_configuration
from scoreline.schedules import Schedule

__all__ = ["Loop", "LoopState", "Plan"]

#: A configuration whose loss is so many times that of W = 0 has diverged.
DIVERGENCE_FACTOR = 1e6


@dataclass(frozen=True, eq=False)
class Plan:
    """How to train.

    Parameters
    ----------
    optimizer : Optimizer
    schedule : Schedule
    lr : array (K,) or (1,)
        Learning rates, before the schedule's factor; one serves all configurations.
    batch_size : int
        Rows a step; at least the number of rows makes it gradient descent.
    max_epochs : int
        Epochs at the most.
    seed : int
        Seed of the order of the rows and of dropout.
    dropout : float, default 0
        Share of the inputs that is set to 0 at random in each step, in [0, 1).
    """

    optimizer: Optimizer
    schedule: Schedule
    lr: FloatArray
    batch_size: int
    max_epochs: int
    seed: int
    dropout: float = 0.0


class LoopState(NamedTuple):
    """All that changes in a run of K configurations."""

    #: Steps made, and epochs ended.
    step: int
    epoch: int
    params: Params
    #: The parameters at the epoch's start, which a configuration that diverges keeps.
    epoch_start: Params
    #: The optimiser's states for W and for b.
    optimizer: Params
    #: Which configurations have not diverged, bool ``(K,)``.
    alive: Array
    #: Sums of objective, loss and accuracy over the epoch's rows so far, float64 ``(3, K)``.
    sums: FloatArray


class _Reading(NamedTuple):
    """Batches that are read in order, and the step of the next one."""

    step: int
    batches: Iterator[Batch]


class Loop(Method[LoopState]):
    """Steps on mini-batches; see `scoreline.engine.problem.method.Method`.

    Parameters
    ----------
    objective : Objective
    source : DataSource
    plan : Plan
    start : Params
        Where to begin.
    optimizer : Params of optimiser states, optional
        The optimiser's memory from an earlier run (`RunEnded.state`); by default it begins anew.
    validation : DataSource, optional
        Evaluated at the end of each epoch.
    """

    def __init__(
        self,
        objective: Objective,
        source: DataSource,
        plan: Plan,
        start: Params,
        optimizer: Params | None = None,
        validation: DataSource | None = None,
    ) -> None:
        self.objective, self.source, self.plan = objective, source, plan
        self.start, self.optimizer, self.validation = start, optimizer, validation
        # Batches in order are read on; these are no part of the state, which says where they stand.
        self._reading = _Reading(-1, iter(()))

    @cached_property
    def steps_per_epoch(self) -> int:
        """Steps in one epoch."""
        return math.ceil(self.source.n_examples / self.plan.batch_size)

    @cached_property
    def mean_weight(self) -> float:
        """The mean weight of a row."""
        return self.source.total_weight / self.source.n_examples

    def init(self, first_epoch: int = 0) -> LoopState:
        """Return the state before the first step of an epoch, those before it having been done by an earlier run.

        Order of the rows, schedule and dropout go on from there.
        """
        start, rule, K = self.start, self.plan.optimizer, self.start.n_configurations
        optimizer = self.optimizer or Params(rule.init(start.W), rule.init(start.b))
        step = first_epoch * self.steps_per_epoch
        return LoopState(step, first_epoch, start, start, optimizer, np.ones(K, bool), np.zeros((3, K)))

    def step(self, state: LoopState) -> tuple[LoopState, Sequence[Event]]:
        """Make one step (compiled: a stretch of steps), or end the epoch whose steps have all been made."""
        if state.step == (state.epoch + 1) * self.steps_per_epoch:
            return self._end_epoch(state)
        return self._take_steps(state)

    def terminate(self, state: LoopState) -> Reason | None:
        """Stop when all configurations have diverged, or all epochs have ended."""
        if not state.alive.any():
            return Reason.DIVERGED
        return Reason.MAX_EPOCHS if state.epoch >= self.plan.max_epochs else None

    def started(self, state: LoopState | None) -> RunStarted:
        """Return the event of a run that begins with a state."""
        params = self.start if state is None else state.params
        return RunStarted(self.steps_per_epoch, self.plan.max_epochs, self.source.n_examples, params)

    def ended(self, state: LoopState, reason: Reason) -> RunEnded:
        """Return the event of a run that ends with a state."""
        epochs = state.step / self.steps_per_epoch
        return RunEnded(reason, state.step, epochs, state.params, state.alive, state.optimizer)

    def identity(self) -> str:
        """Return a digest of what the run follows from."""
        held_out = self.validation
        evaluated = None if held_out is None else (held_out.n_examples, held_out.total_weight)
        return identity(self, self.objective, self.source, self.start, self.plan, self.optimizer, evaluated)

    def rates(self, step: int) -> FloatArray:
        """Return the learning rates ``(K,)`` of the step after so many."""
        factor = self.plan.schedule.factor(step / self.steps_per_epoch, self.plan.max_epochs)
        return np.asarray(np.broadcast_to(self.plan.lr, self.start.n_configurations) * factor)

    @property
    def limit(self) -> float:
        """The loss beyond which a configuration has diverged."""
        return DIVERGENCE_FACTOR * self.objective.value_at_zero

    def _end_epoch(self, state: LoopState) -> tuple[LoopState, Sequence[Event]]:
        """Return the means over the epoch, and evaluate the validation data."""
        epoch, params = state.epoch + 1, state.params
        evaluated = None if self.validation is None else self.objective.data_loss(params, self.validation)
        objective, loss, accuracy = state.sums / self.source.total_weight
        event = Evaluated(
            state.step,
            epoch,
            objective,
            loss,
            accuracy,
            None if evaluated is None else evaluated[0],
            None if evaluated is None else evaluated[1],
            self.rates(state.step - 1),
            params,
        )
        return state._replace(epoch=epoch, epoch_start=params, sums=np.zeros_like(state.sums)), [event]

    def _take_steps(self, state: LoopState) -> tuple[LoopState, Sequence[Event]]:
        return self._take_step(state, self._next_batch(state))

    def _next_batch(self, state: LoopState) -> Batch:
        start, (at, batches) = state.step % self.steps_per_epoch, self._reading
        if at != state.step or start == 0:
            size, seed = self.plan.batch_size, self.plan.seed
            batches = self.source.batches(size, seed=seed, epoch=state.epoch, start=start)
        self._reading = _Reading(state.step + 1, batches)
        return next(batches)

    def _take_step(self, state: LoopState, batch: Batch) -> tuple[LoopState, Sequence[Event]]:
        """Make one step on the rows of `batch`."""
        before, lr, step = state.params, self.rates(state.step), state.step + 1
        with np.errstate(over="ignore", invalid="ignore"):  # runaway configurations are reported, not warned of
            result = self._evaluate(state, batch)
            moved, optimizer = self._moved(state, result.gradient, lr)
            finite = (
                np.isfinite(result.objective)
                & np.isfinite(moved.W).all(axis=(1, 2))
                & np.isfinite(moved.b).all(axis=1)
            )
            alive = state.alive & finite & (result.loss <= self.limit)
        fallen = np.flatnonzero(state.alive & ~alive)
        params = moved.where(alive, state.epoch_start if len(fallen) else before)
        sums = state.sums + len(batch.y) * self.mean_weight * np.stack(
            [result.objective, result.loss, result.accuracy]
        )
        epochs = step / self.steps_per_epoch
        events: list[Event] = [Diverged(int(k), step, epochs, _why(result.loss[k], finite[k])) for k in fallen]
        events.append(StepDone(step, epochs, result.objective, lr, before, params))
        return state._replace(step=step, params=params, optimizer=optimizer, alive=alive, sums=sums), events

    def _evaluate(self, state: LoopState, batch: Batch) -> BatchResult:
        if not self.plan.dropout:
            return self.objective.value_and_gradient(state.params, batch, mean_weight=self.mean_weight)
        rng = np.random.default_rng([self.plan.seed, state.step, 1])
        objective, dropped = drop_inputs(self.objective, batch, self.plan.dropout, rng)
        return objective.value_and_gradient(state.params, dropped, mean_weight=self.mean_weight)

    def _moved(self, state: LoopState, gradient: Params, lr: FloatArray) -> tuple[Params, Params]:
        """Return the parameters and the optimiser's states after a step."""
        rule, penalty, before = self.plan.optimizer, self.objective.penalty, state.params
        W: Update = rule.update(gradient.W, state.optimizer.W, lr)
        b: Update = rule.update(gradient.b, state.optimizer.b, lr)
        lam = per_configuration(self.objective.lam, before.W)
        weights = penalty.project(penalty.prox(before.W + W.step, W.rate * lam))
        return Params(weights, before.b + b.step), Params(W.state, b.state)


def _why(loss: float, finite: bool) -> str:
    """Return why a configuration has diverged."""
    return f"its loss grew to {loss:.3g}" if finite else "its loss is not a finite number"
