"""Products of a batch with few columns, which BLAS libraries are slow at, from bytes or float32.

A batch is gathered once into a buffer whose rows lie apart by an odd number of cache lines (else equal columns of
all rows would share a few lines of the cache). Every product sums in a fixed order, for any number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from scoreline.kernels.compiling import compiled
from scoreline.kernels.vectors import LANES, fma, load, splat, store, total

__all__ = [
    "CLASS_BLOCK",
    "COLUMN_BLOCK",
    "ROW_BLOCK",
    "backward",
    "batch_buffer",
    "forward",
    "gather",
    "line_zeros",
    "padded",
    "take",
]

#: Rows that `forward` takes at a time; a batch's buffer holds a multiple of it.
ROW_BLOCK = 4
#: Score columns that `backward` takes at a time; slopes have a multiple of so many columns.
CLASS_BLOCK = 5
#: Features a thread owns at a time; weights have a multiple of so many columns.
COLUMN_BLOCK = 64
#: Features that the scores of a row block are summed over at a time, so that the weights stay in the cache.
_CACHED_WEIGHTS = 1 << 16
_CACHE_LINE = 64
_PAIR = 2 * LANES
#: Whether there are 32 registers, as AVX-512 has.
_WIDE = LANES == 16


def padded(n: int, block: int) -> int:
    """Return `n`, rounded up to a multiple of `block`."""
    return -(-n // block) * block


def batch_buffer(rows: int, features: int, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return a buffer of zeros for `gather`."""
    lines = padded(padded(features, COLUMN_BLOCK) * dtype.itemsize, _CACHE_LINE) // _CACHE_LINE
    width = (lines | 1) * _CACHE_LINE // dtype.itemsize
    return line_zeros((padded(rows, ROW_BLOCK), width), dtype)


def line_zeros(shape: tuple[int, ...], dtype: Any = np.float32) -> np.ndarray[Any, Any]:
    """Return zeros that begin where a line of the cache does, so that few vectors lie across two lines."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(size + _CACHE_LINE, np.uint8)
    first = -room.ctypes.data % _CACHE_LINE
    return room[first : first + size].view(dtype).reshape(shape)


@compiled
def gather(X, order, low, high, buffer):
    """Copy rows ``order[low:high]`` of X into rows ``low:high`` of a buffer; rows beyond the order become 0."""
    D = X.shape[1]
    for i in range(low, high):
        row = buffer[i]
        if i < len(order):
            source = X[order[i]]
            for d in range(D):
                row[d] = source[d]
        else:
            for d in range(D):
                row[d] = 0


@compiled
def take(X, first, n_rows, low, high, buffer):
    """Copy columns ``low:high`` of rows ``first : first + n_rows`` of X to the beginning of a buffer's rows."""
    for i in range(n_rows):
        row, source = buffer[i], X[first + i, low:high]
        for d in range(high - low):
            row[d] = source[d]


