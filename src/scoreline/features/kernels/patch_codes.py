"""The codes of an image's patches: contrast-normalised and whitened in one pass over its pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.features.kernels.panels import PANEL
from scoreline.kernels.compiling import compiled
from scoreline.kernels.vectors import LANES, fma, load, splat, spread, store

__all__ = ["PROJECTED", "Lens", "Places", "project"]

#: Patches that are projected at a time.
PROJECTED = 6


class Places(NamedTuple):
    """Positions of an image's patches, sorted by the cells that they and their mirror images are pooled in.

    offsets: (n,) int64, index of a patch's first number in the image. groups: (G, 4) int64, first place, end, cell
    of the patches and cell of their mirror images.
    """

    patch_size: int
    offsets: Array
    groups: Array


class Lens(NamedTuple):
    """The map from a patch x to its code: ``basis @ (x - mean(x)) / sqrt(var(x) + norm_bias) + shift``.

    basis: (d, p * p * ch) as `packed`, its `n_even` mirror-symmetric rows before its `n_odd` antisymmetric ones.
    totals: (d,) the sums of its rows. All arrays are float32.
    """

    norm_bias: float
    n_even: int
    n_odd: int
    basis: Array
    totals: Array
    shift: Array


@compiled
def project(image, places, lens, codes):
    """Write the codes of all patches of an image to rows of `codes`."""
    H, W, ch = image.shape
    size, line = places.patch_size, W * ch
    depth, width, end = size * size * ch, len(lens.totals), len(places.offsets) - 1
    pixels = np.empty(H * W * ch, np.float32)
    mean = np.empty(H * W, np.float32)
    scale = np.empty(H * W, np.float32)
    _look(image, size, lens.norm_bias, pixels, mean, scale)
    for at in range(0, end + 1, PROJECTED):
        # Beyond the end the last patch is taken again; the rows that it fills are not used.
        p0 = places.offsets[at]
        p1 = places.offsets[min(at + 1, end)]
        p2 = places.offsets[min(at + 2, end)]
        p3 = places.offsets[min(at + 3, end)]
        p4 = places.offsets[min(at + 4, end)]
        p5 = places.offsets[min(at + 5, end)]
        for panel in range(0, width, PANEL):
            a0 = a1 = b0 = b1 = c0 = c1 = d0 = d1 = e0 = e1 = f0 = f1 = splat(0.0)
            column = panel * depth
            for r in range(size):
                for j in range(r * line, r * line + size * ch):
                    u, v = load(lens.basis, column), load(lens.basis, column + LANES)
                    column += PANEL
                    x = spread(pixels, p0 + j)
                    a0, a1 = fma(x, u, a0), fma(x, v, a1)
                    x = spread(pixels, p1 + j)
                    b0, b1 = fma(x, u, b0), fma(x, v, b1)
                    x = spread(pixels, p2 + j)
                    c0, c1 = fma(x, u, c0), fma(x, v, c1)
                    x = spread(pixels, p3 + j)
                    d0, d1 = fma(x, u, d0), fma(x, v, d1)
                    x = spread(pixels, p4 + j)
                    e0, e1 = fma(x, u, e0), fma(x, v, e1)
                    x = spread(pixels, p5 + j)
                    f0, f1 = fma(x, u, f0), fma(x, v, f1)
            row = at * width + panel
            _finish(codes, row, a0, a1, mean, scale, p0 // ch, lens, panel)
            _finish(codes, row + width, b0, b1, mean, scale, p1 // ch, lens, panel)
            _finish(codes, row + 2 * width, c0, c1, mean, scale, p2 // ch, lens, panel)
            _finish(codes, row + 3 * width, d0, d1, mean, scale, p3 // ch, lens, panel)
            _finish(codes, row + 4 * width, e0, e1, mean, scale, p4 // ch, lens, panel)
            _finish(codes, row + 5 * width, f0, f1, mean, scale, p5 // ch, lens, panel)


@compiled
def _look(image, size, norm_bias, pixels, mean, scale):
    """Write an image as floats, and the mean of each patch with one over its contrast, at its first pixel."""
    H, W, ch = image.shape
    # Less the median of the image, numbers are small where much of it is flat, and so is what is rounded off.
    counts = np.zeros(256, np.int64)
    for r in range(H):
        for c in range(W):
            for channel in range(ch):
                counts[image[r, c, channel]] += 1
    grey, n_below = 0, counts[0]
    while 2 * n_below < image.size:
        grey += 1
        n_below += counts[grey]
    ones = np.zeros((H, W), np.int64)
    squares = np.zeros((H, W), np.int64)
    for r in range(H):
        for c in range(W):
            for channel in range(ch):
                value = np.int64(image[r, c, channel]) - grey
                pixels[(r * W + c) * ch + channel] = value
                ones[r, c] += value
                squares[r, c] += value * value
    n = size * size * ch
    across = np.empty((2, H), np.int64)
    for c in range(W - size + 1):
        for r in range(H):
            s1 = s2 = np.int64(0)
            for j in range(size):
                s1 += ones[r, c + j]
                s2 += squares[r, c + j]
            across[0, r], across[1, r] = s1, s2
        for r in range(H - size + 1):
            s1 = s2 = np.int64(0)
            for j in range(size):
                s1 += across[0, r + j]
                s2 += across[1, r + j]
            m = s1 / n
            mean[r * W + c] = m
            # n * s2 - s1 * s1 is exact, and never negative.
            scale[r * W + c] = 1 / np.sqrt((n * s2 - s1 * s1) / (n * n) + norm_bias)


@compiled
def _finish(codes, row, u, v, mean, scale, pixel, lens, panel):
    """Take the mean off sums of plain pixels, divide by the contrast and shift."""
    m, s = splat(-mean[pixel]), spread(scale, pixel)
    u = fma(m, load(lens.totals, panel), u)
    v = fma(m, load(lens.totals, panel + LANES), v)
    store(codes, row, fma(u, s, load(lens.shift, panel)))
    store(codes, row + LANES, fma(v, s, load(lens.shift, panel + LANES)))
