"""Orders in which rows are gone through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoreline._typing import Labels
from scoreline.rows.base import Rows

__all__ = ["whole_order", "window_order"]


def whole_order(n: int, *, seed: int, epoch: int) -> Labels:
    """Return the order of `n` rows in an epoch: a permutation that follows from seed and epoch alone."""
    return np.random.default_rng([seed, epoch]).permutation(n)


def window_order(rows: Rows, window: int, *, seed: int, epoch: int) -> Labels:
    """Return an order for rows that are too many to be read at random: shards shuffled, then rows within a window.

    Parts (pieces of `window` rows of those that are longer) come in a random order; of each `window` rows in that
    order all are shuffled. So every row comes once, and rows that come soon after each other lie in few parts.

    Parameters
    ----------
    rows : Rows
    window : int
        Rows that there is room for.
    seed, epoch : int
        The order follows from both.
    """
    rng = np.random.default_rng([seed, epoch])
    pieces = list(_pieces(rows, window))
    order = np.concatenate([np.zeros(0, np.int64), *(pieces[i] for i in rng.permutation(len(pieces)))])
    for first in range(0, len(order), window):
        rng.shuffle(order[first : first + window])
    return order


def _pieces(rows: Rows, window: int) -> Iterator[Labels]:
    first = 0
    for part in rows.parts():
        stop = first + len(part)
        yield from (np.arange(low, min(low + window, stop)) for low in range(first, stop, window))
        first = stop
