"""Responses of a dictionary to codes, pooled in one pass: no response is ever written to memory.

Blocks of codes stay in a cache near the core while the words stream past in panels. A tile of 3 codes and a panel
of words sums the even and the odd half of the basis apart: their sum is the response to the patch, their
difference that to its mirror image, so that both cost one product.
"""

from __future__ import annotations

import numpy as np

from scoreline.features.kernels.panels import PANEL
from scoreline.features.kernels.patch_codes import PROJECTED, project
from scoreline.kernels.compiling import compiled, compiled_loosely
from scoreline.kernels.vectors import LANES, add, fma, load, maximum, splat, spread, store, subtract

__all__ = ["pool_directions", "pool_nearest", "pool_rectified", "pool_triangle"]

#: Codes that are processed at a time.
_CODED = 3
#: Most bisections of the bound between near and far words.
_HALVINGS = 24
#: Codes of a block: those of 32 components fill half of an L1 cache of 32 kB.
_BLOCK = 96
#: Smallest length that is divided by.
_TINY = np.float32(1e-18)


@compiled
def pool_rectified(images, places, lens, words, out):
    """Write the mean over each cell of ``max(0, weights @ code + bias)``, of images and their mirror images.

    images: (n, H, W, ch) uint8, of which `project` makes codes. out: (n, cells, k) float32; the codes of a mirror
    image are pooled in the cells where they lie in it.
    """
    k, width = len(words.bias), len(lens.totals)
    codes = np.empty((len(places.offsets) + PROJECTED) * width, np.float32)
    sums = np.empty(out.shape[1] * k, np.float32)
    for i in range(len(images)):
        project(images[i], places, lens, codes)
        _pool_groups(codes, width, lens.n_even, lens.n_odd, places.groups, words, sums)
        _average(sums, places.groups, out[i])


@compiled
def pool_directions(codes, n_even, groups, words, out):
    """Write the mean over each cell of ``max(0, weights @ u + bias)``, u being a code divided by its length.

    codes: (n, d) float32, those of patches that lie as `groups` say (see `Places`); the first `n_even` of their
    numbers are those of the patches' mirror images, the others the negatives. out: (cells, k) float32.
    """
    n, width = codes.shape
    directions = np.zeros((n + _CODED) * width, np.float32)
    for i in range(n):
        scale = np.float32(1) / max(np.sqrt(_square(codes[i])), _TINY)
        for j in range(width):
            directions[i * width + j] = codes[i, j] * scale
    sums = np.empty(len(out) * len(words.bias), np.float32)
    _pool_groups(directions, width, n_even, width - n_even, groups, words, sums)
    _average(sums, groups, out)


@compiled
def pool_triangle(images, places, lens, words, out):
    """Write the mean over each cell of ``max(0, mean_j |z - c_j| - |z - c_k|)``, as `pool_rectified` does.

    The words answer ``c_k @ z - |c_k|^2 / 2``, so that ``|z - c_k|^2 = |z|^2 - 2 * answer``.
    """
    k, width = out.shape[2], len(lens.totals)
    depth = lens.n_even + lens.n_odd
    codes = np.empty((len(places.offsets) + PROJECTED) * width, np.float32)
    answers = np.empty((2 * _CODED, len(words.bias)), np.float32)
    sums = np.empty(out.shape[1] * k, np.float32)
    for i in range(len(images)):
        project(images[i], places, lens, codes)
        sums[:] = 0
        for first, last, cell, mirrored in places.groups:
            for at in range(first, last, _CODED):
                _answer(codes, at * width, lens, words, answers)
                for j in range(min(_CODED, last - at)):
                    code = codes[(at + j) * width : (at + j) * width + depth]
                    _add_triangles(answers[j], _square(code), sums[cell * k : (cell + 1) * k])
                    _add_triangles(answers[_CODED + j], _square(code), sums[mirrored * k : (mirrored + 1) * k])
        _average(sums, places.groups, out[i])


