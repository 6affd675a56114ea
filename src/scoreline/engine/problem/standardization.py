"""Means and deviations of the features: measured in one pass, and folded into W and b."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import Batch, DataSource
from scoreline.engine.problem.params import Params
from scoreline.rows import SparseMatrix

__all__ = ["FeatureStatistics", "Standardization", "row_weights"]

#: Rows whose differences are summed at a time: of so many bytes, and of their squares, float32 sums are exact.
PIECE = 256


class Standardization(NamedTuple):
    """``x -> (x - mean) * scale``, folded into W and b so that the data are never copied."""

    #: Means of the features, ``(D,)``.
    mean: FloatArray
    #: One over their standard deviations, ``(D,)``; 0 for a constant feature, which then has no part in anything.
    scale: FloatArray

    @classmethod
    def of(cls, source: DataSource) -> Standardization:
        """Measure the means and deviations (weighted, of the population) of a source in one pass."""
        return FeatureStatistics.of(source).standardization

    @classmethod
    def none(cls, n_features: int) -> Standardization:
        """Return what leaves rows of so many features as they are."""
        return cls(np.zeros(n_features), np.ones(n_features))

    def weighted(self, weights: FloatArray) -> Standardization:
        """Return what also multiplies each feature by a weight ``(D,)``; its penalty falls with the square."""
        return Standardization(self.mean, self.scale * weights)

    def every(self, stride: int) -> Standardization:
        """Return what belongs to every so many features."""
        return Standardization(self.mean[::stride], self.scale[::stride])

    def fold(self, params: Params) -> Params:
        """Return parameters that give for raw rows the scores that `params` give for standardised ones."""
        W = params.W * self.scale.astype(params.W.dtype)
        shift = np.einsum("krd,d->kr", W.astype(np.float64), self.mean)
        return Params(W, (params.b - shift).astype(params.b.dtype))

    def unfold(self, params: Params) -> Params:
        """Return the inverse of `fold`; weights of constant features become 0."""
        shift = np.einsum("krd,d->kr", params.W.astype(np.float64), self.mean)
        back = np.divide(1, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        return Params((params.W * back).astype(params.W.dtype), (params.b + shift).astype(params.b.dtype))


class _Sums(NamedTuple):
    """Weighted sums over rows of their differences from `shift`, and of the squares of these, ``(D,)`` each."""

    total: FloatArray
    squares: FloatArray
    #: One of the rows; None before the first.
    shift: FloatArray | None

    def plus(self, batch: Batch) -> _Sums:
        """Return the sums with a piece of rows added."""
        if batch.matrix is not None:
            return self._plus_sparse(batch.matrix.astype(np.float64), row_weights(batch))
        X: FloatArray = batch.X.astype(np.float32 if batch.X.dtype == np.uint8 else np.float64)
        weight = row_weights(batch)
        # Differences from a row that counts keep their digits; one without weight may lie anywhere.
        shift = X[weight.argmax()].copy() if self.shift is None else self.shift
        X -= shift
        of_rows = weight.astype(X.dtype)
        return _Sums(self.total + of_rows @ X, self.squares + of_rows @ np.square(X, out=X), shift)

    def _plus_sparse(self, X: SparseMatrix, weight: FloatArray) -> _Sums:
        """Add sparse rows, whose differences from 0 are as sparse: all sums are in float64."""
        return _Sums(self.total + weight @ X, self.squares + weight @ X.power(2), None)

    def standardization(self, total_weight: float) -> Standardization:
        """Return means and deviations of rows that have so much weight together."""
        mean = self.total / total_weight
        variance = self.squares / total_weight - mean**2
        offset = np.zeros(len(mean)) if self.shift is None else self.shift
        # What rounding leaves of a constant feature's variance is no signal.
        varies = variance > 1e-12 * (mean**2 + 1e-300)
        scale = np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1)), 0)
        return Standardization(mean + offset, scale)


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """Means and deviations of some rows, and the sums from which those of more rows follow."""

    standardization: Standardization
    #: Number of rows that they were measured on.
    n_examples: int
    #: Over the whole pieces among these, so that more rows give what one pass over all of them gives, to the bit.
    _sums: _Sums

    @classmethod
    def of(cls, source: DataSource) -> FeatureStatistics:
        """Measure means and deviations (weighted, of the population) in one pass."""
        return cls._continued(_Sums(np.zeros(source.n_features), np.zeros(source.n_features), None), 0, source)

    def over(self, source: DataSource) -> FeatureStatistics:
        """Return the statistics of a source that begins with the rows measured, reading only those behind them."""
        if source.n_examples == self.n_examples:
            return self
        return self._continued(self._sums, self.n_examples // PIECE, source)

    @classmethod
    def _continued(cls, sums: _Sums, pieces: int, source: DataSource) -> FeatureStatistics:
        """Go on behind so many pieces, whose sums are known."""
        n = source.n_examples
        everything = sums
        for batch in source.batches(PIECE, seed=None, start=pieces):
            everything = everything.plus(batch)
            if len(batch.y) == PIECE:
                sums = everything
        return cls(everything.standardization(source.total_weight), n, sums)


def row_weights(batch: Batch) -> FloatArray:
    """Return the weights of a batch's rows, float64 ``(n,)``: 1 where none are given."""
    return np.ones(len(batch.y)) if batch.weight is None else batch.weight.astype(np.float64)
