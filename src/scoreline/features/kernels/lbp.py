"""Local binary patterns of grey images."""

from __future__ import annotations

import numpy as np

from scoreline.engine.kernels.compiling import compiled

__all__ = ["count_labels", "label_image"]


@compiled
def label_image(grey, offsets, labels, out):
    """Write the label of each pixel of an image ``(H, W)`` of float64 to `out`."""
    wide, shares = _margins(grey.shape, offsets)
    codes = np.empty(grey.shape[1], np.int32)
    _put(grey, wide)
    for r in range(len(grey)):
        _encode(grey[r], wide, r, offsets, shares, codes)
        for c in range(len(codes)):
            out[r, c] = labels[codes[c]]


@compiled
def count_labels(images, offsets, labels, grid, out):
    """Write the frequencies of labels in each cell to `out`, ``(n, cells, labels)`` of zeros."""
    n, H, W = images.shape
    wide, shares = _margins((H, W), offsets)
    codes = np.empty(W, np.int32)
    rows, columns = np.arange(H) * grid // H, np.arange(W) * grid // W
    pixels = np.zeros((grid, grid))
    for r in range(H):
        for c in range(W):
            pixels[rows[r], columns[c]] += 1
    for i in range(n):
        _put(images[i], wide)
        for r in range(H):
            _encode(images[i, r], wide, r, offsets, shares, codes)
            cells = out[i, rows[r] * grid : (rows[r] + 1) * grid]
            for c in range(W):
                cells[columns[c], labels[codes[c]]] += 1
        for cell in range(grid * grid):
            for k in range(out.shape[2]):
                out[i, cell, k] /= pixels[cell // grid, cell % grid]


@compiled
def _margins(shape, offsets):
    """Return room for an image with zeros about it, and where between two columns each point of a pixel lies."""
    H, W = shape
    reach = _reach(offsets)
    shares = np.empty((len(offsets), W))
    for p in range(len(offsets)):
        for c in range(W):
            place = c + offsets[p, 1]
            shares[p, c] = place - np.floor(place)
    return np.zeros((H + 2 * reach, W + 2 * reach)), shares


@compiled
def _reach(offsets):
    return 1 + int(np.ceil(np.abs(offsets).max()))


@compiled
def _put(grey, wide):
    """Put an image between the zeros."""
    H, W = grey.shape
    reach = (len(wide) - H) // 2
    for r in range(H):
        row = wide[reach + r]
        for c in range(W):
            row[reach + c] = grey[r, c]


@compiled
def _encode(grey, wide, r, offsets, shares, codes):
    """Write the patterns of row r of an image: bit p tells whether point p is at least as bright as the pixel.

    A point's grey value is bilinear in the four pixels about it, with the very roundings that scikit-image's has:
    a pixel and its like neighbours must tie. What changes along a row is contiguous, for vectors.
    """
    W = len(codes)
    reach = (wide.shape[1] - W) // 2
    for c in range(W):
        codes[c] = 0
    for p in range(len(offsets)):
        place = r + offsets[p, 0]
        low = np.floor(place)
        down = place - low
        first, second = reach + int(np.floor(offsets[p, 1])), reach + int(np.ceil(offsets[p, 1]))
        above, below = wide[reach + int(low)], wide[reach + int(np.ceil(place))]
        above_left, above_right = above[first : first + W], above[second : second + W]
        below_left, below_right = below[first : first + W], below[second : second + W]
        share, bit = shares[p], np.int32(1 << p)
        for c in range(W):
            x = share[c]
            top = (1 - x) * above_left[c] + x * above_right[c]
            bottom = (1 - x) * below_left[c] + x * below_right[c]
            codes[c] |= bit if (1 - down) * top + down * bottom - grey[c] >= 0 else np.int32(0)
