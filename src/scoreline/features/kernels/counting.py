"""Counts of what descriptors answer to words, by cell."""

from __future__ import annotations

from scoreline.engine.kernels.compiling import compiled

__all__ = ["count_nearest", "count_positive"]


@compiled
def count_nearest(answers, cells, out):
    """Add 1 for the largest answer of each row to its cell; the first of equal ones."""
    for i in range(len(answers)):
        row = answers[i]
        best = 0
        for k in range(1, len(row)):
            if row[k] > row[best]:
                best = k
        out[cells[i], best] += 1


@compiled
def count_positive(answers, cells, out):
    """Add what is above 0 of each row of answers to its cell."""
    for i in range(len(answers)):
        row, own = answers[i], out[cells[i]]
        for k in range(len(row)):
            own[k] += max(row[k], 0)
