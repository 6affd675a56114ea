"""The oracle in compiled code."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.problem.kernels.compiled_loss_oracle import CHUNK, CompiledLossOracle
from scoreline.engine.problem.local_oracle import as_array
from scoreline.engine.problem.objective import Objective, block_rows
from scoreline.engine.problem.oracle import Vector
from scoreline.engine.problem.params import Params
from scoreline.kernels.compiling import compiled
from scoreline.kernels.products import (
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
from scoreline.kernels.threads import one_blas_thread

__all__ = ["CompiledOracle"]

#: Numbers that stay in a core's second cache, and rows that are taken at the least where they are wide.
CACHED, FEWEST = 1 << 18, 16


class CompiledOracle(CompiledLossOracle):
    """Reads bytes and float32 where they lie, in all threads; sums do not depend on their number."""

    def __init__(self, objective: Objective, source: DataSource, dtype: np.dtype[np.floating]) -> None:
        super().__init__(objective, source, dtype)
        rows = batch_buffer(self._n_threads * CHUNK, source.n_features, source.dtype)
        self._buffers = rows.reshape(self._n_threads, CHUNK, -1)

    def consecutive(self) -> AbstractContextManager[Any]:
        """Hold BLAS to one thread: others of its own spin for a while after each call, on the cores of ours."""
        return one_blas_thread()

    def gradient(self, params: Params, slopes: Vector) -> Params:
        """See `Oracle.gradient`."""
        R, D = params.W.shape[1:]
        total = np.zeros((padded(R, CLASS_BLOCK), padded(D, COLUMN_BLOCK)))
        own, weight = as_array(slopes), self.labelled.weight
        slope_sums = self.mean_slopes(slopes) * self.total_weight
        no_weight = np.ones(0, np.float32) if weight is None else weight.astype(np.float32)
        first = 0
        for batch in self._blocks():
            part = slice(first, first + len(batch))
            shares = no_weight if weight is None else no_weight[part]
            self._together(_add_products, batch, self._buffers, own[part], shares, total)
            first += len(batch)
        sums = Params(total[None, :R, :D], slope_sums[None])
        return self.objective.finish_gradient(params, sums, self.total_weight)

    def _products(self, params: Params) -> FloatArray:
        """Return the scores ``(N, R)`` from the data."""
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

    def _blocks(self) -> Any:
        rows = block_rows(self.source.n_features)
        return (batch.X for batch in self.source.batches(rows * 8, seed=None))


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
