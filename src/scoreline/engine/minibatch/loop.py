"""The changing state of a mini-batch run, and the step that all compiled code is measured against."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.base import Batch, DataSource
from scoreline.engine.minibatch.dropout import drop_inputs
from scoreline.engine.problem.events import Diverged, Evaluated, StepDone
from scoreline.engine.problem.objective import BatchResult, Objective
from scoreline.engine.problem.params import Params
from scoreline.optimizers import Optimizer, Update
from scoreline.optimizers.base import per_configuration
from scoreline.schedules import Schedule

__all__ = ["Loop", "Plan"]

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


class Loop:
    """The changing state of one run."""

    def __init__(
        self, objective: Objective, source: DataSource, plan: Plan, start: Params, state: Params | None
    ) -> None:
        self.objective, self.source, self.plan = objective, source, plan
        self.steps_per_epoch = math.ceil(source.n_examples / plan.batch_size)
        self.total_weight = source.total_weight
        self.mean_weight = source.total_weight / source.n_examples
        self.params = self.epoch_start = start
        self.alive: Array = np.ones(start.n_configurations, dtype=bool)
        self.step = 0
        self.state = state or Params(plan.optimizer.init(start.W), plan.optimizer.init(start.b))
        self.limit = DIVERGENCE_FACTOR * objective.loss.value_at_zero(objective.n_classes)
        self.base_lr = np.broadcast_to(plan.lr, self.alive.shape)
        self.lr = self.base_lr

    @property
    def epoch(self) -> float:
        """Epochs gone by, with fractions."""
        return self.step / self.steps_per_epoch

    def lr_at(self, step: int) -> FloatArray:
        """Return the learning rates ``(K,)`` of the step after so many."""
        factor = self.plan.schedule.factor(step / self.steps_per_epoch, self.plan.max_epochs)
        return np.asarray(self.base_lr * factor)

    def begin_epoch(self) -> None:
        """Remember where the epoch begins."""
        self.epoch_start = self.params
        self.sums = np.zeros((3, len(self.alive)))

    def steps(self, epoch: int) -> Iterator[tuple[StepDone, list[Diverged]]]:
        """Make the steps of an epoch, one at a time."""
        for batch in self.source.batches(self.plan.batch_size, seed=self.plan.seed, epoch=epoch):
            yield self.take_step(batch)

    def take_step(self, batch: Batch) -> tuple[StepDone, list[Diverged]]:
        """Make one step on the rows of `batch`."""
        with np.errstate(over="ignore", invalid="ignore"):  # runaway configurations are told, not warned of
            return self._take_step(batch)

    def _take_step(self, batch: Batch) -> tuple[StepDone, list[Diverged]]:
        before = self.params
        result = self._evaluate(batch)
        self.lr = self.lr_at(self.step)
        moved = self._moved(before, result.gradient)
        self.step += 1
        diverged = self._find_diverged(result, moved)
        self.params = moved.where(self.alive, self.epoch_start if diverged else before)
        self.sums += len(batch.y) * self.mean_weight * np.stack([result.objective, result.loss, result.accuracy])
        done = StepDone(self.step, self.epoch, result.objective, self.lr, before, self.params)
        return done, diverged

    def end_epoch(self, epoch: int, validation: DataSource | None) -> Evaluated:
        """Return the means over the epoch, and judge the validation data."""
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

    def _find_diverged(self, result: BatchResult, moved: Params) -> list[Diverged]:
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
                self.epoch,
                "its loss is not a finite number" if not finite[k] else f"its loss grew to {result.loss[k]:.3g}",
            )
            for k in fallen
        ]
