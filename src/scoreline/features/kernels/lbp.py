"""Local binary patterns of grey images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.kernels.compiling import compiled

__all__ = ["Places", "count_labels", "find_places", "label_image"]


class Places(NamedTuple):
    """Positions of the points of a pixel, for all pixels of an image of one shape between margins of zeros.

    The distances depend on the pixel by their rounding alone; in tables, one loop goes over all pixels.
    """

    #: Zeros on each side of a row.
    reach: int
    #: (P, 4) int64: from a pixel to those above left, above right, below left and below right of each point.
    corners: Array
    #: (P, pixels) float64: how far the point lies to the right of the first of them, and below it.
    right: Array
    down: Array


@compiled
def label_image(grey, places, labels, out):
    """Write the label of each pixel of an image ``(H, W)`` of float64 to `out`."""
    H, W = grey.shape
    width = W + 2 * places.reach
    wide, codes = np.zeros((H + 2 * places.reach) * width), np.empty(places.right.shape[1], np.int32)
    _encode(grey, wide, places, codes)
    for r in range(H):
        for c in range(W):
            out[r, c] = labels[codes[r * width + c]]


@compiled
def count_labels(images, places, labels, grid, out):
    """Write the frequencies of labels in each cell to `out`, ``(n, cells * labels)``."""
    n, H, W = images.shape
    width = W + 2 * places.reach
    wide, codes = np.zeros((H + 2 * places.reach) * width), np.empty(places.right.shape[1], np.int32)
    n_labels = out.shape[1] // (grid * grid)
    rows, columns = np.arange(H) * grid // H * grid * n_labels, np.arange(W) * grid // W * n_labels
    pixels, counts = np.zeros(out.shape[1]), np.empty(out.shape[1], np.int32)
    for r in range(H):
        for c in range(W):
            first = rows[r] + columns[c]
            for k in range(first, first + n_labels):
                pixels[k] += 1
    for i in range(n):
        _encode(images[i], wide, places, codes)
        counts[:] = 0
        for r in range(H):
            for c in range(W):
                counts[rows[r] + columns[c] + labels[codes[r * width + c]]] += 1
        for k in range(len(counts)):
            out[i, k] = counts[k] / pixels[k]


@compiled
def find_places(shape, offsets):
    """Return the `Places` of points ``(P, 2)`` about the pixels of an image of a shape ``(H, W)``."""
    H, W = shape
    reach = 1 + int(np.ceil(np.abs(offsets).max()))
    width = W + 2 * reach
    n = (H - 1) * width + W
    corners = np.empty((len(offsets), 4), np.int64)
    right, down = np.empty((len(offsets), n)), np.empty((len(offsets), n))
    for p in range(len(offsets)):
        for k in range(4):
            row = np.floor(offsets[p, 0]) if k < 2 else np.ceil(offsets[p, 0])
            column = np.floor(offsets[p, 1]) if k % 2 == 0 else np.ceil(offsets[p, 1])
            corners[p, k] = int(row) * width + int(column)
        for i in range(n):
            row, column = i // width + offsets[p, 0], i % width + offsets[p, 1]
            down[p, i], right[p, i] = row - np.floor(row), column - np.floor(column)
    return Places(reach, corners, right, down)


@compiled
def _encode(grey, wide, places, codes):
    """Write the patterns of an image: bit p is 1 where point p is at least as bright as the pixel.

    A point's grey value is bilinear in the four pixels about it, with exactly scikit-image's rounding:
    a pixel and equal neighbours must tie. A point on a pixel has that pixel's value, as half of those of a
    circle of a whole radius and 8 points. `wide` is the image between zeros, its rows one after the other.
    """
    H, W = grey.shape
    reach, corners = places.reach, places.corners
    width = W + 2 * reach
    for r in range(H):
        first = (reach + r) * width + reach
        for c in range(W):
            wide[first + c] = grey[r, c]
    start = reach * width + reach
    codes[:] = 0
    for p in range(len(corners)):
        bit = np.int32(1 << p)
        if corners[p, 0] == corners[p, 3]:
            _mark(wide, start, corners[p, 0], bit, codes)
        else:
            _mark_between(wide, start, corners[p], places.right[p], places.down[p], bit, codes)


@compiled
def _mark(wide, start, way, bit, codes):
    """Set a bit where the pixel that lies `way` further is at least as bright as the pixel."""
    pixels, others = wide[start:], wide[start + way :]
    for i in range(len(codes)):
        codes[i] |= bit if others[i] >= pixels[i] else np.int32(0)


@compiled
def _mark_between(wide, start, corners, right, down, bit, codes):
    """Set a bit where what lies between four pixels is at least as bright as the pixel."""
    pixels = wide[start:]
    above_left, above_right = wide[start + corners[0] :], wide[start + corners[1] :]
    below_left, below_right = wide[start + corners[2] :], wide[start + corners[3] :]
    for i in range(len(codes)):
        x, y = right[i], down[i]
        top = (1 - x) * above_left[i] + x * above_right[i]
        bottom = (1 - x) * below_left[i] + x * below_right[i]
        codes[i] |= bit if (1 - y) * top + y * bottom - pixels[i] >= 0 else np.int32(0)
