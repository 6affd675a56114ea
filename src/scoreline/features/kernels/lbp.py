"""Local binary patterns of grey images."""

from __future__ import annotations

import numpy as np

from scoreline.engine.kernels.compiling import compiled

__all__ = ["count_labels", "label_image"]


@compiled
def label_image(grey, offsets, labels, out):
    """Write the label of each pixel of an image ``(H, W)`` of float64 to `out`."""
    H, W = grey.shape
    for r in range(H):
        for c in range(W):
            code = 0
            for p in range(len(offsets)):
                if _between(grey, r + offsets[p, 0], c + offsets[p, 1]) - grey[r, c] >= 0:
                    code |= 1 << p
            out[r, c] = labels[code]


@compiled
def count_labels(images, offsets, labels, grid, out):
    """Write the frequencies of labels in each cell to `out`, ``(n, cells, labels)`` of zeros."""
    n, H, W = images.shape
    map_ = np.empty((H, W), np.int64)
    pixels = np.zeros(grid * grid)
    for r in range(H):
        for c in range(W):
            pixels[r * grid // H * grid + c * grid // W] += 1
    for i in range(n):
        label_image(images[i], offsets, labels, map_)
        for r in range(H):
            for c in range(W):
                cell = r * grid // H * grid + c * grid // W
                out[i, cell, map_[r, c]] += 1
        for cell in range(grid * grid):
            for k in range(out.shape[2]):
                out[i, cell, k] /= pixels[cell]


@compiled
def _between(grey, r, c):
    """Return the grey value between pixels, 0 outside, with the roundings that scikit-image's has."""
    low_r, low_c = int(np.floor(r)), int(np.floor(c))
    high_r, high_c = int(np.ceil(r)), int(np.ceil(c))
    down, right = r - low_r, c - low_c
    top = (1 - right) * _pixel(grey, low_r, low_c) + right * _pixel(grey, low_r, high_c)
    bottom = (1 - right) * _pixel(grey, high_r, low_c) + right * _pixel(grey, high_r, high_c)
    return (1 - down) * top + down * bottom


@compiled
def _pixel(grey, r, c):
    return grey[r, c] if 0 <= r < grey.shape[0] and 0 <= c < grey.shape[1] else 0.0
