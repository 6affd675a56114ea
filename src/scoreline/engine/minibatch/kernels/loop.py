"""The mini-batch loop in compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.base import Batch, DataSource
from scoreline.engine.minibatch.kernels.stretch import Buffers, Given, Results, Rule, Weights, make_steps
from scoreline.engine.minibatch.kernels.updates import zeros
from scoreline.engine.minibatch.loop import Loop, LoopState, Plan
from scoreline.engine.problem.events import Compiling, Event, StepDone
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.scored import read_labels
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
from scoreline.rows import gathered, whole_order

__all__ = ["CompiledLoop"]

#: Seconds that a compiled loop may take to load before a listener is told that it is being compiled.
PATIENCE = 1.0
#: Multiplications between two events, at which listeners may ask for the end: some 50 ms.
STRETCH_FLOPS = 4e9


class CompiledLoop(Loop):
    """The loop with its steps made in stretches by `stretch.make_steps`; one that diverges is left to `Loop`."""

    def __init__(
        self,
        objective: Objective,
        source: DataSource,
        plan: Plan,
        start: Params,
        optimizer: Params | None = None,
        validation: DataSource | None = None,
    ) -> None:
        super().__init__(objective, source, plan, start, optimizer, validation)
        n, D = source.n_examples, source.n_features
        self._X = np.asarray(gathered(source.rows).array).reshape(n, D)
        self._labelled = read_labels(source)
        loss, rule = objective.loss.compiled_form(), plan.optimizer.compiled_form()
        assert loss is not None and rule is not None  # noqa: S101, PT018 - what pays_to_compile has made sure of
        self._n_threads = thread_count()
        self._pool = ThreadPoolExecutor(max(1, self._n_threads - 1), "scoreline")
        K, R, D = start.W.shape
        flops = 4.0 * plan.batch_size * K * R * D
        self._stretch = max(1, min(self.steps_per_epoch, int(STRETCH_FLOPS / flops)))
        self._buffers = self._new_buffers()
        # What compiled code works on stands for a state; any other state is brought in anew.
        self._loaded = self.init()
        counts = len(self._memories(self._loaded.optimizer.W)), self._factors(self._loaded, 0).shape[-1]
        self._loss, self._rule = as_argument(loss), Rule(as_argument(rule), *map(zeros, counts))
        self._given, self._weights = self._new_given(self._loaded), self._new_weights(self._loaded)
        self._announced = False
        self._order: tuple[int, Array] = -1, np.zeros(0, np.int64)
        self._compiled: Future[Any] = self._pool.submit(self._run, self._loaded, self._order[1], 0)

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
            order = np.arange(n) if in_order else whole_order(n, seed=self.plan.seed, epoch=state.epoch)
            self._order = state.epoch, order
        order = self._order[1]
        if state is not self._loaded:
            self._given, self._weights = self._new_given(state), self._new_weights(state)
        count = min(self._stretch, self.steps_per_epoch - first)
        made, results = self._run(state, order[first * size : (first + count) * size], count)
        if made:
            self._loaded, done = self._after(state, results, made)
            return self._loaded, [done]
        # The first step of the stretch is one in which a configuration diverges.
        rows, (y, weight) = order[first * size : (first + 1) * size], self._labelled
        own = None if weight is None else weight[rows]
        return self._take_step(state, Batch(self._X[rows], y[rows], own))

    def _run(self, state: LoopState, rows: Array, count: int) -> tuple[int, Results]:
        """Make `count` steps; return how many were made, and their figures."""
        K = len(state.alive)
        lr = np.array([self.rates(state.step + i) for i in range(count)], np.float32).reshape(count, K)
        results = Results(np.zeros((count, K)), np.zeros((count, K)), np.zeros((count, K, 2)))
        self._fold()
        arguments = (
            self._given, self._weights, self._buffers, results, self._loss, self._rule, rows, self.plan.batch_size,
            lr, self._factors(state, count),
        )  # fmt: skip
        if not count:  # to be compiled, in a thread of the pool
            make_steps(0, 1, *arguments)
            return 0, results
        return run_together(self._pool, self._n_threads, make_steps, *arguments), results

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
        params, optimizer = self._exported(state, made)
        objective, epochs = loss[-1] / rows[-1] + penalty[-1], step / self.steps_per_epoch
        done = StepDone(step, epochs, objective, self.rates(step - 1), state.params, params)
        return state._replace(step=step, params=params, optimizer=optimizer, sums=sums), done

    def _new_given(self, state: LoopState) -> Given:
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
            state.alive.copy(),
            objective.fit_intercept,
            float(self.mean_weight),
            float(self.limit),
        )

    def _new_weights(self, state: LoopState) -> Weights:
        """Return the parameters and the optimiser's memory as compiled code takes them."""
        K, R, D = state.params.W.shape
        W = line_zeros((K * R, padded(D, COLUMN_BLOCK)))
        W[:, :D] = state.params.W.reshape(K * R, D)
        n, blocks = len(self._rule.memory), W.shape[1] // COLUMN_BLOCK
        memory, b_memory = line_zeros((K * R, blocks, n * COLUMN_BLOCK)), np.zeros((K * R, n), np.float32)
        for i, (of_W, of_b) in enumerate(
            zip(self._memories(state.optimizer.W), self._memories(state.optimizer.b), strict=True)
        ):
            wide = np.pad(of_W.reshape(K * R, D), ((0, 0), (0, W.shape[1] - D)))
            memory[:, :, _plane(i)] = wide.reshape(K * R, blocks, COLUMN_BLOCK)
            b_memory[:, i] = of_b.reshape(K * R)
        shift = np.zeros((blocks, K * R))
        return Weights(
            W, memory, state.params.b.reshape(K * R).astype(np.float32), b_memory, line_zeros(W.shape), shift
        )

    def _fold(self) -> None:
        """Fold the weights with the standardisation: the same bits whether a run comes here or begins here."""
        W, folded = self._weights.W, self._weights.folded
        np.multiply(W, self._given.scale, out=folded)
        parts = folded.astype(np.float64) * self._given.mean
        self._weights.shift[:] = parts.reshape(len(W), -1, COLUMN_BLOCK).sum(axis=2).T

    def _new_buffers(self) -> Buffers:
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
            np.zeros((self._n_threads, columns, COLUMN_BLOCK), np.float32),
            new_sync(),
        )

    def _exported(self, state: LoopState, made: int) -> tuple[Params, Params]:
        """Return parameters and optimiser's states from what compiled code works on."""
        K, R, D = state.params.W.shape
        weights, (last_W, last_b) = self._weights, state.optimizer
        params = Params(weights.W[:, :D].reshape(K, R, D).copy(), weights.b.reshape(K, R).copy())
        planes = [weights.memory[:, :, _plane(i)] for i in range(len(self._rule.memory))]
        of_W = [plane.reshape(K * R, -1)[:, :D].reshape(K, R, D).copy() for plane in planes]
        of_b = [column.reshape(K, R).copy() for column in weights.b_memory.T]
        return params, Params(self._new_state(last_W, of_W, made), self._new_state(last_b, of_b, made))

    def _factors(self, state: LoopState, count: int) -> Array:
        """Return the update rule's factors for the next steps, ``(count, K, factors)``."""
        counted = [part for part in state.optimizer.W if part.dtype.kind != "f"]
        done = counted[0] if counted else np.full(len(state.alive), state.step)
        factors = self.plan.optimizer.factors(done + np.arange(1, count + 1)[:, None])
        table = np.empty((count, len(done), len(factors)), np.float32)
        for i, factor in enumerate(factors):
            table[:, :, i] = factor
        return table

    @staticmethod
    def _memories(state: Any) -> list[FloatArray]:
        """Return the arrays of an optimiser's state; integers in it count steps."""
        return [part for part in state if part.dtype.kind == "f"]

    @staticmethod
    def _new_state(state: Any, memories: list[FloatArray], made: int) -> Any:
        parts = iter(memories)
        return type(state)(*[next(parts) if part.dtype.kind == "f" else part + made for part in state])


def _plane(i: int) -> slice:
    """Return where the i-th number that is remembered of a block's weights lies."""
    return slice(i * COLUMN_BLOCK, (i + 1) * COLUMN_BLOCK)
