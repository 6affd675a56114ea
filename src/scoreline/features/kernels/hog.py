"""Gradients of images, binned by direction and normalised."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scoreline._typing import Array
from scoreline.kernels.compiling import compiled

__all__ = ["direction_bins", "histograms", "normalize_blocks"]

#: Added to the squared length of a block, and where its entries are clipped.
_EPS, _CUT = 1e-5, 0.2


@lru_cache(maxsize=8)
def direction_bins(bins: int, signed: bool) -> Array:
    """Return the bin of each gradient of bytes, ``(511, 511)`` uint8: ``[down + 255, right + 255]``."""
    turn = 360.0 if signed else 180.0
    down, right = np.mgrid[-255:256, -255:256]
    angle = np.rad2deg(np.arctan2(down, right)) % turn
    return np.minimum(angle / (turn / bins), bins - 1).astype(np.uint8)


@compiled
def histograms(images, cell, table, cells):
    """Add the mean gradient lengths by cell and direction to `cells`, ``(n, rows, columns, bins)`` of zeros."""
    n, H, W, channels = images.shape
    rows, columns = cells.shape[1:3]
    share = 1.0 / (cell * cell)
    for i in range(n):
        image = images[i]
        for r in range(rows * cell):
            for c in range(columns * cell):
                longest, down, right = np.int64(-1), np.int64(0), np.int64(0)
                for k in range(channels):
                    dr = (
                        np.int64(image[r + 1, c, k]) - np.int64(image[r - 1, c, k])
                        if 0 < r < H - 1
                        else np.int64(0)
                    )
                    dc = (
                        np.int64(image[r, c + 1, k]) - np.int64(image[r, c - 1, k])
                        if 0 < c < W - 1
                        else np.int64(0)
                    )
                    square = dr * dr + dc * dc
                    if square > longest:
                        longest, down, right = square, dr, dc
                if longest > 0:
                    cells[i, r // cell, c // cell, table[down + 255, right + 255]] += np.sqrt(longest) * share


@compiled
def normalize_blocks(cells, block, out):
    """Write the blocks of cells, each normalised, to the rows of `out`."""
    n, rows, columns, bins = cells.shape
    size = block * block * bins
    for i in range(n):
        at = 0
        for r in range(rows - block + 1):
            for c in range(columns - block + 1):
                total = _EPS * _EPS
                for j in range(block):
                    for k in range(block):
                        for b in range(bins):
                            total += cells[i, r + j, c + k, b] ** 2
                scale = 1.0 / np.sqrt(total)
                again = _EPS * _EPS
                for j in range(block):
                    for k in range(block):
                        for b in range(bins):
                            again += min(cells[i, r + j, c + k, b] * scale, _CUT) ** 2
                second = 1.0 / np.sqrt(again)
                for j in range(block):
                    for k in range(block):
                        for b in range(bins):
                            value = min(cells[i, r + j, c + k, b] * scale, _CUT) * second
                            out[i, at + (j * block + k) * bins + b] = value
                at += size
