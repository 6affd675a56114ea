"""A model's scores of examples as data sets keep them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.images import match_channels
from scoreline.engine.problem.objective import block_rows
from scoreline.models.saved import SavedModel

__all__ = ["ExampleScorer"]


class ExampleScorer:
    """Scores of rows ``(n, D)``, or of images ``(n, H, W, ch)`` that have the model's size.

    Parameters
    ----------
    model : SavedModel

    Raises
    ------
    ModelError
        The model's features cannot be used.
    """

    def __init__(self, model: SavedModel) -> None:
        self.model = model
        self.extractor = model.extractor()

    @property
    def most_together(self) -> int:
        """Number of examples that are scored at a time, so that their numbers, features and scores stay few."""
        numbers = (math.prod(self.model.example_shape), self.model.coef.shape[1], len(self.model.classes))
        return block_rows(max(numbers))

    def blocks(self, n: int) -> Iterator[slice]:
        """Yield the blocks of `n` examples, at least one block, that are scored at a time."""
        for first in range(0, max(n, 1), self.most_together):
            yield slice(first, first + self.most_together)

    def matched(self, X: Array) -> Array:
        """Bring grey images to a colour model's channels and the other way round; leave all else as it is."""
        channels = self.model.example_shape[-1]
        images = X.ndim == 4 and len(self.model.example_shape) == 3 and X.dtype == np.uint8
        return match_channels(X, channels) if images and {X.shape[-1], channels} <= {1, 3} else X

    def scores(self, X: Array) -> FloatArray:
        """Return the scores ``(n, R)``, all examples multiplied by the weights at once."""
        return self.model.scores(self.extractor.transform(self.matched(X)))

    def scores_one_by_one(self, X: Array) -> FloatArray:
        """Return the scores ``(n, R)``, each example multiplied by the weights by itself.

        They do not depend on the others, to the bit: a product of two matrices rounds a row differently where it
        has other neighbours. It takes longer where weights are many.
        """
        (W,), (b,) = self.model.params
        rows = self.extractor.transform(self.matched(X)).astype(W.dtype, copy=False)
        scores = np.matmul(W, rows[:, :, None])[..., 0] + b
        return scores.astype(self.model.coef.dtype, copy=False)
