"""Passes whose losses are evaluated in compiled code, a row at a time in the cache."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.problem.kernels.losses import is_first_best
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.passes import LossEvaluation, Passes
from scoreline.kernels.compiling import compiled_loosely
from scoreline.kernels.forms import Argument, as_argument
from scoreline.kernels.parallel import run_together
from scoreline.kernels.threads import thread_count
from scoreline.losses import Loss

__all__ = ["CompiledLossPasses"]

#: Rows of scores that have sums of their own, whatever the number of threads; parts of the rows whose slopes do.
CHUNK, PARTS = 256, 64


class CompiledLossPasses(Passes):
    """Passes that evaluate float32 scores in all threads, and leave products to BLAS, as suits many classes."""

    def __init__(self, objective: Objective, source: DataSource) -> None:
        super().__init__(objective, source)
        self._evaluated_by: Loss | None = None
        self._loss: Argument | None = None
        self._n_threads = thread_count()
        self._pool = ThreadPoolExecutor(max(1, self._n_threads - 1), "scoreline")

    def evaluate(
        self, scores: FloatArray, change: FloatArray | None, t: float, slopes: FloatArray
    ) -> LossEvaluation:
        """Evaluate ``scores + t * change``; see `Passes.evaluate`."""
        if self._evaluated_by is not self.objective.loss:
            form = self.objective.loss.compiled_form()
            self._evaluated_by, self._loss = self.objective.loss, None if form is None else as_argument(form)
        if self._loss is None:
            return super().evaluate(scores, change, t, slopes)
        y, weight = self.labelled
        sums = np.zeros((-(-len(scores) // CHUNK), 3))
        no_weight = np.ones(0) if weight is None else weight
        moves = scores if change is None else change
        # A change that is the same for all rows is one row.
        moves = np.ascontiguousarray(moves[:1] if moves.strides[0] == 0 else moves)
        step = np.float32(0 if change is None else t)
        self._together(_evaluate, self._loss, scores, moves, step, y, no_weight, slopes, sums)
        loss, hits, slope = (sums.sum(axis=0) / self.source.total_weight).tolist()
        return LossEvaluation(loss, hits, 0.0 if change is None else slope)

    def mean_slopes(self, slopes: FloatArray) -> FloatArray:
        """Return the weighted mean of the slopes; see `Passes.mean_slopes`."""
        weight = self.labelled.weight
        sums = np.zeros((PARTS, slopes.shape[1]))
        self._together(_add_slopes, slopes, np.ones(0) if weight is None else weight, sums)
        return np.asarray(sums.sum(axis=0) / self.source.total_weight)

    def _together(self, work: Callable[..., Any], *args: Any) -> None:
        run_together(self._pool, self._n_threads, work, *args)


@compiled_loosely
def _evaluate(thread, n_threads, loss, scores, change, t, y, weight, slopes, sums):
    """Evaluate a thread's share of the rows, each chunk with sums of its own; one row of changes serves all."""
    function, numbers = loss
    n, R = scores.shape
    here = np.empty(R, np.float32)
    chunks = len(sums)
    for chunk in range(chunks * thread // n_threads, chunks * (thread + 1) // n_threads):
        for i in range(chunk * CHUNK, min((chunk + 1) * CHUNK, n)):
            own, move, pulls = scores[i], change[min(i, len(change) - 1)], slopes[i]
            for m in range(R):
                here[m] = own[m] + t * move[m]
            value = float(function(here, y[i], pulls, numbers))
            hit = 1.0 if (int(here[0] > 0) == y[i] if R == 1 else is_first_best(here, y[i])) else 0.0
            along = 0.0
            for m in range(R):
                along += float(pulls[m]) * float(move[m])
            w = weight[i] if len(weight) else 1.0
            sums[chunk, 0] += w * value
            sums[chunk, 1] += w * hit
            sums[chunk, 2] += w * along


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
