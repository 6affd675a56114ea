"""The mini-batch loop in compiled code."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.base import Batch, DataSource
from scoreline.engine.minibatch.kernels.stretch import Buffers, Given, Results, Weights, make_steps
from scoreline.engine.minibatch.kernels.updates import MEMORIES, compiled_update, corrections
from scoreline.engine.minibatch.loop import Loop, Plan
from scoreline.engine.problem.events import Diverged, StepDone
from scoreline.engine.problem.kernels.losses import compiled_loss
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.scored import read_labels
from scoreline.kernels.parallel import new_sync, run_together
from scoreline.kernels.products import (
    CLASS_BLOCK,
    COLUMN_BLOCK,
    ROW_BLOCK,
    batch_buffer,
    line_zeros,
    padded,
)
from scoreline.kernels.threads import thread_count
from scoreline.rows import gathered, whole_order

__all__ = ["CompiledLoop"]

#: Multiplications between two looks at what listeners wish: some 50 ms.
STRETCH_FLOPS = 4e9


class CompiledLoop(Loop):
    """The loop with its steps made in stretches by `stretch.make_steps`; one that diverges is left to `Loop`."""

    def __init__(
        self, objective: Objective, source: DataSource, plan: Plan, start: Params, state: Params | None
    ) -> None:
        super().__init__(objective, source, plan, start, state)
        n, D = source.n_examples, source.n_features
        self._X = np.asarray(gathered(source.rows).array).reshape(n, D)
        self._labelled = read_labels(source)
        self._loss, self._rule = compiled_loss(objective.loss), compiled_update(plan.optimizer)
        self._n_threads = thread_count()
        self._pool = ThreadPoolExecutor(max(1, self._n_threads - 1), "scoreline")
        K, R, D = start.W.shape
        flops = 4.0 * plan.batch_size * K * R * D
        self._stretch = max(1, min(self.steps_per_epoch, int(STRETCH_FLOPS / flops)))
        self._given = self._new_given()
        self._weights = self._new_weights()
        self._buffers = self._new_buffers()
        self._compiled: Future[Any] = self._pool.submit(self._run, np.zeros(0, np.int64), 0)

    def ready_within(self, seconds: float) -> bool:
        """Wait for the compilation; tell whether it is done within that time."""
        return not wait([self._compiled], seconds).not_done

    def steps(self, epoch: int) -> Iterator[tuple[StepDone, list[Diverged]]]:
        """Make the steps of an epoch, a stretch at a time."""
        self._compiled.result()
        n, size = self.source.n_examples, self.plan.batch_size
        order = np.arange(n) if size >= n else whole_order(n, seed=self.plan.seed, epoch=epoch)
        first = 0
        while first < self.steps_per_epoch:
            count = min(self._stretch, self.steps_per_epoch - first)
            before = self.params
            made, results = self._run(order[first * size : (first + count) * size], count)
            if made:
                yield self._told(before, results, made), []
            first += made
            if made < count:
                yield self._step_aside(order[first * size : (first + 1) * size])
                first += 1

    def _run(self, rows: Array, count: int) -> tuple[int, Results]:
        """Make `count` steps; return how many were made, and their figures."""
        K = len(self.alive)
        lr = np.array([self.lr_at(self.step + i) for i in range(count)], np.float32).reshape(count, K)
        results = Results(np.zeros((count, K)), np.zeros((count, K)), np.zeros((count, K, 2)))
        arguments = (
            self._given, self._weights, self._buffers, results, self._loss, self._rule, rows, self.plan.batch_size,
            lr, corrections(self.plan.optimizer, self.step + 1, count),
        )  # fmt: skip
        if not count:  # to be compiled, in a thread of the pool
            make_steps(0, 1, *arguments)
            return 0, results
        return run_together(self._pool, self._n_threads, make_steps, *arguments), results

    def _told(self, before: Params, results: Results, made: int) -> StepDone:
        """Take over what a stretch has done."""
        rows = self.total_weight / self.source.n_examples * np.full((made, 1), self.plan.batch_size, float)
        loss, accuracy, norms = (table[:made] for table in results)
        squares, absolutes = self.objective.penalty.coefficients or (0.0, 0.0)
        penalty = self.objective.lam * (squares * norms[..., 0] + absolutes * norms[..., 1])
        last = self.step + made == math.ceil((self.step + made) / self.steps_per_epoch) * self.steps_per_epoch
        if last:  # the last batch of an epoch may be smaller
            n, size = self.source.n_examples, self.plan.batch_size
            rows[-1] = (n - (self.steps_per_epoch - 1) * size) * self.mean_weight
        self.sums += np.stack([(loss + rows * penalty).sum(0), loss.sum(0), accuracy.sum(0)])
        self.lr = self.lr_at(self.step + made - 1)
        self.step += made
        self._export(made)
        objective = loss[-1] / rows[-1] + penalty[-1]
        return StepDone(self.step, self.epoch, objective, self.lr, before, self.params)

    def _step_aside(self, rows: Array) -> tuple[StepDone, list[Diverged]]:
        """Leave a step in which a configuration diverges to the plain loop."""
        y, weight = self._labelled
        told = self.take_step(Batch(self._X[rows], y[rows], None if weight is None else weight[rows]))
        self._given, self._weights = self._new_given(), self._new_weights()
        return told

    def _new_given(self) -> Given:
        source, objective = self.source, self.objective
        DP = padded(source.n_features, COLUMN_BLOCK)
        mean, scale = line_zeros((DP,)), line_zeros((DP,))
        scale[: source.n_features] = 1
        if objective.standardization is not None:
            mean[: source.n_features], scale[: source.n_features] = objective.standardization
        squares, absolutes = objective.penalty.coefficients or (0.0, 0.0)
        y, weight = self._labelled
        weight = np.ones(source.n_examples) if weight is None else weight
        return Given(
            self._X,
            y,
            weight.astype(np.float32),
            mean,
            scale,
            (2 * squares * objective.lam).astype(np.float32),
            (absolutes * objective.lam).astype(np.float32),
            self.alive.copy(),
            objective.fit_intercept,
            float(self.mean_weight),
            float(self.limit),
        )

    def _new_weights(self) -> Weights:
        """Return the parameters and the optimiser's memory as compiled code takes them."""
        K, R, D = self.params.W.shape
        W = line_zeros((K * R, padded(D, COLUMN_BLOCK)))
        W[:, :D] = self.params.W.reshape(K * R, D)
        memory = line_zeros((MEMORIES, *W.shape))
        b_memory = np.zeros((MEMORIES, K * R), np.float32)
        for i, (of_W, of_b) in enumerate(
            zip(self._memories(self.state.W), self._memories(self.state.b), strict=True)
        ):
            memory[i, :, :D] = of_W.reshape(K * R, D)
            b_memory[i] = of_b.reshape(K * R)
        folded = line_zeros(W.shape)
        np.multiply(W, self._given.scale, out=folded)
        parts = folded.astype(np.float64) * self._given.mean
        shift = parts.reshape(K * R, -1, COLUMN_BLOCK).sum(axis=2).T.copy()
        return Weights(W, memory, self.params.b.reshape(K * R).astype(np.float32), b_memory, folded, shift)

    def _new_buffers(self) -> Buffers:
        K, R, D = self.params.W.shape
        rows, blocks = padded(self.plan.batch_size, ROW_BLOCK), padded(D, COLUMN_BLOCK) // COLUMN_BLOCK
        columns = padded(K * R, CLASS_BLOCK)
        return Buffers(
            batch_buffer(rows, D, self.source.dtype),
            np.zeros(rows, np.int64),
            np.zeros((rows, K * R), np.float32),
            np.zeros((rows, columns), np.float32),
            np.zeros((rows, K), np.float32),
            np.zeros((rows, K), np.float32),
            np.zeros((blocks, K, 2)),
            np.zeros((self._n_threads, columns, COLUMN_BLOCK), np.float32),
            new_sync(),
        )

    def _export(self, made: int) -> None:
        """Set `params` and `state` from what compiled code works on."""
        K, R, D = self.params.W.shape
        weights = self._weights
        self.params = Params(weights.W[:, :D].reshape(K, R, D).copy(), weights.b.reshape(K, R).copy())
        of_W = [memory[:, :D].reshape(K, R, D).copy() for memory in weights.memory]
        of_b = [memory.reshape(K, R).copy() for memory in weights.b_memory]
        self.state = Params(self._new_state(self.state.W, of_W, made), self._new_state(self.state.b, of_b, made))

    @staticmethod
    def _memories(state: Any) -> list[FloatArray]:
        """Return the arrays of an optimiser's state; integers in it count steps."""
        return [part for part in state if part.dtype.kind == "f"]

    @staticmethod
    def _new_state(state: Any, memories: list[FloatArray], made: int) -> Any:
        parts = iter(memories)
        return type(state)(*[next(parts) if part.dtype.kind == "f" else part + made for part in state])
