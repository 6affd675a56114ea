"""What rows are: N examples, wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from scoreline._typing import Array, Labels
from scoreline.errors import DataError

__all__ = ["Rows", "SparseMatrix", "checked_places"]

#: A `scipy.sparse.csr_array`, each entry of which is stored once; scipy is imported where there is one.
SparseMatrix: TypeAlias = Any


@runtime_checkable
class Rows(Protocol):
    """N examples of one shape and dtype. Reading never changes them."""

    @property
    def shape(self) -> tuple[int, ...]:
        """``(N, D)`` for vectors, ``(N, H, W, ch)`` for images."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what `read` and `take` return."""

    @property
    def array(self) -> Array | None:
        """All examples as one C-contiguous array, in memory or memory-mapped, where they lie in one; else None."""

    @property
    def matrix(self) -> SparseMatrix | None:
        """All examples as one sparse matrix in the CSR format, where they lie in sparse ones; else None."""

    def __len__(self) -> int:
        """Return N."""

    def read(self, start: int, stop: int) -> Array:
        """Return examples from `start` up to `stop` (at most N), C-contiguous: a view where that is possible."""

    def take(self, index: Array) -> Array:
        """Return a new array of the examples at the places `index` ``(n,)``; DataError beyond 0 to N - 1."""

    def parts(self) -> Sequence[Rows]:
        """Return the natural shards, in order: files or arrays that are best read as a whole; one where all is."""


def checked_places(index: Array, n: int) -> Labels:
    """Return places as integers; raise DataError unless each is from 0 to n - 1."""
    places: Labels = np.asarray(index)
    if not len(places):
        return places.astype(np.int64)
    if not 0 <= places.min() <= places.max() < n:
        raise DataError(
            f"Rows from place {places.min()} to {places.max()} are to be taken out of {n}",
            allowed=f"places from 0 to {n - 1}" if n else "no place: there are no rows",
            fix="correct the places",
        )
    return places
