"""All labels and all scores of a source: what methods on the whole data keep in memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data.base import DataSource
from scoreline.engine.problem.objective import Objective, block_rows, pass_rows
from scoreline.engine.problem.params import Params
from scoreline.rows import stored_entries

__all__ = ["Labelled", "all_scores", "read_labels"]


class Labelled(NamedTuple):
    """Labels ``(N,)`` and weights ``(N,)`` (None: all 1) of all rows."""

    y: Labels
    weight: FloatArray | None

    def weights(self) -> FloatArray:
        """Return the weight of each row, 1 where none are given."""
        return np.ones(len(self.y)) if self.weight is None else self.weight

    def mean(self, values: Array) -> float:
        """Return the weighted mean of one value a row, in float64."""
        values = values.astype(np.float64)
        return float(values.mean() if self.weight is None else np.average(values, weights=self.weight))


def read_labels(source: DataSource) -> Labelled:
    """Read all labels and weights, without the rows."""
    batches = [(b.y, b.weight) for b in source.batches(block_rows(stored_entries(source.rows)), seed=None)]
    weights = [weight for _, weight in batches if weight is not None]
    return Labelled(
        np.concatenate([y for y, _ in batches]),
        np.concatenate(weights).astype(np.float64) if weights else None,
    )


def all_scores(objective: Objective, params: Params, source: DataSource) -> FloatArray:
    """Return the scores ``(N, K, R)`` of all rows."""
    K, R, _ = params.W.shape
    scores = np.empty((source.n_examples, K, R), params.W.dtype)
    first = 0
    for batch in source.batches(pass_rows(params, source), seed=None):
        objective.scores(params, batch.X, scores[first : first + len(batch.y)])
        first += len(batch.y)
    return scores
