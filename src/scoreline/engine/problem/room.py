"""Memory of vectors that nobody holds any more, for the vectors to come."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from scoreline._typing import FloatArray

__all__ = ["Room"]

#: Arrays that are kept: those of a point's slopes, of a line search and of a search for the bias.
KEPT = 3
#: References to an array that nobody else holds: from the list, the loop and the call that counts them. Views and
#: whatever else lives on its memory refer to it too.
FREE = 3


class Room:
    """Hands out arrays again once there are no other references to them.

    The system hands out large arrays page by page, each filled with zeros when it is first written to: with 18,000
    x 1,000 scores that takes as long as their losses and slopes take, at every step of a line search.
    """

    def __init__(self) -> None:
        self._arrays: list[FloatArray] = []

    def empty_like(self, like: FloatArray) -> FloatArray:
        """Return an array of the shape and dtype of another one, whatever is in it."""
        for array in self._arrays:
            if sys.getrefcount(array) == FREE and _are_alike(array, like):
                return array
        made: FloatArray = np.empty(like.shape, like.dtype)
        self._arrays = [made, *self._arrays][:KEPT]
        return made


def _are_alike(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype
