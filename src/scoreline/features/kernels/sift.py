"""Histograms of gradient directions around places of blurred images."""

from __future__ import annotations

import numpy as np

from scoreline.engine.kernels.compiling import compiled

__all__ = ["sift_rows"]

_SIDE, _DIRECTIONS, _CUT = 4, 8, 0.2


@compiled
def sift_rows(images, rows, columns, offsets, numbers, out):
    """Write the descriptors of places to `out`, ``(n, places, 128)`` of zeros; see `DenseSIFT`."""
    n, H, W = images.shape
    length = np.empty((H, W))
    direction = np.empty((H, W))
    # One bin more on each side, which catches what is shared out of the 4 x 4.
    wide = np.empty((_SIDE + 2, _SIDE + 2, _DIRECTIONS))
    for i in range(n):
        _gradients(images[i], length, direction)
        place = 0
        for r in rows:
            for c in columns:
                wide[:] = 0
                for k in range(len(offsets)):
                    y, x = r + offsets[k, 0], c + offsets[k, 1]
                    if 0 < y < H - 1 and 0 < x < W - 1:
                        _share(wide, numbers[k], length[y, x], direction[y, x])
                _normalize(wide, out[i, place])
                place += 1


@compiled
def _gradients(image, length, direction):
    """Write the lengths of the gradients inside the border and their directions in [0, 8)."""
    H, W = image.shape
    for r in range(1, H - 1):
        for c in range(1, W - 1):
            right = float(image[r, c + 1]) - float(image[r, c - 1])
            up = float(image[r - 1, c]) - float(image[r + 1, c])
            length[r, c] = np.sqrt(right * right + up * up)
            direction[r, c] = np.arctan2(up, right) / (2 * np.pi) * _DIRECTIONS % _DIRECTIONS


@compiled
def _share(wide, number, length, direction):
    """Share a gradient among the bins around its place."""
    low_r, low_c, low_d = int(np.floor(number[0])), int(np.floor(number[1])), int(np.floor(direction))
    r, c, d = number[0] - low_r, number[1] - low_c, direction - low_d
    weight = number[2] * length
    for i in range(2):
        of_row = weight * (r if i else 1 - r)
        for j in range(2):
            of_bin = of_row * (c if j else 1 - c)
            own = wide[low_r + 1 + i, low_c + 1 + j]
            own[low_d % _DIRECTIONS] += of_bin * (1 - d)
            own[(low_d + 1) % _DIRECTIONS] += of_bin * d


@compiled
def _normalize(wide, out):
    """Write the 4 x 4 inner bins to `out`, of length 1, none above a fifth of the length before."""
    total = 0.0
    at = 0
    for r in range(1, _SIDE + 1):
        for c in range(1, _SIDE + 1):
            for d in range(_DIRECTIONS):
                out[at] = wide[r, c, d]
                total += wide[r, c, d] ** 2
                at += 1
    cut = _CUT * np.sqrt(total)
    total = 0.0
    for k in range(len(out)):
        out[k] = min(float(out[k]), cut)
        total += float(out[k]) ** 2
    scale = 1 / max(np.sqrt(total), 1e-7)
    for k in range(len(out)):
        out[k] *= scale
