"""The oracle whose losses are evaluated in compiled code, a row at a time in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.problem.kernels.losses import is_first_best
from scoreline.engine.problem.local_oracle import LocalOracle, as_array
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.oracle import Vector
from scoreline.kernels.compiling import compiled_loosely
from scoreline.kernels.forms import Argument, as_argument
from scoreline.kernels.parallel import run_together
from scoreline.kernels.threads import thread_count
from scoreline.losses import Loss

__all__ = ["CompiledLossOracle"]

#: Rows of scores that have sums of their own, whatever the number of threads; parts of the rows whose slopes do.
CHUNK, PARTS = 256, 64


class CompiledLossOracle(LocalOracle):
    """Evaluates float32 scores in all threads, and leaves products to BLAS, as suits many classes."""

    def __init__(self, objective: Objective, source: DataSource, dtype: np.dtype[np.floating]) -> None:
        super().__init__(objective, source, dtype)
        self._evaluated_by: Loss | None = None
        self._loss: Argument | None = None
        self._n_threads = thread_count()
        self._pool = ThreadPoolExecutor(max(1, self._n_threads - 1), "scoreline")

    def mean_slopes(self, slopes: Vector) -> FloatArray:
        """See `Oracle.mean_slopes`."""
        weight = self.labelled.weight
        sums = np.zeros((PARTS, self.n_rows))
        self._together(_add_slopes, as_array(slopes), np.ones(0) if weight is None else weight, sums)
        return np.asarray(sums.sum(axis=0) / self.total_weight)

    def _evaluated(
        self, scores: FloatArray, change: FloatArray | None, steps: Sequence[float], slopes: FloatArray
    ) -> FloatArray:
        """Evaluate in compiled code where the loss has such a form; see `LocalOracle._evaluated`."""
        if self._evaluated_by is not self.objective.loss:
            form = self.objective.loss.compiled_form()
            self._evaluated_by, self._loss = self.objective.loss, None if form is None else as_argument(form)
        if self._loss is None:
            return super()._evaluated(scores, change, steps, slopes)
        y, weight = self.labelled
        sums = np.zeros((-(-len(scores) // CHUNK), len(steps), 3))
        no_weight = np.ones(0) if weight is None else weight
        moves = scores if change is None else change
        # A change that is the same for all rows is one row.
        moves = np.ascontiguousarray(moves[:1] if moves.strides[0] == 0 else moves)
        lengths = np.array(steps if change is not None else [0.0] * len(steps), np.float32)
        self._together(_evaluate, self._loss, scores, moves, lengths, y, no_weight, slopes, sums)
        total: FloatArray = sums.sum(axis=0)
        if change is None:
            total[:, 2] = 0.0
        return total

    def _together(self, work: Callable[..., Any], *args: Any) -> None:
        run_together(self._pool, self._n_threads, work, *args)


@compiled_loosely
def _evaluate(thread, n_threads, loss, scores, change, steps, y, weight, slopes, sums):
    """Evaluate a thread's share of the rows, each chunk with sums of its own; one row of changes serves all."""
    function, numbers = loss
    n, R = scores.shape
    here = np.empty(R, np.float32)
    chunks = len(sums)
    for chunk in range(chunks * thread // n_threads, chunks * (thread + 1) // n_threads):
        for i in range(chunk * CHUNK, min((chunk + 1) * CHUNK, n)):
            own, move, own_slopes = scores[i], change[min(i, len(change) - 1)], slopes[i]
            w = weight[i] if len(weight) else 1.0
            for s in range(len(steps)):
                t = steps[s]
                for m in range(R):
                    here[m] = own[m] + t * move[m]
                value = float(function(here, y[i], own_slopes, numbers))
                hit = 1.0 if (int(here[0] > 0) == y[i] if R == 1 else is_first_best(here, y[i])) else 0.0
                along = 0.0
                for m in range(R):
                    along += float(own_slopes[m]) * float(move[m])
                sums[chunk, s, 0] += w * value
                sums[chunk, s, 1] += w * hit
                sums[chunk, s, 2] += w * along


@compiled_loosely
def _add_slopes(thread, n_threads, slopes, weight, sums):
    """Add up the slopes of a thread's share of the parts."""
    n, parts = len(slopes), len(sums)
    for part in range(parts * thread // n_threads, parts * (thread + 1) // n_threads):
        total = sums[part]
        for i in range(n * part // parts, n * (part + 1) // parts):
            w = weight[i] if len(weight) else 1.0
            own = slopes[i]
            for m in range(len(own)):
                total[m] += w * float(own[m])
