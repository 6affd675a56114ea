"""Labelled rows as a data source: rows that lie anywhere, and those of one array."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data.base import Batch
from scoreline.rows import ArrayRows, Rows, batches, epoch_order

__all__ = ["MemorySource", "RowsSource"]


class RowsSource:
    """A data source over rows, with their labels and weights.

    Parameters
    ----------
    rows : Rows (N, ...)
        Examples of any real dtype; axes after the first are flattened to D.
    y : array (N,) of integers
        Labels from 0 to ``n_classes - 1``.
    n_classes : int
        Number of classes C.
    weight : array (N,) of floats >= 0, optional
        How much each example counts.
    """

    def __init__(self, rows: Rows, y: Array, n_classes: int, weight: FloatArray | None = None) -> None:
        self.rows = rows
        self.y: Labels = y.astype(np.int64, copy=False)
        self.n_classes = n_classes
        self.weight = weight

    @property
    def n_examples(self) -> int:
        """Number of rows N."""
        return len(self.rows)

    @property
    def n_features(self) -> int:
        """Number of columns D."""
        return math.prod(self.rows.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the rows."""
        return self.rows.dtype

    @property
    def total_weight(self) -> float:
        """Sum of the weights, in float64."""
        return float(self.n_examples if self.weight is None else self.weight.sum(dtype=np.float64))

    def batches(self, size: int, *, seed: int | None, epoch: int = 0, start: int = 0) -> Iterator[Batch]:
        """Yield the rows in batches; see `DataSource.batches`. In order they are views where that is possible."""
        n, D = self.n_examples, self.n_features
        order = None if seed is None or size >= n else epoch_order(self.rows, seed=seed, epoch=epoch)
        for places, X in batches(self.rows, size, order=order, start=start):
            rows = X.reshape(len(X), D) if X.ndim != 2 else X
            yield Batch(rows, self.y[places], None if self.weight is None else self.weight[places])


class MemorySource(RowsSource):
    """A data source over one array, in memory or memory-mapped.

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
        self.X: Array = X.reshape(len(X), math.prod(X.shape[1:]))
        super().__init__(ArrayRows(self.X), y, n_classes, weight)
