"""Images in a few thousand numbers: the mean colours of the cells of a grid."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.objective import block_rows
from scoreline.rows import ArrayRows, Rows

__all__ = ["image_layouts"]

#: Cells in each direction, at the most.
GRID = 32


def image_layouts(rows: Rows) -> ArrayRows:
    """Return ``(N, cells * ch)``: the mean of each channel in each cell, and so the pixels of small images.

    Whatever the classifier sees, images that show other things than all others, or noise, are far from them here.
    """
    step = block_rows(int(np.prod(rows.shape[1:])))
    starts = range(0, len(rows), step)
    return ArrayRows(np.concatenate([_layouts(rows.read(k, min(k + step, len(rows)))) for k in starts]))


def _layouts(images: Array) -> FloatArray:
    n, height, width, _ = images.shape
    means = _averages(height) @ images.astype(np.float32).transpose(0, 3, 1, 2) @ _averages(width).T
    return np.asarray(means.reshape(n, -1))


def _averages(side: int) -> FloatArray:
    """Return the matrix ``(cells, side)`` that averages over cells of about the same length."""
    n = min(GRID, side)
    inside = np.arange(n)[:, None] == np.arange(side) * n // side
    return (inside / inside.sum(axis=1, keepdims=True)).astype(np.float32)
