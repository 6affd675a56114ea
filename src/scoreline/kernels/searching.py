"""The largest of many numbers and where it stands, by vectors: of such loops the compiler makes none."""

from __future__ import annotations

from scoreline.kernels.compiling import compiled
from scoreline.kernels.vectors import LANES, highest, load, maximum

__all__ = ["first_place", "largest"]

#: Numbers that are searched at a time.
_SEARCHED = 64


@compiled
def largest(numbers, low, high):
    """Return the largest of ``numbers[low:high]``, float32 and not empty."""
    best = numbers[low]
    vectors = (high - low) // LANES
    if vectors > 0:
        most = load(numbers, low)
        for v in range(1, vectors):
            most = maximum(load(numbers, low + v * LANES), most)
        best = highest(most)
    for c in range(low + vectors * LANES, high):
        best = max(best, numbers[c])
    return best


@compiled
def first_place(numbers, value):
    """Return the first place of a value that is among the numbers: its block is found before its place."""
    for low in range(0, len(numbers), _SEARCHED):
        block = numbers[low : low + _SEARCHED]
        found = 0
        for k in range(len(block)):
            found |= block[k] == value
        if found:
            for k in range(len(block)):
                if block[k] == value:
                    return low + k
    return 0
