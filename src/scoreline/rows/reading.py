"""Reading rows: in batches, in blocks of so many bytes, or all of them into one array."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from scoreline._typing import Array, Labels
from scoreline.rows.base import Rows, SparseMatrix
from scoreline.rows.in_arrays import ArrayRows
from scoreline.rows.scratch import Allocate, scratch_array
from scoreline.rows.sparse import consecutive_rows, row_entries

__all__ = ["batches", "blocks", "gather", "gathered", "in_arrays", "row_bytes", "stored_entries"]

#: Bytes that are read at a time where nothing else says how many.
BLOCK_BYTES = 1 << 24
#: Rows of more bytes are gathered in a temporary file instead of memory.
MOST_IN_MEMORY = 1 << 30


def batches(
    rows: Rows, size: int, *, order: Labels | None = None, start: int = 0
) -> Iterator[tuple[slice | Labels, Array | SparseMatrix]]:
    """Yield all rows in batches of `size`, the last one perhaps smaller, each after its places.

    Sparse rows come as CSR arrays, all others as arrays.

    Parameters
    ----------
    rows : Rows
    size : int
    order : array (N,) of integers, optional
        The places in the order in which they are to come; by default the rows' own.
    start : int, default 0
        Number of batches to leave out.
    """
    matrix = rows.matrix
    for first in range(start * size, len(rows), size):
        places = slice(first, first + size) if order is None else order[first : first + size]
        if isinstance(places, slice):
            last = first + size
            yield places, rows.read(first, last) if matrix is None else consecutive_rows(matrix, first, last)
        else:
            yield places, rows.take(places) if matrix is None else matrix[places]


def blocks(rows: Rows, n_bytes: int = BLOCK_BYTES) -> Iterator[tuple[slice, Array]]:
    """Yield all rows in order as arrays, about so many bytes of them at a time, each block after its places."""
    size = max(1, n_bytes // max(1, row_bytes(rows)))
    for first in range(0, len(rows), size):
        yield slice(first, first + size), rows.read(first, first + size)


def row_bytes(rows: Rows) -> int:
    """Return the bytes of one row."""
    return math.prod(rows.shape[1:]) * rows.dtype.itemsize


def stored_entries(rows: Rows) -> int:
    """Return how many numbers a row takes as it lies: all, or those that sparse rows store in the mean."""
    matrix = rows.matrix
    return math.prod(rows.shape[1:]) if matrix is None else row_entries(matrix)


def in_arrays(rows: Rows) -> bool:
    """Tell whether all parts of rows are arrays, which nothing has to be computed for."""
    return all(part.array is not None for part in rows.parts())


def gather(rows: Rows, allocate: Allocate) -> ArrayRows:
    """Return all rows in one new array that `allocate` makes, read shard by shard, a block at a time."""
    array, first = allocate(rows.shape, rows.dtype), 0
    for part in rows.parts():
        for _, block in blocks(part):
            array[first : first + len(block)] = block
            first += len(block)
    return ArrayRows(array)


def gathered(rows: Rows, allocate: Allocate | None = None) -> Rows:
    """Return rows as one array: where they lie if they are one, else gathered.

    Parameters
    ----------
    rows : Rows
    allocate : callable, optional
        Makes room; by default in memory up to 1 GiB, and beyond that in a file without a name.
    """
    if rows.array is not None:
        return rows
    fits = len(rows) * row_bytes(rows) <= MOST_IN_MEMORY
    return gather(rows, allocate or (np.empty if fits else scratch_array))
