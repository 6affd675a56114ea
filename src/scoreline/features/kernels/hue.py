"""Hues of pixels, summed by cell and bin."""

from __future__ import annotations

import numpy as np

from scoreline.kernels.compiling import compiled

__all__ = ["hue_sums"]


@compiled
def hue_sums(images, grid, out):
    """Add each pixel's saturation to the two bins nearest its hue; `out` is ``(n, cells, bins)`` of zeros."""
    n, H, W, _ = images.shape
    bins = out.shape[2]
    sums = np.zeros((grid * grid, bins))
    pixels = np.zeros(grid * grid)
    for r in range(H):
        for c in range(W):
            pixels[r * grid // H * grid + c * grid // W] += 1
    for i in range(n):
        sums[:] = 0
        for r in range(H):
            for c in range(W):
                red, green, blue = (
                    np.int64(images[i, r, c, 0]),
                    np.int64(images[i, r, c, 1]),
                    np.int64(images[i, r, c, 2]),
                )
                most, least = max(red, green, blue), min(red, green, blue)
                chroma = most - least
                if chroma == 0:
                    continue
                if most == red:
                    hue = (green - blue) / chroma % 6.0
                elif most == green:
                    hue = (blue - red) / chroma + 2.0
                else:
                    hue = (red - green) / chroma + 4.0
                place = hue / 6.0 * bins - 0.5
                low = int(np.floor(place))
                share = place - low
                cell = r * grid // H * grid + c * grid // W
                saturation = chroma / most
                sums[cell, low % bins] += (1.0 - share) * saturation
                sums[cell, (low + 1) % bins] += share * saturation
        for cell in range(grid * grid):
            for k in range(bins):
                out[i, cell, k] = sums[cell, k] / pixels[cell]
