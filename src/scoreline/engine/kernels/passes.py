"""Passes over the whole data in compiled code."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.kernels.compiling import compiled
from scoreline.engine.kernels.losses import compiled_loss, loss_row
from scoreline.engine.kernels.products import (
    CLASS_BLOCK,
    COLUMN_BLOCK,
    ROW_BLOCK,
    backward,
    batch_buffer,
    forward,
    line_zeros,
    padded,
    take,
)
from scoreline.engine.kernels.threads import run_together, thread_count
from scoreline.engine.objective import Objective, block_rows
from scoreline.engine.params import Params
from scoreline.engine.passes import Judged, Passes

__all__ = ["CompiledPasses"]

#: Rows that a thread has in its buffer at a time.
CHUNK = 256
#: Numbers that stay in a core's second cache, and rows that are taken at the least where they are wide.
CACHED, FEWEST = 1 << 18, 16


class CompiledPasses(Passes):
    """Passes that read bytes and float32 where they lie, in all threads; sums do not depend on their number."""

    def __init__(self, objective: Objective, source: DataSource) -> None:
        super().__init__(objective, source)
        self._n_threads = thread_count()
        self._pool = ThreadPoolExecutor(max(1, self._n_threads - 1), "scoreline")
        first = next(iter(source.batches(1, seed=None)))
        rows = batch_buffer(self._n_threads * CHUNK, source.n_features, first.X.dtype)
        self._buffers = rows.reshape(self._n_threads, CHUNK, -1)

    def going_on(self) -> AbstractContextManager[Any]:
        """Hold BLAS to one thread: others of its own spin for a while after each call, on the cores of ours."""
        return threadpool_limits(1, user_api="blas")

    def scores(self, params: Params) -> FloatArray:
        """Return the scores of all rows; see `Passes.scores`."""
        folded = self.objective.folded(params)
        R, D = params.W.shape[1:]
        W = line_zeros((R, padded(D, COLUMN_BLOCK)))
        W[:, :D] = folded.W[0]
        out = np.empty((self.source.n_examples, R), np.float32)
        first = 0
        for batch in self._blocks():
            last = first + len(batch)
            self._together(_score, batch, self._buffers, W, folded.b[0].astype(np.float32), out[first:last])
            first = last
        return out

    def judge(self, scores: FloatArray, change: FloatArray | None, t: float, slopes: FloatArray) -> Judged:
        """Judge ``scores + t * change``; see `Passes.judge`."""
        y, weight = self.labelled
        n = len(scores)
        sums = np.zeros((padded(n, CHUNK) // CHUNK, 3))
        no_weight = np.ones(0) if weight is None else weight
        moves = scores if change is None else np.ascontiguousarray(change)
        step = np.float32(0 if change is None else t)
        self._together(_judge, compiled_loss(self.objective.loss), scores, moves, step, y, no_weight, slopes, sums)
        loss, hits, slope = (sums.sum(axis=0) / self.source.total_weight).tolist()
        return Judged(loss, hits, 0.0 if change is None else slope)

    def gradient(self, params: Params, slopes: FloatArray) -> Params:
        """Return the gradient from the losses' slopes; see `Passes.gradient`."""
        R, D = params.W.shape[1:]
        total = np.zeros((padded(R, CLASS_BLOCK), padded(D, COLUMN_BLOCK)))
        weight = self.labelled.weight
        pulls = self.mean_slopes(slopes) * self.source.total_weight
        no_weight = np.ones(0, np.float32) if weight is None else weight.astype(np.float32)
        first = 0
        for batch in self._blocks():
            part = slice(first, first + len(batch))
            own = no_weight if weight is None else no_weight[part]
            self._together(_add_products, batch, self._buffers, slopes[part], own, total)
            first += len(batch)
        sums = Params(total[None, :R, :D], pulls[None])
        return self.objective.finish_gradient(params, sums, self.source.total_weight)

    def _blocks(self) -> Any:
        rows = block_rows(self.source.n_features)
        return (batch.X for batch in self.source.batches(rows * 8, seed=None))

    def _together(self, work: Callable[..., Any], *args: Any) -> None:
        run_together(self._pool, self._n_threads, work, *args)


@compiled
def _score(thread, n_threads, X, buffers, W, b, out):
    """Write the scores of a thread's share of the rows."""
    n, D = X.shape
    buffer = buffers[thread]
    scores = np.empty((CHUNK, len(b)), np.float32)
    chunks = (n + CHUNK - 1) // CHUNK
    for chunk in range(chunks * thread // n_threads, chunks * (thread + 1) // n_threads):
        first = chunk * CHUNK
        rows = min(CHUNK, n - first)
        if rows % ROW_BLOCK == 0 and W.shape[1] == D:  # nothing to pad: rows are read where they lie
            forward(X[first : first + rows], 0, rows, W, b, scores)
        else:
            take(X, first, rows, 0, D, buffer)
            forward(buffer, 0, (rows + ROW_BLOCK - 1) // ROW_BLOCK * ROW_BLOCK, W, b, scores)
        for i in range(rows):
            for m in range(len(b)):
                out[first + i, m] = scores[i, m]


@compiled
def _judge(thread, n_threads, loss, scores, change, t, y, weight, slopes, sums):
    """Judge a thread's share of the rows; each chunk of rows has sums of its own."""
    n, R = scores.shape
    here = np.empty(R, np.float32)
    chunks = len(sums)
    for chunk in range(chunks * thread // n_threads, chunks * (thread + 1) // n_threads):
        for i in range(chunk * CHUNK, min((chunk + 1) * CHUNK, n)):
            for m in range(R):
                here[m] = scores[i, m] + t * change[i, m]
            value = float(loss_row(loss, here, y[i], slopes[i]))
            hit = 1.0 if (int(here[0] > 0) if R == 1 else here.argmax()) == y[i] else 0.0
            along = 0.0
            for m in range(R):
                along += float(slopes[i, m]) * float(change[i, m])
            w = weight[i] if len(weight) else 1.0
            sums[chunk, 0] += w * value
            sums[chunk, 1] += w * hit
            sums[chunk, 2] += w * along


@compiled
def _add_products(thread, n_threads, X, buffers, slopes, weight, total):
    """Add the slopes' products with a thread's share of the columns to `total`, in float64."""
    n, D = X.shape
    R = slopes.shape[1]
    columns = len(total)
    buffer = buffers[thread]
    own = np.zeros((CHUNK, columns), np.float32)
    tile = np.zeros((columns, COLUMN_BLOCK), np.float32)
    blocks = total.shape[1] // COLUMN_BLOCK
    first_block, last_block = blocks * thread // n_threads, blocks * (thread + 1) // n_threads
    low, high = first_block * COLUMN_BLOCK, min(last_block * COLUMN_BLOCK, D)
    step = min(CHUNK, max(FEWEST, CACHED // D))
    for first in range(0, n, step):
        rows = min(step, n - first)
        take(X, first, rows, low, high, buffer)
        for i in range(rows):
            w = weight[first + i] if len(weight) else np.float32(1)
            for m in range(R):
                own[i, m] = w * slopes[first + i, m]
        for block in range(first_block, last_block):
            backward(buffer, rows, own, block * COLUMN_BLOCK - low, tile)
            for m in range(R):
                out = total[m, block * COLUMN_BLOCK : (block + 1) * COLUMN_BLOCK]
                for d in range(COLUMN_BLOCK):
                    out[d] += tile[m, d]
