"""Counts of what descriptors answer to words, by cell."""

from __future__ import annotations

import numpy as np

from scoreline.engine.kernels.compiling import compiled, compiled_loosely
from scoreline.engine.kernels.vectors import LANES, load, maximum, store

__all__ = ["count_nearest", "count_positive", "count_shares"]

#: Answers that are searched at a time.
_SEARCHED = 64


@compiled
def count_nearest(answers, cells, out):
    """Add 1 for the largest answer of each row to its cell; the first of equal ones."""
    lanes = np.empty(LANES, np.float32)
    for i in range(len(answers)):
        row = answers[i]
        out[cells[i], _first(row, _largest(row, lanes))] += 1


@compiled
def count_positive(answers, cells, out):
    """Add what is above 0 of each row of answers to its cell."""
    for i in range(len(answers)):
        row, own = answers[i], out[cells[i]]
        for k in range(len(row)):
            own[k] += max(row[k], np.float32(0))


@compiled
def count_shares(answers, cells, sharpness, out):
    """Add the softmax of `sharpness` times each row of answers, which become its exponentials, to its cell."""
    lanes = np.empty(LANES, np.float32)
    for i in range(len(answers)):
        _add_shares(answers[i], _largest(answers[i], lanes), sharpness, out[cells[i]])


@compiled
def _largest(answers, lanes):
    """Return the largest answer, by way of that of each lane of a vector."""
    whole = len(answers) // LANES * LANES
    best = answers[0]
    if whole:
        most = load(answers, 0)
        for k in range(LANES, whole, LANES):
            most = maximum(load(answers, k), most)
        store(lanes, 0, most)
        for k in range(LANES):
            best = max(best, lanes[k])
    for k in range(whole, len(answers)):
        best = max(best, answers[k])
    return best


@compiled
def _first(answers, value):
    """Return the first place of a value that is among the answers: its block is found before its place."""
    for low in range(0, len(answers), _SEARCHED):
        block = answers[low : low + _SEARCHED]
        found = 0
        for k in range(len(block)):
            found |= block[k] == value
        if found:
            for k in range(len(block)):
                if block[k] == value:
                    return low + k
    return 0


@compiled_loosely
def _add_shares(answers, most, sharpness, sums):
    """Add the softmax of `sharpness` times the answers; the answers become its exponentials."""
    total = np.float32(0)
    for k in range(len(answers)):
        answers[k] = np.exp(np.float32(sharpness) * (answers[k] - most))
        total += answers[k]
    for k in range(len(answers)):
        sums[k] += answers[k] / total
