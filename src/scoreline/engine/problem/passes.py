"""Passes over the whole data for one configuration: all scores, all losses, the gradient."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple, TypeVar

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.problem.objective import (
    Objective,
    block_rows,
    predicted_classes,
    slope_products,
    weighted_slopes,
)
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.scored import all_scores, read_labels
from scoreline.kernels.threads import thread_count
from scoreline.losses import Loss

__all__ = ["LossEvaluation", "Passes", "each_part", "over_parts", "sum_over_parts"]

T = TypeVar("T")

#: Scores evaluated at a time, so that intermediate results stay in the cache, and number of scores from which on
#: all threads evaluate them.
EVALUATED_ENTRIES, WORTH_THREADS = 1 << 19, 1 << 20


class LossEvaluation(NamedTuple):
    """What scores are worth, weighted means in float64."""

    loss: float
    accuracy: float
    #: Derivative of the loss along the change of the scores.
    slope: float


class Passes:
    """What a method on the whole data asks of an objective with K = 1 and a source.

    Scores and slopes have shape ``(N, R)``; they are all that is kept of the size of the data.
    """

    def __init__(self, objective: Objective, source: DataSource) -> None:
        self.objective, self.source = objective, source
        self.labelled = read_labels(source)

    def consecutive(self) -> AbstractContextManager[Any]:
        """Return the context in which one pass follows upon another."""
        return nullcontext()

    def scores(self, params: Params) -> FloatArray:
        """Return the scores of all rows."""
        return all_scores(self.objective, params, self.source)[:, 0]

    def evaluate(
        self, scores: FloatArray, change: FloatArray | None, t: float, slopes: FloatArray
    ) -> LossEvaluation:
        """Evaluate ``scores + t * change`` (None: no change) and write the losses' slopes there into `slopes`."""
        loss, y, weight = self.objective.loss, *self.labelled

        def evaluated(part: slice) -> FloatArray:
            here = scores[part]
            if change is not None:
                here = change[part] * scores.dtype.type(t)
                here += scores[part]
            values, slopes[part] = loss.value_and_gradient(here, y[part])
            w = np.ones(len(here)) if weight is None else weight[part]
            hits = float(w @ (predicted_classes(here) == y[part]))
            along = 0.0 if change is None else np.einsum("nr,nr->n", slopes[part], change[part])
            return np.array([w @ values.astype(np.float64), hits, np.sum(w * along)])

        totals = sum_over_parts(evaluated, *scores.shape) / self.source.total_weight
        return LossEvaluation(*totals.tolist())

    def mean_slopes(self, slopes: FloatArray) -> FloatArray:
        """Return the weighted mean of the slopes, which is the gradient by the bias, float64 ``(R,)``."""
        weight = self.labelled.weight

        def summed(part: slice) -> FloatArray:
            return slopes[part].sum(axis=0, dtype=np.float64) if weight is None else weight[part] @ slopes[part]

        return sum_over_parts(summed, *slopes.shape) / self.source.total_weight

    def reduce(self, f: Callable[..., FloatArray], *vectors: FloatArray, least_rows: int = 1) -> FloatArray:
        """Return the sum of ``f(y, w, *blocks)`` over blocks of rows, in a fixed order whatever the threads.

        Parameters
        ----------
        f : callable
            Takes labels, weights (1 where none are given) and the blocks of the vectors; pure.
        vectors : arrays (N, R)
            Scores or slopes.
        least_rows : int, default 1
            Rows of a block, for sums that are as large as so many.
        """
        y, weight = self.labelled

        def work(part: slice) -> FloatArray:
            w = np.ones(len(y[part])) if weight is None else weight[part]
            return f(y[part], w, *(vector[part] for vector in vectors))

        return sum_over_parts(work, *vectors[0].shape, least_rows=least_rows)

    def transform(
        self, f: Callable[..., FloatArray], *vectors: FloatArray, dtype: np.dtype[np.floating] | None = None
    ) -> FloatArray:
        """Return ``f(y, *blocks)`` of all blocks of rows, by default in the first vector's dtype; see `reduce`."""
        y = self.labelled.y
        out = np.empty(vectors[0].shape, dtype or vectors[0].dtype)

        def work(part: slice) -> None:
            out[part] = f(y[part], *(vector[part] for vector in vectors))

        each_part(work, *out.shape)
        return out

    def with_loss(self, loss: Loss) -> Passes:
        """Return the same passes with another loss."""
        other = copy.copy(self)
        other.objective = replace(self.objective, loss=loss)
        return other

    def gradient(self, params: Params, slopes: FloatArray) -> Params:
        """Return the gradient of the objective's smooth part from the losses' slopes."""
        total, first = np.zeros(params.W.shape), 0
        for batch in self.source.batches(block_rows(max(params.W.shape[1:])), seed=None):
            part = slopes[first : first + len(batch.y), None]
            total += slope_products(weighted_slopes(part, batch.weight), batch.X)
            first += len(batch.y)
        sums = Params(total, (self.mean_slopes(slopes) * self.source.total_weight)[None])
        return self.objective.finish_gradient(params, sums, self.source.total_weight)


def over_parts(work: Callable[[slice], T], n: int, R: int, *, least_rows: int = 1) -> Iterator[T]:
    """Yield what `work` comes to on each piece of so many rows of scores, in order; threads share them.

    What is not yet taken is kept for a few pieces only, for it may be large.
    """
    rows = max(least_rows, EVALUATED_ENTRIES // R)
    parts = [slice(first, first + rows) for first in range(0, n, rows)]
    if n * R < WORTH_THREADS:
        yield from map(work, parts)
        return
    n_threads = thread_count()
    with ThreadPoolExecutor(n_threads) as pool:
        begun: deque[Future[T]] = deque()
        for part in parts:
            begun.append(pool.submit(work, part))
            if len(begun) > 2 * n_threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


def each_part(work: Callable[[slice], None], n: int, R: int) -> None:
    """Let `work` change each piece of so many rows of scores where it lies."""
    for _ in over_parts(work, n, R):
        pass


def sum_over_parts(work: Callable[[slice], FloatArray], n: int, R: int, *, least_rows: int = 1) -> FloatArray:
    """Return the sum of what `work` comes to on each piece of so many rows of scores, whatever the threads."""
    return reduce(np.add, over_parts(work, n, R, least_rows=least_rows))
