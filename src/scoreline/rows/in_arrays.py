"""Rows that are one array, in memory or in a memory-mapped file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scoreline._typing import Array
from scoreline.rows.base import Rows, SparseMatrix, checked_places

__all__ = ["ArrayRows", "as_rows"]


class ArrayRows:
    """The rows of an array; batches in order are views of it.

    Parameters
    ----------
    values : array (N, ...) of any real dtype
        In memory or memory-mapped. An array whose rows do not lie one after the other, such as one in Fortran
        order, is copied a block at a time as it is read.
    """

    def __init__(self, values: Array) -> None:
        self._values = values

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self._values.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the array."""
        return self._values.dtype

    @property
    def array(self) -> Array | None:
        """The array, if its rows lie one after the other."""
        return self._values if self._values.flags.c_contiguous else None

    @property
    def matrix(self) -> SparseMatrix | None:
        """None: the rows are not sparse."""
        return None

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"ArrayRows({self.shape}, {self.dtype})"

    def read(self, start: int, stop: int) -> Array:
        """Return examples in order; see `Rows.read`."""
        return np.ascontiguousarray(self._values[start:stop])

    def take(self, index: Array) -> Array:
        """Return examples by place; see `Rows.take`."""
        return np.ascontiguousarray(self._values[checked_places(index, len(self))])

    def parts(self) -> Sequence[Rows]:
        """Return these rows alone; see `Rows.parts`."""
        return (self,)


def as_rows(rows: Rows | Array) -> Rows:
    """Return rows as they are, and an array as rows."""
    return ArrayRows(rows) if isinstance(rows, np.ndarray) else rows