@compiled
def pool_nearest(images, places, lens, words, n_nearest, out):
    """Write the share of codes in each cell that have a word among their nearest, as `pool_rectified` does.

    The words answer ``c_k @ z - |c_k|^2 / 2``, most for the nearest.
    """
    k, width = out.shape[2], len(lens.totals)
    codes = np.empty((len(places.offsets) + PROJECTED) * width, np.float32)
    answers = np.empty((2 * _CODED, len(words.bias)), np.float32)
    sums = np.empty(out.shape[1] * k, np.float32)
    for i in range(len(images)):
        project(images[i], places, lens, codes)
        sums[:] = 0
        for first, last, cell, mirrored in places.groups:
            for at in range(first, last, _CODED):
                _answer(codes, at * width, lens, words, answers)
                for j in range(min(_CODED, last - at)):
                    _add_nearest(answers[j, :k], n_nearest, sums[cell * k : (cell + 1) * k])
                    _add_nearest(answers[_CODED + j, :k], n_nearest, sums[mirrored * k : (mirrored + 1) * k])
        _average(sums, places.groups, out[i])


@compiled
def _pool_groups(codes, width, n_even, n_odd, groups, words, sums):
    """Write the sums over cells of the rectified answers to codes of `width` numbers and their mirror images."""
    k = len(words.bias)
    sums[:] = 0
    for first, last, cell, mirrored in groups:
        for low in range(first, last, _BLOCK):
            n = min(_BLOCK, last - low)
            for word in range(0, k, PANEL):
                for at in range(0, n, _CODED):
                    _pool_tile(
                        codes, (low + at) * width, width, n_even, n_odd, words.weights, words.bias,
                        word, n - at, sums, cell * k + word, mirrored * k + word,
                    )  # fmt: skip


@compiled
def _pool_tile(codes, p0, width, n_even, n_odd, weights, bias, word, n, sums, cell, mirrored):
    """Add a panel's rectified answers to the first n of 3 codes, and of their mirror images, to two sums."""
    a0, a1, b0, b1, c0, c1, d0, d1, e0, e1, f0, f1 = _answers(codes, p0, width, n_even, n_odd, weights, bias, word)
    zero = splat(0.0)
    s0, s1 = maximum(add(a0, d0), zero), maximum(add(a1, d1), zero)
    t0, t1 = maximum(subtract(a0, d0), zero), maximum(subtract(a1, d1), zero)
    if n > 1:
        s0, s1 = add(s0, maximum(add(b0, e0), zero)), add(s1, maximum(add(b1, e1), zero))
        t0, t1 = add(t0, maximum(subtract(b0, e0), zero)), add(t1, maximum(subtract(b1, e1), zero))
    if n > 2:
        s0, s1 = add(s0, maximum(add(c0, f0), zero)), add(s1, maximum(add(c1, f1), zero))
        t0, t1 = add(t0, maximum(subtract(c0, f0), zero)), add(t1, maximum(subtract(c1, f1), zero))
    store(sums, cell, add(load(sums, cell), s0))
    store(sums, cell + LANES, add(load(sums, cell + LANES), s1))
    store(sums, mirrored, add(load(sums, mirrored), t0))
    store(sums, mirrored + LANES, add(load(sums, mirrored + LANES), t1))


@compiled
def _answer(codes, p0, lens, words, answers):
    """Write the answers of all words to 3 codes, and then to their mirror images, to rows of `answers`."""
    width, k = len(lens.totals), answers.shape[1]
    for word in range(0, k, PANEL):
        a0, a1, b0, b1, c0, c1, d0, d1, e0, e1, f0, f1 = _answers(
            codes, p0, width, lens.n_even, lens.n_odd, words.weights, words.bias, word
        )
        for at, p, q, r, s in (
            (word, a0, d0, a1, d1),
            (word + k, b0, e0, b1, e1),
            (word + 2 * k, c0, f0, c1, f1),
        ):
            store(answers, at, add(p, q))
            store(answers, at + LANES, add(r, s))
            store(answers, at + 3 * k, subtract(p, q))
            store(answers, at + 3 * k + LANES, subtract(r, s))


