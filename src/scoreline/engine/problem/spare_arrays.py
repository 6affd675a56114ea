"""Memory of vectors that nobody holds any more, for the vectors to come."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from scoreline._typing import FloatArray

__all__ = ["SpareArrays"]

#: Arrays that are kept: those of a point's slopes, of a line search and of a search for the bias.
KEPT = 3


def _references(arrays: Sequence[np.ndarray[Any, Any]]) -> list[int]:
    return [sys.getrefcount(array) for array in arrays]


#: What is counted of an array that its list alone holds, which differs between versions of Python. Views, and
#: whatever else lives on an array's memory, refer to it too.
ALONE = _references([np.empty(0)])[0]


class SpareArrays:
    """Hands out arrays again once there are no other references to them.

    The system hands out large arrays page by page, each filled with zeros when it is first written to: with 18,000
    x 1,000 scores that took 3 of 26 seconds of processor time.
    """

    def __init__(self) -> None:
        self._arrays: list[FloatArray] = []

    def empty_like(self, like: FloatArray) -> FloatArray:
        """Return an array of the shape and dtype of another one, whatever is in it."""
        for array, count in zip(self._arrays, _references(self._arrays), strict=True):
            if count == ALONE and array.shape == like.shape and array.dtype == like.dtype:
                return array
        made: FloatArray = np.empty(like.shape, like.dtype)
        self._arrays = [made, *self._arrays][:KEPT]
        return made
