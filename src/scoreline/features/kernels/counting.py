"""Sums of the responses of descriptors to words, by cell."""

from __future__ import annotations

import numpy as np

from scoreline.kernels.compiling import compiled, compiled_loosely
from scoreline.kernels.searching import first_place, largest

__all__ = ["count_nearest", "count_positive", "count_shares"]


@compiled
def count_nearest(answers, cells, out):
    """Add 1 for the largest response of each row to its cell; the first of equal ones."""
    for i in range(len(answers)):
        row = answers[i]
        out[cells[i], first_place(row, largest(row, 0, len(row)))] += 1


@compiled
def count_positive(answers, cells, out):
    """Add the positive part of each row of responses to its cell."""
    for i in range(len(answers)):
        row, own = answers[i], out[cells[i]]
        for k in range(len(row)):
            own[k] += max(row[k], np.float32(0))


@compiled
def count_shares(answers, cells, sharpness, out):
    """Add the softmax of `sharpness` times each row of answers, which become its exponentials, to its cell."""
    for i in range(len(answers)):
        row = answers[i]
        _add_shares(row, largest(row, 0, len(row)), sharpness, out[cells[i]])


@compiled_loosely
def _add_shares(answers, most, sharpness, sums):
    """Add the softmax of `sharpness` times the answers; the answers become its exponentials."""
    total = np.float32(0)
    for k in range(len(answers)):
        answers[k] = np.exp(np.float32(sharpness) * (answers[k] - most))
        total += answers[k]
    for k in range(len(answers)):
        sums[k] += answers[k] / total
