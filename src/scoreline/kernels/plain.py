"""Functions for compiled forms of parts: what they mean. Compiled code has faster ones by the same names."""

from __future__ import annotations

import numpy as np

from scoreline._typing import FloatArray

__all__ = ["exponential", "first_place", "largest"]


def exponential(x: np.float32) -> np.float32:
    """Return :math:`e^x` of a float32 that is at most 0."""
    return np.exp(x)


def largest(numbers: FloatArray, low: int, high: int) -> np.float32:
    """Return the largest of ``numbers[low:high]``, float32 and not empty."""
    return numbers[low:high].max()


def first_place(numbers: FloatArray, value: np.float32) -> int:
    """Return the first place of a value that is among the numbers."""
    return int((numbers == value).argmax())
