"""The one evaluator of all peers: the objective in float64, in NumPy without any of the libraries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.tasks import Point, Task

__all__ = ["LOSSES", "objectives"]

Matrix = np.ndarray[Any, Any]
#: Entries of the blocks of rows and of scores: 128 MB of float64.
BLOCK_ENTRIES = 1 << 24
#: Columns that are evaluated in one pass.
COLUMNS = 2_000


def softmax(scores: Matrix, y: Matrix) -> Matrix:
    """Return the cross-entropies ``(B, S)`` of scores ``(B, S, C)``."""
    true = np.take_along_axis(scores, y[:, None, None], axis=2)
    return np.log(np.exp(scores - scores.max(axis=2, keepdims=True)).sum(axis=2)) + (
        scores.max(axis=2) - true[:, :, 0]
    )


def hinges(scores: Matrix, y: Matrix) -> Matrix:
    """Return ``max(0, 1 - t s)`` for each class, t being 1 for the true one and -1 for the others."""
    signs = np.where(np.arange(scores.shape[2]) == y[:, None], 1.0, -1.0)
    return np.maximum(0, 1 - signs[:, None, :] * scores)


def crammer_singer(scores: Matrix, y: Matrix) -> Matrix:
    """Return ``max(0, 1 + best wrong score - true score)``."""
    index = y[:, None, None]
    true = np.take_along_axis(scores, index, axis=2)[:, :, 0]
    wrong = scores.copy()
    np.put_along_axis(wrong, np.broadcast_to(index, (*scores.shape[:2], 1)), -np.inf, axis=2)
    return np.maximum(0, 1 + wrong.max(axis=2) - true)


LOSSES: dict[str, Callable[[Matrix, Matrix], Matrix]] = {
    "crammer-singer": crammer_singer,
    "one-vs-all": lambda scores, y: hinges(scores, y).sum(axis=2),
    "one-vs-all:squared": lambda scores, y: np.square(hinges(scores, y)).sum(axis=2),
    "softmax": softmax,
}


def objectives(rows: Rows, task: Task, points: Sequence[Point]) -> list[float | None]:
    """Return the objective of each point that has weights, all of them in one pass over the rows or few."""
    places = [place for place, point in enumerate(points) if point.weights is not None]
    values: list[float | None] = [None] * len(points)
    at_once = max(1, COLUMNS // rows.n_classes) if places else 1
    for first in range(0, len(places), at_once):
        chosen = places[first : first + at_once]
        for place, value in zip(chosen, _evaluate(rows, task, [points[p].weights for p in chosen]), strict=True):
            values[place] = float(value)
    return values


def _evaluate(rows: Rows, task: Task, weights: Sequence[Any]) -> Matrix:
    W = np.stack([np.asarray(w, np.float64) for w, _ in weights])
    b = np.stack([np.asarray(bias, np.float64) for _, bias in weights])
    inner = np.divide(W, rows.scale, out=np.zeros_like(W), where=rows.scale > 0) if rows.raw else W
    S, C, D = W.shape
    total = np.zeros(S)
    step = max(1, BLOCK_ENTRIES // max(D, S * C))
    for first in range(0, len(rows.X), step):
        part = slice(first, first + step)
        scores = (rows.X[part].astype(np.float64) @ W.reshape(S * C, D).T).reshape(-1, S, C) + b
        total += LOSSES[task.loss](scores, rows.y[part]).sum(axis=0)
    return total / len(rows.X) + task.lam * np.square(inner).sum(axis=(1, 2))
