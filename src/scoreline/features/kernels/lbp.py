"""Local binary patterns of grey images."""

from __future__ import annotations

import numpy as np

from scoreline.engine.kernels.compiling import compiled

__all__ = ["count_labels", "label_image"]


@compiled
def label_image(grey, offsets, labels, out):
    """Write the label of each pixel of an image ``(H, W)`` of float64 to `out`.

    A neighbour's grey value is bilinear in the four pixels about it, 0 outside the image, with the very roundings
    that scikit-image's has: a pixel and its like neighbours must tie.
    """
    H, W = grey.shape
    P = len(offsets)
    reach = 1 + int(np.ceil(np.abs(offsets).max()))
    wide = np.zeros((H + 2 * reach, W + 2 * reach))
    wide[reach : reach + H, reach : reach + W] = grey
    left, right, far = np.empty((W, P), np.int64), np.empty((W, P), np.int64), np.empty((W, P))
    for c in range(W):
        for p in range(P):
            place = c + offsets[p, 1]
            low = np.floor(place)
            far[c, p] = place - low
            left[c, p] = reach + int(low)
            right[c, p] = reach + int(np.ceil(place))
    for r in range(H):
        out[r] = 0
        for p in range(P):
            place = r + offsets[p, 0]
            low = np.floor(place)
            down = place - low
            above, below = wide[reach + int(low)], wide[reach + int(np.ceil(place))]
            for c in range(W):
                i, j, x = left[c, p], right[c, p], far[c, p]
                top = (1 - x) * above[i] + x * above[j]
                bottom = (1 - x) * below[i] + x * below[j]
                out[r, c] |= ((1 - down) * top + down * bottom - grey[r, c] >= 0) << p
        for c in range(W):
            out[r, c] = labels[out[r, c]]


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
