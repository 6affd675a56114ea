"""Some of other rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from scoreline._typing import Array, Labels
from scoreline.rows.base import Rows, SparseMatrix, checked_places
from scoreline.rows.sparse import consecutive_rows

__all__ = ["SubsetRows"]


class SubsetRows:
    """The rows at some places of others, in the order of the places; none is copied before it is read.

    Parameters
    ----------
    rows : Rows
    index : array (n,) of integers
        Places from 0 to N - 1; the same place may come twice.

    Raises
    ------
    DataError
        There is no such place.
    """

    def __init__(self, rows: Rows, index: Array) -> None:
        self._rows = rows
        self._index: Labels = checked_places(index, len(rows)).astype(np.int64, copy=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the subset."""
        return (len(self._index), *self._rows.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the rows."""
        return self._rows.dtype

    @property
    def array(self) -> Array | None:
        """A view of the others' array where the places follow upon each other."""
        whole = self._rows.array
        return whole[self._range(self._index)] if whole is not None and _consecutive(self._index) else None

    @cached_property
    def matrix(self) -> SparseMatrix | None:
        """The rows of the others' matrix: a view where the places follow upon each other, else gathered once."""
        whole = self._rows.matrix
        if whole is None:
            return None
        if not _consecutive(self._index):
            return whole[self._index]
        places = self._range(self._index)
        return consecutive_rows(whole, places.start, places.stop)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        return f"SubsetRows({len(self):,} of {self._rows!r})"

    def read(self, start: int, stop: int) -> Array:
        """Return examples in order, a view where their places follow upon each other; see `Rows.read`."""
        index = self._index[start:stop]
        if not _consecutive(index):
            return self._rows.take(index)
        places = self._range(index)
        return self._rows.read(places.start, places.stop)

    def take(self, index: Array) -> Array:
        """Return examples by place in the subset; see `Rows.take`."""
        return self._rows.take(self._index[checked_places(index, len(self))])

    def parts(self) -> Sequence[Rows]:
        """Return the subsets of the others' parts where the places ascend; see `Rows.parts`."""
        whole = self._rows.parts()
        if len(whole) == 1 or (np.diff(self._index) < 0).any():
            return (self,)
        starts = np.cumsum([0, *(len(part) for part in whole)])
        cuts = np.searchsorted(self._index, starts)
        found = [
            SubsetRows(part, self._index[low:high] - first)
            for part, first, low, high in zip(whole, starts[:-1], cuts[:-1], cuts[1:], strict=True)
            if low < high
        ]
        return tuple(found) or (self,)

    @staticmethod
    def _range(index: Labels) -> slice:
        return slice(int(index[0]), int(index[-1]) + 1) if len(index) else slice(0, 0)


def _consecutive(index: Labels) -> bool:
    return not len(index) or (index[-1] - index[0] + 1 == len(index) and bool((np.diff(index) == 1).all()))
