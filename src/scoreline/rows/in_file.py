"""Rows in a temporary file, of which few are in memory at a time."""

from __future__ import annotations

import math
import mmap

import numpy as np

from scoreline._typing import Array
from scoreline.rows.base import Rows, checked_places
from scoreline.rows.in_arrays import ArrayRows
from scoreline.rows.reading import blocks, row_bytes
from scoreline.rows.scratch import scratch_file

__all__ = ["FileRows"]

#: Bytes that may be read before the memory of all that was read is given back.
RESIDENT = 1 << 25
#: Bytes that the system maps around each place that is read out of order: 64 KB, or all of a large folio.
AROUND = 1 << 21


class FileRows(ArrayRows):
    """A copy of rows in a file without a name, made and read a block at a time.

    Memory that only mirrors the file is given back after every 32 MB, so that reading the rows in order
    keeps few of them in the process.

    Parameters
    ----------
    rows : Rows
        What is copied.
    """

    def __init__(self, rows: Rows) -> None:
        self._file = scratch_file(math.prod(rows.shape) * rows.dtype.itemsize)
        super().__init__(np.ndarray(rows.shape, rows.dtype, buffer=self._file))
        self._touched, first = 0, 0
        for part in rows.parts():
            for _, block in blocks(part):
                self._values[first : first + len(block)] = block
                first += len(block)
                self._give_back(block.nbytes)

    def __repr__(self) -> str:
        return f"FileRows({self.shape}, {self.dtype})"

    def read(self, start: int, stop: int) -> Array:
        """Return examples in order, a view of the file; see `Rows.read`."""
        block = super().read(start, stop)
        self._give_back(block.nbytes)
        return block

    def take(self, index: Array) -> Array:
        """Return examples by place, as many at a time as may be resident; see `Rows.take`."""
        index = checked_places(index, len(self))
        taken = np.empty((len(index), *self.shape[1:]), self.dtype)
        each = row_bytes(self) + AROUND
        size = max(1, RESIDENT // each)
        for low in range(0, len(index), size):
            part = index[low : low + size]
            taken[low : low + size] = self._values[part]
            self._give_back(each * len(part))
        return taken

    def _give_back(self, n_bytes: int) -> None:
        """Count bytes that are touched; give back the pages before there are too many. They stay in the file."""
        self._touched += n_bytes
        if self._touched > RESIDENT and hasattr(self._file, "madvise"):
            self._file.madvise(mmap.MADV_DONTNEED)
            self._touched = n_bytes
