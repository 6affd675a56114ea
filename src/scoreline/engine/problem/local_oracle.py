"""The oracle in NumPy, over vectors that are arrays in memory: the reference for all others."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import reduce
from math import prod
from typing import Any, TypeVar, cast

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.problem.active_rows import gather_rows, row_curvatures
from scoreline.engine.problem.objective import (
    Objective,
    block_rows,
    pass_rows,
    predicted_classes,
    row_weights,
    slope_products,
    weighted_slopes,
)
from scoreline.engine.problem.oracle import ActiveRows, LossEvaluation, Sample, Vector
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.scored import all_scores, read_labels
from scoreline.engine.problem.spare_arrays import SpareArrays
from scoreline.kernels.threads import thread_count
from scoreline.losses import Loss
from scoreline.rows import stored_entries

__all__ = ["LocalOracle", "as_array"]

T = TypeVar("T")

#: Scores evaluated at a time, so that intermediate results stay in the cache, and number of scores from which on
#: all threads evaluate them.
EVALUATED_ENTRIES, THREADED_ENTRIES = 1 << 19, 1 << 20


def as_array(vector: Vector) -> FloatArray:
    """Return the array ``(N, ...)`` that a vector of a local oracle is."""
    return cast(FloatArray, vector)


class LocalOracle:
    """An objective and a source of data on this machine; see `scoreline.engine.problem.oracle.Oracle`.

    Parameters
    ----------
    objective : Objective
        With K = 1.
    source : DataSource
    dtype : dtype
        Of scores, and of products with the data.
    """

    #: Losses take longer than to read scores; see `Oracle.steps_at_once`.
    steps_at_once: int = 1

    def __init__(self, objective: Objective, source: DataSource, dtype: np.dtype[np.floating]) -> None:
        self.objective, self.source, self.dtype = objective, source, dtype
        self.n_examples, self.n_rows, self.total_weight = source.n_examples, objective.n_rows, source.total_weight
        self.labelled = read_labels(source)
        self._spare = SpareArrays()

    @property
    def n_features(self) -> int:
        """See `Oracle.n_features`."""
        return self.source.n_features

    @property
    def n_entries(self) -> int:
        """See `Oracle.n_entries`."""
        return self.n_examples * stored_entries(self.source.rows)

    def consecutive(self) -> AbstractContextManager[Any]:
        """See `Oracle.consecutive`."""
        return nullcontext()

    def with_loss(self, loss: Loss) -> LocalOracle:
        """See `Oracle.with_loss`."""
        other = copy.copy(self)
        other.objective = replace(self.objective, loss=loss)
        return other

    def scores(self, params: Params) -> Vector:
        """See `Oracle.scores`."""
        if not params.W.any():
            return Vector(np.repeat(params.b, self.n_examples, axis=0))
        return Vector(self._products(params))

    def constant(self, row: FloatArray) -> Vector:
        """See `Oracle.constant`; it takes the memory of one row."""
        return Vector(np.broadcast_to(row.astype(self.dtype), (self.n_examples, len(row))))

    def evaluate(
        self, scores: Vector, change: Vector | None, steps: Sequence[float], *, out: Vector | None = None
    ) -> tuple[list[LossEvaluation], Vector]:
        """See `Oracle.evaluate`."""
        at = as_array(scores)
        moves = None if change is None else as_array(change)
        slopes = self._spare.empty_like(at) if out is None else as_array(out)
        sums = self._evaluated(at, moves, steps, slopes) / self.total_weight
        return [LossEvaluation(*row) for row in sums.tolist()], Vector(slopes)

    def gradient(self, params: Params, slopes: Vector) -> Params:
        """See `Oracle.gradient`."""
        total, first = np.zeros(params.W.shape), 0
        for batch in self.source.batches(pass_rows(params, self.source), seed=None):
            part = as_array(slopes)[first : first + len(batch.y), None]
            total += slope_products(weighted_slopes(part, batch.weight), batch.X)
            first += len(batch.y)
        sums = Params(total, (self.mean_slopes(slopes) * self.total_weight)[None])
        return self.objective.finish_gradient(params, sums, self.total_weight)

    def mean_slopes(self, slopes: Vector) -> FloatArray:
        """See `Oracle.mean_slopes`."""
        own, weight = as_array(slopes), self.labelled.weight

        def summed(part: slice) -> FloatArray:
            return own[part].sum(axis=0, dtype=np.float64) if weight is None else weight[part] @ own[part]

        return _sum_over_parts(summed, own) / self.total_weight

    def combine(self, a: Vector, t: float, b: Vector, *, out: Vector | None = None) -> Vector:
        """See `Oracle.combine`."""
        left, right, into = as_array(a), as_array(b), None if out is None else as_array(out)
        if t == -1:
            return Vector(np.subtract(left, right, out=into))
        scaled = right if t == 1 else np.multiply(right, right.dtype.type(t), out=into)
        return Vector(np.add(scaled, left, out=into if t == 1 else scaled))

    def reduce(self, f: Callable[..., FloatArray], *vectors: Vector, least_rows: int = 1) -> FloatArray:
        """See `Oracle.reduce`."""
        (y, weight), blocks = self.labelled, [as_array(vector) for vector in vectors]

        def work(part: slice) -> FloatArray:
            w = np.ones(len(y[part])) if weight is None else weight[part]
            return f(y[part], w, *(block[part] for block in blocks))

        return _sum_over_parts(work, blocks[0], least_rows=least_rows)

    def transform(
        self,
        f: Callable[..., FloatArray],
        *vectors: Vector,
        row: tuple[int, ...] | None = None,
        dtype: np.dtype[np.floating] | None = None,
        out: Vector | None = None,
    ) -> Vector:
        """See `Oracle.transform`."""
        y, blocks = self.labelled.y, [as_array(vector) for vector in vectors]
        shape = (self.n_examples, *(blocks[0].shape[1:] if row is None else row))
        into = np.empty(shape, dtype or self.dtype) if out is None else as_array(out)

        def work(part: slice) -> None:
            into[part] = f(y[part], *(block[part] for block in blocks))

        for _ in _over_parts(work, max(into, *blocks, key=np.size)):
            pass
        return Vector(into)

    def sample(self, scores: Vector, most: int) -> Sample:
        """See `Oracle.sample`."""
        rows = np.linspace(0, self.n_examples - 1, min(self.n_examples, most)).astype(np.int64)
        y, weight = self.labelled
        return Sample(as_array(scores)[rows].astype(np.float64), y[rows], None if weight is None else weight[rows])

    def active_rows(self, scores: Vector, *, straight: float, most_entries: int) -> ActiveRows:
        """See `Oracle.active_rows`."""
        loss = self.objective.loss.hessian
        assert loss is not None  # noqa: S101 - what the choice of the model has made sure of
        curvatures = as_array(self.transform(row_curvatures(loss), scores, row=(), dtype=np.dtype(np.float64)))
        chosen = np.flatnonzero(curvatures > straight * curvatures.max(initial=0))
        every = max(1, -(-len(chosen) * stored_entries(self.source.rows) // most_entries))
        chosen = chosen[::every]
        own = as_array(scores)[chosen]
        return gather_rows(self.objective, self.source, self.labelled, chosen, own, every=every)

    def hessian(self, row_hessians: Vector) -> FloatArray:
        """See `Oracle.hessian`."""
        hessians, R, D = as_array(row_hessians), self.n_rows, self.n_features
        hessian = np.zeros((R, D + 1, R, D + 1))
        begin = 0
        for batch in self.source.batches(block_rows(R * (D + 1)), seed=None):
            X = self.objective.standardized(batch.X, np.dtype(np.float64))
            X, end = np.column_stack([X, np.ones(len(X))]), begin + len(batch.y)
            shares = hessians[begin:end] * (row_weights(batch) / self.total_weight)[:, None, None]
            for r in range(R):
                weighted = shares[:, r, : r + 1, None] * X[:, None]
                hessian[r, :, : r + 1] += (X.T @ weighted.reshape(len(X), -1)).reshape(D + 1, r + 1, D + 1)
            begin = end
        for r in range(R):
            for s in range(r):
                hessian[s, :, r] = hessian[r, :, s]
        return hessian

    def saved(self, vector: Vector) -> Array:
        """See `Oracle.saved`."""
        return as_array(vector)

    def restored(self, array: Array) -> Vector:
        """See `Oracle.restored`."""
        return Vector(array)

    def _products(self, params: Params) -> FloatArray:
        """Return the scores ``(N, R)`` from the data."""
        return all_scores(self.objective, params, self.source)[:, 0]

    def _evaluated(
        self, scores: FloatArray, change: FloatArray | None, steps: Sequence[float], slopes: FloatArray
    ) -> FloatArray:
        """Return the sums ``(steps, 3)`` that a `LossEvaluation` has the means of; write the last slopes."""
        loss, (y, weight) = self.objective.loss, self.labelled

        def evaluated(part: slice) -> FloatArray:
            w = np.ones(len(y[part])) if weight is None else weight[part]
            sums = np.empty((len(steps), 3))
            for i, t in enumerate(steps):
                here = scores[part]
                if change is not None:
                    here = change[part] * scores.dtype.type(t)
                    here += scores[part]
                values, slopes[part] = loss.value_and_gradient(here, y[part])
                hits = float(w @ (predicted_classes(here) == y[part]))
                along = 0.0 if change is None else np.einsum("nr,nr->n", slopes[part], change[part])
                sums[i] = w @ values.astype(np.float64), hits, np.sum(w * along)
            return sums

        return _sum_over_parts(evaluated, scores)


def _over_parts(work: Callable[[slice], T], like: FloatArray, *, least_rows: int = 1) -> Iterator[T]:
    """Yield what `work` comes to on each block of rows of such an array, in order; threads share the blocks.

    What is not yet taken is kept for a few blocks only, for it may be large.
    """
    n, width = len(like), prod(like.shape[1:])
    rows = max(least_rows, EVALUATED_ENTRIES // width)
    parts = [slice(first, first + rows) for first in range(0, n, rows)]
    if n * width < THREADED_ENTRIES:
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


def _sum_over_parts(work: Callable[[slice], FloatArray], like: FloatArray, *, least_rows: int = 1) -> FloatArray:
    """Return the sum of what `work` comes to on each block of rows, whatever the threads."""
    return reduce(np.add, _over_parts(work, like, least_rows=least_rows))
