"""What rows are: N examples, wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from scoreline._typing import Array

__all__ = ["Rows"]


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

    def __len__(self) -> int:
        """Return N."""

    def read(self, start: int, stop: int) -> Array:
        """Return examples from `start` up to `stop` (at most N), C-contiguous: a view where that is possible."""

    def take(self, index: Array) -> Array:
        """Return a new array of the examples at the places `index` ``(n,)``, each from 0 to N - 1."""

    def parts(self) -> Sequence[Rows]:
        """Return the natural shards, in order: files or arrays that are best read as a whole; one where all is."""
