"""The mini-batch loop in compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.data.base import Batch
from scoreline.engine.minibatch.kernels.layout import exported, fold, memories, new_weights
from scoreline.engine.minibatch.kernels.stretch import Buffers, Given, Results, Rule, Weights, make_steps
from scoreline.engine.minibatch.kernels.updates import zeros
from scoreline.engine.minibatch.loop import Loop, LoopState
from scoreline.engine.problem.events import Compiling, Event, StepDone
from scoreline.engine.problem.scored import Labelled, read_labels
from scoreline.kernels.forms import as_argument
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
from scoreline.rows import epoch_order, gathered

__all__ = ["CompiledLoop"]

#: Seconds that a compiled loop may take to load before listeners get the event that it is being compiled.
PATIENCE = 1.0
#: Multiplications between two events, at which listeners may ask for the end: some 50 ms.
STRETCH_FLOPS = 4e9


class _Threads(NamedTuple):
    """The pool of threads beside the calling one, and how many there are with it."""

    pool: ThreadPoolExecutor
    n: int


class _Loaded(NamedTuple):
    """A state, as compiled code takes it."""

    state: LoopState
    given: Given
    weights: Weights


class CompiledLoop(Loop):
    """The loop with its steps made in stretches by `stretch.make_steps`; one that diverges is left to `Loop`."""

    _announced = False
    #: An epoch, and the order of its rows.
    _order: tuple[int, Array] = -1, np.zeros(0, np.int64)

    def ready_within(self, seconds: float) -> bool:
        """Wait for the compilation; tell whether it is done within that time."""
        return not wait([self._compiled], seconds).not_done

    def step(self, state: LoopState) -> tuple[LoopState, Sequence[Event]]:
        """Make a stretch of steps; the first one says so if it has to wait for the compilation."""
        if not self._announced:
            self._announced = True
            if not self.ready_within(PATIENCE):
                return state, [Compiling()]
        self._compiled.result()
        return super().step(state)

    def _take_steps(self, state: LoopState) -> tuple[LoopState, Sequence[Event]]:
        n, size, first = self.source.n_examples, self.plan.batch_size, state.step % self.steps_per_epoch
        if self._order[0] != state.epoch:
            in_order = size >= n
            order = (
                np.arange(n) if in_order else epoch_order(self.source.rows, seed=self.plan.seed, epoch=state.epoch)
            )
            self._order = state.epoch, order
        order = self._order[1]
        if state is not self._loaded.state:
            self._loaded = self._load(state)
        count = min(self._stretch(), self.steps_per_epoch - first)
        made, results = self._run(state, order[first * size : (first + count) * size], count)
        if made:
            after, done = self._after(state, results, made)
            self._loaded = self._loaded._replace(state=after)
            return after, [done]
        # The first step of the stretch is one in which a configuration diverges.
        rows, (y, weight) = order[first * size : (first + 1) * size], self._labelled
        own = None if weight is None else weight[rows]
        return self._take_step(state, Batch(self._table[rows], y[rows], own))

    def _run(self, state: LoopState, rows: Array, count: int) -> tuple[int, Results]:
        """Make `count` steps; return how many were made, and their figures."""
        K = len(state.alive)
        lr = np.array([self.rates(state.step + i) for i in range(count)], np.float32).reshape(count, K)
        results = Results(np.zeros((count, K)), np.zeros((count, K)), np.zeros((count, K, 2)))
        _, given, weights = self._loaded
        fold(weights, given)
        arguments = (
            given, weights, self._buffers, results, *self._forms, rows, self.plan.batch_size, lr,
            self._factors(state, count),
        )  # fmt: skip
        if not count:  # to be compiled, in a thread of the pool
            make_steps(0, 1, *arguments)
            return 0, results
        return run_together(*self._threads, make_steps, *arguments), results

    def _after(self, state: LoopState, results: Results, made: int) -> tuple[LoopState, StepDone]:
        """Take over what a stretch has done."""
        step, n, size = state.step + made, self.source.n_examples, self.plan.batch_size
        rows = self.mean_weight * np.full((made, 1), size, float)
        loss, accuracy, norms = (table[:made] for table in results)
        squares, absolutes = self.objective.penalty.coefficients or (0.0, 0.0)
        penalty = self.objective.lam * (squares * norms[..., 0] + absolutes * norms[..., 1])
        if step % self.steps_per_epoch == 0:  # the last batch of an epoch may be smaller
            rows[-1] = (n - (self.steps_per_epoch - 1) * size) * self.mean_weight
        sums = state.sums + np.stack([(loss + rows * penalty).sum(0), loss.sum(0), accuracy.sum(0)])
        params, optimizer = exported(self._loaded.weights, state, made)
        objective, epochs = loss[-1] / rows[-1] + penalty[-1], step / self.steps_per_epoch
        done = StepDone(step, epochs, objective, self.rates(step - 1), state.params, params)
        return state._replace(step=step, params=params, optimizer=optimizer, sums=sums), done

    def _load(self, state: LoopState) -> _Loaded:
        """Return what compiled code is to work on for a state."""
        source, objective = self.source, self.objective
        DP = padded(source.n_features, COLUMN_BLOCK)
        mean, scale = line_zeros((DP,)), line_zeros((DP,))
        scale[: source.n_features] = 1
        if objective.standardization is not None:
            mean[: source.n_features], scale[: source.n_features] = objective.standardization
        squares, absolutes = objective.penalty.coefficients or (0.0, 0.0)
        y, weight = self._labelled
        weight = np.ones(source.n_examples) if weight is None else weight
        given = Given(
            self._table,
            y,
            weight.astype(np.float32),
            mean,
            scale,
            (2 * squares * objective.lam).astype(np.float32),
            (absolutes * objective.lam).astype(np.float32),
            state.alive.copy(),
            objective.fit_intercept,
            float(self.mean_weight),
            float(self.limit),
        )
        return _Loaded(state, given, new_weights(state))

    @cached_property
    def _table(self) -> Array:
        """All rows as one array ``(N, D)``."""
        return np.asarray(gathered(self.source.rows).array).reshape(self.source.n_examples, -1)

    @cached_property
    def _labelled(self) -> Labelled:
        return read_labels(self.source)

    @cached_property
    def _threads(self) -> _Threads:
        count = thread_count()
        return _Threads(ThreadPoolExecutor(max(1, count - 1), "scoreline"), count)

    @cached_property
    def _forms(self) -> tuple[Any, Rule]:
        """The compiled forms of loss and update rule."""
        loss, rule = self.objective.loss.compiled_form(), self.plan.optimizer.compiled_form()
        assert loss is not None and rule is not None  # noqa: S101, PT018 - what pays_to_compile has made sure of
        first = self.init()
        counts = len(memories(first.optimizer.W)), self._factors(first, 0).shape[-1]
        return as_argument(loss), Rule(as_argument(rule), *map(zeros, counts))

    @cached_property
    def _loaded(self) -> _Loaded:
        """What compiled code works on stands for one state; any other is brought in anew."""
        return self._load(self.init())

    @cached_property
    def _compiled(self) -> Future[Any]:
        """Begin the compilation."""
        return self._threads.pool.submit(self._run, self._loaded.state, np.zeros(0, np.int64), 0)

    def _stretch(self) -> int:
        """Return the steps between two events."""
        K, R, D = self.start.W.shape
        return max(1, min(self.steps_per_epoch, int(STRETCH_FLOPS / (4.0 * self.plan.batch_size * K * R * D))))

    @cached_property
    def _buffers(self) -> Buffers:
        """Room to work in."""
        K, R, D = self.start.W.shape
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
            np.zeros((self._threads.n, columns, COLUMN_BLOCK), np.float32),
            new_sync(),
        )

    def _factors(self, state: LoopState, count: int) -> Array:
        """Return the update rule's factors for the next steps, ``(count, K, factors)``."""
        counted = [part for part in state.optimizer.W if part.dtype.kind != "f"]
        done = counted[0] if counted else np.full(len(state.alive), state.step)
        factors = self.plan.optimizer.factors(done + np.arange(1, count + 1)[:, None])
        table = np.empty((count, len(done), len(factors)), np.float32)
        for i, factor in enumerate(factors):
            table[:, :, i] = factor
        return table
