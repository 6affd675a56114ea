"""Data augmentation: two training rows for each image, which vary as the rows of its transformed copies do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoreline._typing import Array
from scoreline.features.base import FeatureExtractor
from scoreline.features.rows import ComputedRows
from scoreline.rows import Rows, UnstoredRows

__all__ = ["PairMeans", "TrainingPairs"]


class TrainingPairs(ComputedRows):
    """The pairs of rows of `FeatureExtractor.training_pairs`, those of an image one after the other.

    Parameters
    ----------
    images : Rows (n, H, W, ch)
    extractor : FeatureExtractor
        Fitted, and an average over copies.
    seed : int
        Of the random signs, which depend on the place of an image besides.
    on_shard : callable, optional
        See `ComputedRows`.
    """

    def __init__(
        self,
        images: Rows,
        extractor: FeatureExtractor,
        seed: int,
        on_shard: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(images, extractor, each=2, on_shard=on_shard)
        self._pairs, self._seed = extractor.training_pairs, seed

    def __repr__(self) -> str:
        return f"TrainingPairs(of {self._images!r})"

    def _computed(self, first: int, images: Array) -> Array:
        return self._pairs(images, np.random.default_rng((self._seed, first)))


class PairMeans(UnstoredRows):
    """The means ``(n, D)`` of pairs of rows ``(2 n, D)``: those that predictions are made of.

    Parameters
    ----------
    pairs : Rows (2 n, D)
    """

    def __init__(self, pairs: Rows) -> None:
        self._pairs = pairs

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of images and of features."""
        return (len(self), *self._pairs.shape[1:])

    def __len__(self) -> int:
        return len(self._pairs) // 2

    def __repr__(self) -> str:
        return f"PairMeans({self._pairs!r})"

    def read(self, start: int, stop: int) -> Array:
        """Return means in order; see `Rows.read`."""
        stop = min(stop, len(self))
        return _means(self._pairs.read(2 * start, 2 * stop))

    def take(self, index: Array) -> Array:
        """Return means by place; see `Rows.take`."""
        index = np.asarray(index, np.int64)
        return _means(self._pairs.take(np.column_stack([2 * index, 2 * index + 1]).ravel()))


def _means(pairs: Array) -> Array:
    means: Array = pairs[::2] + pairs[1::2]
    means /= 2
    return means