@compiled
def _square(code):
    total = np.float32(0)
    for j in range(len(code)):
        total += code[j] * code[j]
    return total


@compiled_loosely
def _add_triangles(answers, square, sums):
    """Add to each sum the mean distance of all words less that of its own; the responses become distances."""
    total = np.float32(0)
    for j in range(len(sums)):
        distance = np.sqrt(max(square - 2 * answers[j], np.float32(0)))
        answers[j] = distance
        total += distance
    mean = total / np.float32(len(sums))
    for j in range(len(sums)):
        sums[j] += max(mean - answers[j], np.float32(0))


@compiled
def _add_nearest(answers, n_nearest, sums):
    """Add 1 to the sums of the `n_nearest` largest answers.

    Their bound is found by bisection; of responses that bisection cannot separate, all or none count.
    """
    low, high = np.min(answers), np.max(answers)
    for _ in range(_HALVINGS):
        bound = (low + high) / np.float32(2)
        count = 0
        for j in range(len(answers)):
            count += answers[j] > bound
        if count == n_nearest:
            break
        if count > n_nearest:
            low = bound
        else:
            high = bound
    for j in range(len(answers)):
        sums[j] += np.float32(answers[j] > bound)


@compiled(inline="always")
def _answers(codes, p0, width, n_even, n_odd, weights, bias, word):
    """Return a panel's sums of the even half and the bias for 3 codes (6 vectors), then of the odd half."""
    p1, p2 = p0 + width, p0 + 2 * width
    w = word * (n_even + n_odd)
    q = w + n_even * PANEL
    a0 = b0 = c0 = load(bias, word)
    a1 = b1 = c1 = load(bias, word + LANES)
    d0 = d1 = e0 = e1 = f0 = f1 = splat(0.0)
    for j in range(n_odd):
        u, v = load(weights, w), load(weights, w + LANES)
        x = spread(codes, p0 + j)
        a0, a1 = fma(x, u, a0), fma(x, v, a1)
        x = spread(codes, p1 + j)
        b0, b1 = fma(x, u, b0), fma(x, v, b1)
        x = spread(codes, p2 + j)
        c0, c1 = fma(x, u, c0), fma(x, v, c1)
        u, v = load(weights, q), load(weights, q + LANES)
        x = spread(codes, p0 + n_even + j)
        d0, d1 = fma(x, u, d0), fma(x, v, d1)
        x = spread(codes, p1 + n_even + j)
        e0, e1 = fma(x, u, e0), fma(x, v, e1)
        x = spread(codes, p2 + n_even + j)
        f0, f1 = fma(x, u, f0), fma(x, v, f1)
        w += PANEL
        q += PANEL
    for j in range(n_odd, n_even):
        u, v = load(weights, w), load(weights, w + LANES)
        x = spread(codes, p0 + j)
        a0, a1 = fma(x, u, a0), fma(x, v, a1)
        x = spread(codes, p1 + j)
        b0, b1 = fma(x, u, b0), fma(x, v, b1)
        x = spread(codes, p2 + j)
        c0, c1 = fma(x, u, c0), fma(x, v, c1)
        w += PANEL
    return a0, a1, b0, b1, c0, c1, d0, d1, e0, e1, f0, f1


@compiled
def _average(sums, groups, out):
    """Divide the sums of cells by the number of codes in them."""
    n_cells, k = out.shape
    counts = np.zeros(n_cells, np.int64)
    for first, last, cell, mirrored in groups:
        counts[cell] += last - first
        counts[mirrored] += last - first
    for cell in range(n_cells):
        for j in range(k):
            out[cell, j] = sums[cell * (len(sums) // n_cells) + j] / max(counts[cell], 1)
