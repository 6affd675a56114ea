"""Opponent colours of pixels, counted by cell and bin."""

from __future__ import annotations

import numpy as np

from scoreline.kernels.compiling import compiled

__all__ = ["opponent_sums"]


@compiled
def opponent_sums(images, grid, out):
    """Share each pixel between the bins nearest its opponent colours; `out` is ``(n, cells, 3, bins)`` of zeros.

    Colours in [0, 1] up to scale: (R - G + 255) / 510, (R + G - 2 B + 510) / 1020, (R + G + B) / 765.
    """
    n, H, W, _ = images.shape
    bins = out.shape[3]
    sums = np.zeros((grid * grid, 3, bins))
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
                cell = r * grid // H * grid + c * grid // W
                for channel in range(3):
                    if channel == 0:
                        value = (red - green + 255) / 510.0
                    elif channel == 1:
                        value = (red + green - 2 * blue + 510) / 1020.0
                    else:
                        value = (red + green + blue) / 765.0
                    place = min(max(value * bins - 0.5, 0.0), bins - 1.0)
                    low = int(place)
                    share = place - low
                    sums[cell, channel, low] += 1.0 - share
                    if share > 0:
                        sums[cell, channel, low + 1] += share
        for cell in range(grid * grid):
            for channel in range(3):
                for k in range(bins):
                    out[i, cell, channel, k] = sums[cell, channel, k] / pixels[cell]
