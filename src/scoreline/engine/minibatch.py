"""The loop of all iterative methods: batch, gradient, step, K configurations at once."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.base import Batch, DataSource
from scoreline.engine.dropout import drop_inputs
from scoreline.engine.events import Diverged, Evaluated, Event, Reason, RunEnded, RunStarted, StepDone
from scoreline.engine.objective import BatchResult, Objective
from scoreline.engine.params import Params
from scoreline.optimizers import Optimizer, Update
from scoreline.optimizers.base import per_configuration
from scoreline.schedules import Schedule

__all__ = ["Plan", "train"]

#: A configuration whose loss is so many times that of W = 0 has run away.
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


def train(
    objective: Objective,
    source: DataSource,
    plan: Plan,
    start: Params,
    *,
    state: Params | None = None,
    validation: DataSource | None = None,
    first_epoch: int = 0,
) -> Generator[Event, Reason | None, None]:
    """Minimise `objective` over `source`, telling every step.

    Yields `RunStarted`, then for each step `StepDone` and for each epoch `Evaluated`, `Diverged` where a
    configuration runs away, at last `RunEnded`. A listener that wants the run to end sends a `Reason` in answer
    to any event. Nothing here prints, draws or saves.

    Parameters
    ----------
    objective : Objective
    source : DataSource
    plan : Plan
    start : Params
        Where to begin.
    state : Params of optimiser states, optional
        The optimiser's memory from an earlier run (`RunEnded.state`); by default it begins anew.
    validation : DataSource, optional
        Judged at the end of each epoch.
    first_epoch : int, default 0
        Epochs that an earlier run has done: order of the rows, schedule and dropout go on from there.
    """
    steps_per_epoch = math.ceil(source.n_examples / plan.batch_size)
    loop = _Loop(objective, source, plan, start, state)
    loop.step = first_epoch * steps_per_epoch
    wish = yield RunStarted(steps_per_epoch, plan.max_epochs, source.n_examples, start)
    for epoch in range(first_epoch, plan.max_epochs):
        if wish is not None:
            break
        loop.begin_epoch()
        for batch in source.batches(plan.batch_size, seed=plan.seed, epoch=epoch):
            with np.errstate(over="ignore", invalid="ignore"):  # runaway configurations are told, not warned of
                done, diverged = loop.take_step(batch, steps_per_epoch)
            for event in diverged:
                wish = (yield event) or wish
            wish = (yield done) or wish
            if wish is not None or not loop.alive.any():
                break
        else:
            wish = (yield loop.end_epoch(epoch + 1, validation)) or wish
        if not loop.alive.any():
            wish = wish or Reason.DIVERGED
    yield RunEnded(
        wish or Reason.MAX_EPOCHS, loop.step, loop.step / steps_per_epoch, loop.params, loop.alive, loop.state
    )


class _Loop:
    """The changing state of one run."""

    def __init__(
        self, objective: Objective, source: DataSource, plan: Plan, start: Params, state: Params | None
    ) -> None:
        self.objective, self.plan = objective, plan
        self.total_weight = source.total_weight
        self.mean_weight = source.total_weight / source.n_examples
        self.params = self.epoch_start = start
        self.alive: Array = np.ones(start.n_configurations, dtype=bool)
        self.step = 0
        self.state = state or Params(plan.optimizer.init(start.W), plan.optimizer.init(start.b))
        self.limit = DIVERGENCE_FACTOR * objective.loss.value_at_zero(objective.n_classes)
        self.base_lr = np.broadcast_to(plan.lr, self.alive.shape)
        self.lr = self.base_lr

    def begin_epoch(self) -> None:
        self.epoch_start = self.params
        self.sums = np.zeros((3, len(self.alive)))

    def take_step(self, batch: Batch, steps_per_epoch: int) -> tuple[StepDone, list[Diverged]]:
        before = self.params
        result = self._evaluate(batch)
        epoch = self.step / steps_per_epoch
        self.lr = self.base_lr * self.plan.schedule.factor(epoch, self.plan.max_epochs)
        moved = self._moved(before, result.gradient)
        self.step += 1
        diverged = self._find_diverged(result, moved, self.step / steps_per_epoch)
        self.params = moved.where(self.alive, self.epoch_start if diverged else before)
        self.sums += len(batch.y) * self.mean_weight * np.stack([result.objective, result.loss, result.accuracy])
        done = StepDone(self.step, self.step / steps_per_epoch, result.objective, self.lr, before, self.params)
        return done, diverged

    def end_epoch(self, epoch: int, validation: DataSource | None) -> Evaluated:
        objective, loss, accuracy = self.sums / self.total_weight
        judged = None if validation is None else self.objective.data_loss(self.params, validation)
        return Evaluated(
            self.step,
            epoch,
            objective,
            loss,
            accuracy,
            None if judged is None else judged[0],
            None if judged is None else judged[1],
            self.lr,
            self.params,
        )

    def _evaluate(self, batch: Batch) -> BatchResult:
        if not self.plan.dropout:
            return self.objective.value_and_gradient(self.params, batch, mean_weight=self.mean_weight)
        rng = np.random.default_rng([self.plan.seed, self.step, 1])
        objective, dropped = drop_inputs(self.objective, batch, self.plan.dropout, rng)
        return objective.value_and_gradient(self.params, dropped, mean_weight=self.mean_weight)

    def _moved(self, before: Params, gradient: Params) -> Params:
        optimizer, penalty = self.plan.optimizer, self.objective.penalty
        W: Update = optimizer.update(gradient.W, self.state.W, self.lr)
        b: Update = optimizer.update(gradient.b, self.state.b, self.lr)
        self.state = Params(W.state, b.state)
        lam = per_configuration(self.objective.lam, before.W)
        weights = penalty.project(penalty.prox(before.W + W.step, W.rate * lam))
        return Params(weights, before.b + b.step)

    def _find_diverged(self, result: BatchResult, moved: Params, epoch: float) -> list[Diverged]:
        finite = (
            np.isfinite(result.objective)
            & np.isfinite(moved.W).all(axis=(1, 2))
            & np.isfinite(moved.b).all(axis=1)
        )
        healthy = finite & (result.loss <= self.limit)
        fallen = np.flatnonzero(self.alive & ~healthy)
        self.alive = self.alive & healthy
        return [
            Diverged(
                int(k),
                self.step,
                epoch,
                "its loss is not a finite number" if not finite[k] else f"its loss grew to {result.loss[k]:.3g}",
            )
            for k in fallen
        ]
