"""Histograms of gradient directions around places of blurred images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.kernels.compiling import compiled, compiled_loosely

__all__ = ["Bands", "sift_rows"]

_SIDE, _DIRECTIONS, _CUT = 4, 8, 0.2
_EIGHTH = np.float32(_DIRECTIONS / (2 * np.pi))


class Bands(NamedTuple):
    """Weights of the pixels along one side of an image for the four bins around each point: a band matrix.

    first: (4 * places,) int64, the first pixel that counts. weights: (4 * places, T) float32, of it and the next.
    """

    first: Array
    weights: Array


@compiled
def sift_rows(images, down, right, out):
    """Write the descriptors of places to `out`, ``(n, places, 128)``; see `DenseSIFT`.

    The weight of a gradient for a bin is the product of those of its row and its column. So rows are summed first,
    for all columns at once, and then columns.
    """
    n, H, W = images.shape
    R, C = len(down.first), len(right.first)
    energy = np.zeros((H, W * _DIRECTIONS), np.float32)
    rows = np.empty((R, W * _DIRECTIONS), np.float32)
    turned = np.empty((W, R * _DIRECTIONS), np.float32)
    bins = np.empty((C, R * _DIRECTIONS), np.float32)
    for i in range(n):
        _share(images[i], energy)
        _sum_band(down.first, down.weights, energy, rows)
        for r in range(R):
            for c in range(W):
                for d in range(_DIRECTIONS):
                    turned[c, r * _DIRECTIONS + d] = rows[r, c * _DIRECTIONS + d]
        _sum_band(right.first, right.weights, turned, bins)
        place = 0
        for r in range(R // _SIDE):
            for c in range(C // _SIDE):
                _normalize(bins, r, c, out[i, place])
                place += 1


@compiled
def _share(image, energy):
    """Share the length of each gradient inside the border among the two directions nearest to its own."""
    H, W = image.shape
    for r in range(1, H - 1):
        row = energy[r]
        row[:] = 0
        for c in range(1, W - 1):
            right = image[r, c + 1] - image[r, c - 1]
            up = image[r - 1, c] - image[r + 1, c]
            length = np.sqrt(right * right + up * up)
            direction = np.arctan2(up, right) * _EIGHTH + np.float32(_DIRECTIONS)
            low = int(direction)
            share = direction - np.float32(low)
            at = c * _DIRECTIONS
            row[at + low % _DIRECTIONS] = (np.float32(1) - share) * length
            row[at + (low + 1) % _DIRECTIONS] = share * length


@compiled_loosely
def _sum_band(first, weights, source, out):
    """Write the product of a band matrix and `source` to `out`."""
    for k in range(len(first)):
        own = out[k]
        own[:] = 0
        for t in range(weights.shape[1]):
            weight, row = weights[k, t], source[first[k] + t]
            for j in range(len(own)):
                own[j] += weight * row[j]


@compiled_loosely
def _normalize(bins, r, c, out):
    """Write the 4 x 4 bins of a place to `out`, of length 1, none above a fifth of the length before."""
    width = _SIDE * _DIRECTIONS
    for i in range(_SIDE):
        for j in range(_SIDE):
            own = bins[c * _SIDE + j, r * width + i * _DIRECTIONS : r * width + (i + 1) * _DIRECTIONS]
            for d in range(_DIRECTIONS):
                out[(i * _SIDE + j) * _DIRECTIONS + d] = own[d]
    total = np.float32(0)
    for k in range(len(out)):
        total += out[k] * out[k]
    cut = np.float32(_CUT) * np.sqrt(total)
    total = np.float32(0)
    for k in range(len(out)):
        out[k] = min(out[k], cut)
        total += out[k] * out[k]
    scale = np.float32(1) / max(np.sqrt(total), np.float32(1e-7))
    for k in range(len(out)):
        out[k] *= scale
