"""Orders in which rows are read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoreline._typing import Labels
from scoreline.rows.base import Rows
from scoreline.rows.reading import in_arrays, row_bytes

__all__ = ["epoch_order", "whole_order", "window_order"]

#: Arrays of more bytes may lie on a disk that reads some 64 KB for each row that is asked for alone: of 800-byte
#: rows, up to 81 times the file for an epoch. The data alone decide: the memory there is must not change a fit.
WHOLE_BYTES = 1 << 32
#: What is read in one go then, and rows that are shuffled together. A piece is short, so that a window has rows
#: from a thousand places: files are often sorted by class.
PIECE_BYTES, WINDOW_BYTES = 1 << 20, 1 << 30


def epoch_order(rows: Rows, *, seed: int, epoch: int) -> Labels:
    """Return the order of rows in an epoch, which follows from them, the seed and the epoch.

    It is a permutation of all; of arrays beyond 4 GB, `window_order`.
    """
    size = row_bytes(rows)
    if len(rows) * size <= WHOLE_BYTES or not in_arrays(rows):
        return whole_order(len(rows), seed=seed, epoch=epoch)
    piece, window = max(1, PIECE_BYTES // size), max(1, WINDOW_BYTES // size)
    return window_order(rows, piece, window, seed=seed, epoch=epoch)


def whole_order(n: int, *, seed: int, epoch: int) -> Labels:
    """Return the order of `n` rows in an epoch: a permutation that follows from seed and epoch alone."""
    return np.random.default_rng([seed, epoch]).permutation(n)


def window_order(rows: Rows, piece: int, window: int, *, seed: int, epoch: int) -> Labels:
    """Return an order for rows that are too many to be read at random: pieces shuffled, then rows within a window.

    Pieces of neighbouring rows of one part come in a random order; of each `window` rows in that order all are
    shuffled. So every row comes once, and each piece is read once while a window stays in memory.

    Parameters
    ----------
    rows : Rows
    piece : int
        Rows that are read in one go.
    window : int
        Rows that there is room for.
    seed, epoch : int
        The order follows from both.
    """
    rng = np.random.default_rng([seed, epoch])
    pieces = list(_pieces(rows, piece))
    order = np.concatenate([np.zeros(0, np.int64), *(pieces[i] for i in rng.permutation(len(pieces)))])
    for first in range(0, len(order), window):
        rng.shuffle(order[first : first + window])
    return order


def _pieces(rows: Rows, piece: int) -> Iterator[Labels]:
    first = 0
    for part in rows.parts():
        stop = first + len(part)
        yield from (np.arange(low, min(low + piece, stop)) for low in range(first, stop, piece))
        first = stop
