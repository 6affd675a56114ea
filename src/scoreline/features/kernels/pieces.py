"""Features of cells from means over the pieces that they are made of."""

from __future__ import annotations

import numpy as np

from scoreline.kernels.compiling import compiled

__all__ = ["write_roots"]


@compiled
def write_roots(pieces, down, across, down_ends, across_ends, out):
    """Write the halves of the roots of means over cells, of images and their mirror images, for every shift.

    pieces: (n, 2, rows, columns, k) float32, means over pieces of patches and of their mirror images. down,
    across: (shifts, 2, grid, rows or columns), the shares of pieces in cells; *_ends: (shifts, 2, grid, 2), first
    piece and end of each cell. out: (n, shifts, shifts, 2, grid, grid, k) float32, the even halves and the odd
    ones; see `take_roots`.
    """
    n_columns, k = pieces.shape[3:]
    n_shifts, _, grid, _ = down.shape
    half = np.float32(0.5)
    bands = np.empty((2, grid, n_columns, k), np.float32)
    own, mirrored = np.empty(k, np.float32), np.empty(k, np.float32)
    for i in range(len(pieces)):
        for t in range(n_shifts):
            for side in range(2):
                for r in range(grid):
                    first, last = down_ends[t, 0, r]
                    for c in range(n_columns):
                        _combine(pieces[i, side, :, c], down[t, 0, r], first, last, bands[side, r, c])
            for u in range(n_shifts):
                for r in range(grid):
                    for c in range(grid):
                        first, last = across_ends[u, 0, c]
                        _combine(bands[0, r], across[u, 0, c], first, last, own)
                        first, last = across_ends[u, 1, c]
                        _combine(bands[1, r], across[u, 1, c], first, last, mirrored)
                        even, odd = out[i, t, u, 0, r, c], out[i, t, u, 1, r, c]
                        for j in range(k):
                            even[j] = np.sqrt((own[j] + mirrored[j]) * half)
                            odd[j] = (np.sqrt(own[j]) - np.sqrt(mirrored[j])) * half


@compiled
def _combine(rows, shares, first, last, out):
    """Write the sum of some rows, each times its share."""
    share = shares[first]
    row = rows[first]
    for j in range(len(out)):
        out[j] = share * row[j]
    for at in range(first + 1, last):
        share, row = shares[at], rows[at]
        for j in range(len(out)):
            out[j] += share * row[j]
