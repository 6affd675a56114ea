"""Similarity of patches to those around them, binned by distance and angle."""

from __future__ import annotations

import numpy as np

from scoreline.kernels.compiling import compiled

__all__ = ["similarities"]


@compiled
def similarities(images, rows, columns, half, offsets, noise, bins, out):
    """Write the descriptors of the places to the rows of `out`, ``(n, places * bins)``.

    offsets: (m, 3), down, right and bin of each. noise: the sum of squares that counts as no difference.
    """
    n, H, W, _ = images.shape
    differences = np.empty(len(offsets))
    for i in range(n):
        image = images[i]
        at = 0
        for r in rows:
            for c in columns:
                own = out[i, at : at + bins]
                own[:] = 0
                scale = noise
                for k in range(len(offsets)):
                    down, right = offsets[k, 0], offsets[k, 1]
                    low_r, low_c = min(r, r + down) - half, min(c, c + right) - half
                    high_r, high_c = max(r, r + down) + half, max(c, c + right) + half
                    if low_r < 0 or low_c < 0 or high_r >= H or high_c >= W:
                        differences[k] = np.inf
                        continue
                    differences[k] = _difference(image, r, c, r + down, c + right, half)
                    if abs(down) <= 1 and abs(right) <= 1:
                        scale = max(scale, differences[k])
                for k in range(len(offsets)):
                    similar = np.exp(-differences[k] / scale)
                    if similar > own[offsets[k, 2]]:
                        own[offsets[k, 2]] = similar
                least, most = own.min(), own.max()
                wide = most - least
                for b in range(bins):
                    own[b] = (own[b] - least) / wide if wide > 0 else 0.0
                at += bins


@compiled
def _difference(image, r, c, other_r, other_c, half):
    """Return the sum of squared differences of two patches."""
    total = np.int64(0)
    for i in range(-half, half + 1):
        for j in range(-half, half + 1):
            for k in range(image.shape[2]):
                gap = np.int64(image[r + i, c + j, k]) - np.int64(image[other_r + i, other_c + j, k])
                total += gap * gap
    return float(total)
