"""Losses of rows of scores in compiled code."""

from __future__ import annotations

from scoreline.kernels.compiling import compiled, compiled_loosely
from scoreline.kernels.searching import largest

__all__ = ["is_first_best", "loss_rows"]


@compiled
def is_first_best(scores, y):
    """Return whether y is the class with the best score, the first one of equals."""
    before = y == 0 or largest(scores, 0, y) < scores[y]
    return before and (y == len(scores) - 1 or largest(scores, y + 1, len(scores)) <= scores[y])


@compiled_loosely
def loss_rows(loss, scores, y, n_rows, R, low, high, values, hits, slopes):
    """Evaluate rows ``low:high`` of K configurations with R scores each; rows beyond `n_rows` get slopes of 0."""
    function, numbers = loss
    for i in range(low, high):
        if i >= n_rows:
            for m in range(slopes.shape[1]):
                slopes[i, m] = 0
            continue
        for k in range(values.shape[1]):
            own = scores[i, k * R : (k + 1) * R]
            values[i, k] = function(own, y[i], slopes[i, k * R : (k + 1) * R], numbers)
            hits[i, k] = (own[0] > 0) == (y[i] == 1) if R == 1 else is_first_best(own, y[i])
