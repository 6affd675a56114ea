"""Rows that lie in memory (or in a memory-mapped file) as one array."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data.base import Batch

__all__ = ["MemorySource", "epoch_order"]


def epoch_order(n: int, *, seed: int, epoch: int) -> Labels:
    """Return the order of `n` rows in an epoch: a permutation that follows from seed and epoch alone."""
    return np.random.default_rng([seed, epoch]).permutation(n)


class MemorySource:
    """A data source over one array; batches in order are views, shuffled ones are gathered row by row.

    Parameters
    ----------
    X : array (N, ...) of any real dtype
        Examples; axes after the first are flattened to D.
    y : array (N,) of integers
        Labels from 0 to ``n_classes - 1``.
    n_classes : int
        Number of classes C.
    weight : array (N,) of floats >= 0, optional
        How much each example counts.
    """

    def __init__(self, X: Array, y: Array, n_classes: int, weight: FloatArray | None = None) -> None:
        self.X: Array = X.reshape(len(X), -1)
        self.y: Labels = y.astype(np.int64, copy=False)
        self.n_classes = n_classes
        self.weight = weight

    @property
    def n_examples(self) -> int:
        """Number of rows N."""
        return len(self.X)

    @property
    def n_features(self) -> int:
        """Number of columns D."""
        return self.X.shape[1]

    @property
    def total_weight(self) -> float:
        """Sum of the weights, in float64."""
        return float(self.n_examples if self.weight is None else self.weight.sum(dtype=np.float64))

    def batches(self, size: int, *, seed: int | None, epoch: int = 0, start: int = 0) -> Iterator[Batch]:
        """Yield the rows in batches; see `DataSource.batches`."""
        n = self.n_examples
        order = None if seed is None or size >= n else epoch_order(n, seed=seed, epoch=epoch)
        for first in range(start * size, n, size):
            rows = slice(first, first + size) if order is None else order[first : first + size]
            yield Batch(self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows])