@compiled
def forward(buffer, low, high, W, b, scores):
    """Write ``buffer[low:high] @ W.T + b`` to ``scores[low:high]``; low and high are multiples of `ROW_BLOCK`.

    W has shape ``(M, D)`` with D a multiple of `COLUMN_BLOCK`, `scores` at least M columns.
    """
    M, D = W.shape
    for i in range(low, high):
        for m in range(M):
            scores[i, m] = b[m]
    block = max(_PAIR, _CACHED_WEIGHTS // max(M, 1) // COLUMN_BLOCK * COLUMN_BLOCK)
    for first in range(0, D, block):
        last = min(first + block, D)
        for i in range(low, high, ROW_BLOCK):
            x0 = buffer[i, first:last]
            x1 = buffer[i + 1, first:last]
            x2 = buffer[i + 2, first:last]
            x3 = buffer[i + 3, first:last]
            out = scores[i : i + ROW_BLOCK]
            m = 0
            while _WIDE and M - m >= 10:
                _dot_2x10(x0, x1, W, first, m, out[:2])
                _dot_2x10(x2, x3, W, first, m, out[2:])
                m += 10
            while M - m >= 3 and M - m != 4:  # four are better split in two pairs
                _dot_4x3(x0, x1, x2, x3, W[m, first:last], W[m + 1, first:last], W[m + 2, first:last], out, m)
                m += 3
            while M - m >= 2:
                _dot_4x2(x0, x1, x2, x3, W[m, first:last], W[m + 1, first:last], out, m)
                m += 2
            if m < M:
                _dot_4x1(x0, x1, x2, x3, W[m, first:last], out, m)


@compiled
def _dot_2x10(x, y, W, first, m, out):
    """Each register of the rows is turned into floats once for ten classes; needs 32 registers."""
    zero = splat(0.0)
    a0 = b0 = c0 = d0 = e0 = f0 = g0 = h0 = i0 = j0 = zero
    a1 = b1 = c1 = d1 = e1 = f1 = g1 = h1 = i1 = j1 = zero
    for i in range(0, len(x), LANES):
        p, q, k = load(x, i), load(y, i), first + i
        w = load(W[m], k)
        a0, a1 = fma(p, w, a0), fma(q, w, a1)
        w = load(W[m + 1], k)
        b0, b1 = fma(p, w, b0), fma(q, w, b1)
        w = load(W[m + 2], k)
        c0, c1 = fma(p, w, c0), fma(q, w, c1)
        w = load(W[m + 3], k)
        d0, d1 = fma(p, w, d0), fma(q, w, d1)
        w = load(W[m + 4], k)
        e0, e1 = fma(p, w, e0), fma(q, w, e1)
        w = load(W[m + 5], k)
        f0, f1 = fma(p, w, f0), fma(q, w, f1)
        w = load(W[m + 6], k)
        g0, g1 = fma(p, w, g0), fma(q, w, g1)
        w = load(W[m + 7], k)
        h0, h1 = fma(p, w, h0), fma(q, w, h1)
        w = load(W[m + 8], k)
        i0, i1 = fma(p, w, i0), fma(q, w, i1)
        w = load(W[m + 9], k)
        j0, j1 = fma(p, w, j0), fma(q, w, j1)
    out[0, m] += total(a0)
    out[0, m + 1] += total(b0)
    out[0, m + 2] += total(c0)
    out[0, m + 3] += total(d0)
    out[0, m + 4] += total(e0)
    out[0, m + 5] += total(f0)
    out[0, m + 6] += total(g0)
    out[0, m + 7] += total(h0)
    out[0, m + 8] += total(i0)
    out[0, m + 9] += total(j0)
    out[1, m] += total(a1)
    out[1, m + 1] += total(b1)
    out[1, m + 2] += total(c1)
    out[1, m + 3] += total(d1)
    out[1, m + 4] += total(e1)
    out[1, m + 5] += total(f1)
    out[1, m + 6] += total(g1)
    out[1, m + 7] += total(h1)
    out[1, m + 8] += total(i1)
    out[1, m + 9] += total(j1)


@compiled
def _dot_4x3(x0, x1, x2, x3, u, v, w, out, m):
    zero = splat(0.0)
    a0 = a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = d0 = d1 = d2 = zero
    for i in range(0, len(u), LANES):
        p, q, r = load(u, i), load(v, i), load(w, i)
        x = load(x0, i)
        a0, a1, a2 = fma(x, p, a0), fma(x, q, a1), fma(x, r, a2)
        x = load(x1, i)
        b0, b1, b2 = fma(x, p, b0), fma(x, q, b1), fma(x, r, b2)
        x = load(x2, i)
        c0, c1, c2 = fma(x, p, c0), fma(x, q, c1), fma(x, r, c2)
        x = load(x3, i)
        d0, d1, d2 = fma(x, p, d0), fma(x, q, d1), fma(x, r, d2)
    out[0, m] += total(a0)
    out[0, m + 1] += total(a1)
    out[0, m + 2] += total(a2)
    out[1, m] += total(b0)
    out[1, m + 1] += total(b1)
    out[1, m + 2] += total(b2)
    out[2, m] += total(c0)
    out[2, m + 1] += total(c1)
    out[2, m + 2] += total(c2)
    out[3, m] += total(d0)
    out[3, m + 1] += total(d1)
    out[3, m + 2] += total(d2)


@compiled
def _dot_4x2(x0, x1, x2, x3, u, v, out, m):
    zero = splat(0.0)
    a0 = a1 = b0 = b1 = c0 = c1 = d0 = d1 = zero
    for i in range(0, len(u), LANES):
        p, q = load(u, i), load(v, i)
        x = load(x0, i)
        a0, a1 = fma(x, p, a0), fma(x, q, a1)
        x = load(x1, i)
        b0, b1 = fma(x, p, b0), fma(x, q, b1)
        x = load(x2, i)
        c0, c1 = fma(x, p, c0), fma(x, q, c1)
        x = load(x3, i)
        d0, d1 = fma(x, p, d0), fma(x, q, d1)
    out[0, m] += total(a0)
    out[0, m + 1] += total(a1)
    out[1, m] += total(b0)
    out[1, m + 1] += total(b1)
    out[2, m] += total(c0)
    out[2, m + 1] += total(c1)
    out[3, m] += total(d0)
    out[3, m + 1] += total(d1)


@compiled
def _dot_4x1(x0, x1, x2, x3, u, out, m):
    zero = splat(0.0)
    a = b = c = d = zero
    for i in range(0, len(u), LANES):
        p = load(u, i)
        a = fma(load(x0, i), p, a)
        b = fma(load(x1, i), p, b)
        c = fma(load(x2, i), p, c)
        d = fma(load(x3, i), p, d)
    out[0, m] += total(a)
    out[1, m] += total(b)
    out[2, m] += total(c)
    out[3, m] += total(d)


@compiled
def backward(buffer, n_rows, slopes, first, out):
    """Write ``slopes[:n_rows].T @ buffer[:n_rows, first : first + COLUMN_BLOCK]`` to `out`.

    `slopes` and `out` have a multiple of `CLASS_BLOCK` columns and rows.
    """
    for d in range(0, COLUMN_BLOCK, _PAIR):
        for m in range(0, slopes.shape[1], CLASS_BLOCK):
            _outer_5x2(buffer, n_rows, slopes, first + d, m, out, d)


@compiled
def _outer_5x2(buffer, n_rows, slopes, column, m, out, d):
    zero = splat(0.0)
    a0 = a1 = b0 = b1 = c0 = c1 = d0 = d1 = e0 = e1 = zero
    for i in range(n_rows):
        row = buffer[i]
        x, y = load(row, column), load(row, column + LANES)
        p = splat(slopes[i, m])
        a0, a1 = fma(x, p, a0), fma(y, p, a1)
        p = splat(slopes[i, m + 1])
        b0, b1 = fma(x, p, b0), fma(y, p, b1)
        p = splat(slopes[i, m + 2])
        c0, c1 = fma(x, p, c0), fma(y, p, c1)
        p = splat(slopes[i, m + 3])
        d0, d1 = fma(x, p, d0), fma(y, p, d1)
        p = splat(slopes[i, m + 4])
        e0, e1 = fma(x, p, e0), fma(y, p, e1)
    store(out[m], d, a0)
    store(out[m], d + LANES, a1)
    store(out[m + 1], d, b0)
    store(out[m + 1], d + LANES, b1)
    store(out[m + 2], d, c0)
    store(out[m + 2], d + LANES, c1)
    store(out[m + 3], d, d0)
    store(out[m + 3], d + LANES, d1)
    store(out[m + 4], d, e0)
    store(out[m + 4], d + LANES, e1)
