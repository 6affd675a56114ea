"""Rows of several origins, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from scoreline._typing import Array
from scoreline.errors import DataError
from scoreline.rows.base import Rows, SparseMatrix, checked_places

__all__ = ["ConcatRows"]


class ConcatRows:
    """The rows of several others in their order, none of which is copied.

    Parameters
    ----------
    rows : sequence of Rows
        At least one; all with examples of one shape and dtype.

    Raises
    ------
    DataError
        There are none, or they differ in the shape or the dtype of an example.
    """

    def __init__(self, rows: Sequence[Rows]) -> None:
        kinds = {(one.shape[1:], one.dtype) for one in rows}
        if len(kinds) != 1:
            shown = " and ".join(sorted(f"{shape} of {dtype}" for shape, dtype in kinds)) or "none"
            raise DataError(
                f"Rows to be joined have examples of different kinds: {shown}",
                allowed="examples of one shape and dtype",
                fix="convert them to one dtype, and make all in the same way",
            )
        self._rows = tuple(rows)
        self._starts = np.cumsum([0, *(len(one) for one in rows)])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all rows together."""
        return (len(self), *self._rows[0].shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the rows."""
        return self._rows[0].dtype

    @property
    def array(self) -> Array | None:
        """The array of a single part; several lie in several places."""
        return self._rows[0].array if len(self._rows) == 1 else None

    @cached_property
    def matrix(self) -> SparseMatrix | None:
        """The matrices of all parts in a new one, where all are sparse."""
        found: list[Any] = [one.matrix for one in self._rows]
        if any(matrix is None for matrix in found):
            return None
        from scipy.sparse import vstack

        return found[0] if len(found) == 1 else vstack(found, format="csr")

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __repr__(self) -> str:
        return f"ConcatRows({', '.join(map(repr, self._rows))})"

    def read(self, start: int, stop: int) -> Array:
        """Return examples in order, a view where all lie in one part; see `Rows.read`."""
        found = [
            rows.read(max(start - first, 0), min(stop - first, len(rows)))
            for rows, first in zip(self._rows, self._starts.tolist(), strict=False)
            if start < first + len(rows) and stop > first
        ]
        if not found:
            return np.empty((0, *self.shape[1:]), self.dtype)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def take(self, index: Array) -> Array:
        """Return examples by place, each part's at a time; see `Rows.take`."""
        index = checked_places(index, len(self))
        owner = np.searchsorted(self._starts, index, side="right") - 1
        taken = np.empty((len(index), *self.shape[1:]), self.dtype)
        for number in np.unique(owner).tolist():
            own = owner == number
            taken[own] = self._rows[number].take(index[own] - self._starts[number])
        return taken

    def parts(self) -> Sequence[Rows]:
        """Return the parts of all; see `Rows.parts`."""
        return tuple(part for rows in self._rows for part in rows.parts())
