"""Counts of what the codes of descriptors answer to words, by cell: no answers of an image are kept.

Blocks of answers stay in the second cache, from a product whose panels of words stay in the first.
"""

from __future__ import annotations

import numpy as np

from scoreline.engine.kernels.compiling import compiled, compiled_loosely
from scoreline.engine.kernels.vectors import LANES, fma, load, maximum, spread, store
from scoreline.features.kernels.panels import PANEL

__all__ = ["count_nearest", "count_positive", "count_shares"]

#: Codes that are answered at a time, and those of a block.
_TILE, _BLOCK = 6, 48
#: Answers that are searched at a time.
_SEARCHED = 64


@compiled
def count_nearest(codes, cells, words, out):
    """Add 1 for the word with the largest answer to each code ``(n, d)`` to its cell; the first of equal ones.

    words: `panels.Words`. out: (cells, k) float32.
    """
    answers, lanes = np.empty((_BLOCK, len(words.bias)), np.float32), np.empty(LANES, np.float32)
    for low in range(0, len(codes), _BLOCK):
        n = min(_BLOCK, len(codes) - low)
        _answer(codes, low, n, words, answers)
        for i in range(n):
            own = answers[i, : out.shape[1]]
            out[cells[low + i], _first(own, _largest(own, lanes))] += 1


@compiled
def count_positive(codes, cells, words, out):
    """Add the answers above 0 to each code to its cell, as `count_nearest` does."""
    answers = np.empty((_BLOCK, len(words.bias)), np.float32)
    for low in range(0, len(codes), _BLOCK):
        n = min(_BLOCK, len(codes) - low)
        _answer(codes, low, n, words, answers)
        for i in range(n):
            own, sums = answers[i], out[cells[low + i]]
            for k in range(len(sums)):
                sums[k] += max(own[k], np.float32(0))


@compiled
def count_shares(codes, cells, words, sharpness, out):
    """Add the softmax of `sharpness` times the answers to each code to its cell, as `count_nearest` does."""
    answers, lanes = np.empty((_BLOCK, len(words.bias)), np.float32), np.empty(LANES, np.float32)
    for low in range(0, len(codes), _BLOCK):
        n = min(_BLOCK, len(codes) - low)
        _answer(codes, low, n, words, answers)
        for i in range(n):
            _add_shares(answers[i, : out.shape[1]], lanes, sharpness, out[cells[low + i]])


@compiled
def _answer(codes, low, n, words, answers):
    """Write the answers of all words to n codes, from the one at `low` on, to rows of `answers`."""
    flat, d, k = codes.reshape(-1), codes.shape[1], answers.shape[1]
    rows = answers.reshape(-1)
    for word in range(0, k, PANEL):
        for at in range(0, n, _TILE):
            # Beyond the end the last code is taken again, for the row of the last code.
            i1, i2, i3 = min(at + 1, n - 1), min(at + 2, n - 1), min(at + 3, n - 1)
            i4, i5 = min(at + 4, n - 1), min(at + 5, n - 1)
            p0, p1, p2 = (low + at) * d, (low + i1) * d, (low + i2) * d
            p3, p4, p5 = (low + i3) * d, (low + i4) * d, (low + i5) * d
            w = word * d
            a0 = b0 = c0 = d0 = e0 = f0 = load(words.bias, word)
            a1 = b1 = c1 = d1 = e1 = f1 = load(words.bias, word + LANES)
            for j in range(d):
                u, v = load(words.weights, w), load(words.weights, w + LANES)
                w += PANEL
                x = spread(flat, p0 + j)
                a0, a1 = fma(x, u, a0), fma(x, v, a1)
                x = spread(flat, p1 + j)
                b0, b1 = fma(x, u, b0), fma(x, v, b1)
                x = spread(flat, p2 + j)
                c0, c1 = fma(x, u, c0), fma(x, v, c1)
                x = spread(flat, p3 + j)
                d0, d1 = fma(x, u, d0), fma(x, v, d1)
                x = spread(flat, p4 + j)
                e0, e1 = fma(x, u, e0), fma(x, v, e1)
                x = spread(flat, p5 + j)
                f0, f1 = fma(x, u, f0), fma(x, v, f1)
            _keep(rows, at * k + word, a0, a1)
            _keep(rows, i1 * k + word, b0, b1)
            _keep(rows, i2 * k + word, c0, c1)
            _keep(rows, i3 * k + word, d0, d1)
            _keep(rows, i4 * k + word, e0, e1)
            _keep(rows, i5 * k + word, f0, f1)


@compiled
def _keep(rows, at, u, v):
    store(rows, at, u)
    store(rows, at + LANES, v)


@compiled
def _largest(answers, lanes):
    """Return the largest answer, by way of that of each lane of a vector."""
    whole = len(answers) // LANES * LANES
    best = answers[0]
    if whole:
        most = load(answers, 0)
        for k in range(LANES, whole, LANES):
            most = maximum(load(answers, k), most)
        store(lanes, 0, most)
        for k in range(LANES):
            best = max(best, lanes[k])
    for k in range(whole, len(answers)):
        best = max(best, answers[k])
    return best


@compiled
def _first(answers, value):
    """Return the first place of a value that is among the answers: its block is found before its place."""
    for low in range(0, len(answers), _SEARCHED):
        block = answers[low : low + _SEARCHED]
        found = 0
        for k in range(len(block)):
            found |= block[k] == value
        if found:
            for k in range(len(block)):
                if block[k] == value:
                    return low + k
    return 0


@compiled_loosely
def _add_shares(answers, lanes, sharpness, sums):
    """Add the softmax of `sharpness` times the answers; the answers become its exponentials."""
    most, total = _largest(answers, lanes), np.float32(0)
    for k in range(len(answers)):
        answers[k] = np.exp(np.float32(sharpness) * (answers[k] - most))
        total += answers[k]
    for k in range(len(answers)):
        sums[k] += answers[k] / total
