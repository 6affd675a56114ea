"""Values of a setting that a sweep tries: a range as text, a number of values, or the values themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np

from scoreline._text import shown
from scoreline._typing import FloatArray
from scoreline.errors import UsageError

__all__ = ["Range", "read_values"]

#: What `read_values` takes.
Range: TypeAlias = str | int | Iterable[float]

#: Values at the most: beyond it, somebody has mistaken a number for another.
MOST_VALUES = 10_000
#: Digits that the values of a range keep, so that they can be written down and given back.
DIGITS = 6


def read_values(name: str, given: Range, *, low: float = 1e-6, high: float = 1.0) -> FloatArray:
    """Return the values, rising and each once, float64 ``(n,)``.

    Parameters
    ----------
    name : str
        What they are values of, for messages.
    given : str, int or iterable of numbers
        ``"low:high:count"``: so many values from `low` to `high`, evenly spaced on a logarithmic scale and rounded
        to six digits. ``"0.1,0.3"``: these values. An int: so many values from the parameter `low` to `high`.
        Anything else: the values.
    low, high : float, default 1e-6 and 1
        The ends of the range where only a count is given.

    Raises
    ------
    UsageError
        The text cannot be read, or a value is negative or no finite number.
    """
    try:
        if isinstance(given, str):
            values = _spelled_out(given)
        elif isinstance(given, int | np.integer):
            values = _logarithmic(low, high, int(given))
        else:
            values = [float(value) for value in given]
    except (TypeError, ValueError, OverflowError):
        values = []
    numbers = np.unique(np.array(values[: MOST_VALUES + 1], dtype=np.float64))
    if not 0 < len(values) <= MOST_VALUES or not np.isfinite(numbers).all() or numbers[0] < 0:
        raise UsageError(
            f"The values of {name} are {shown(given)}",
            allowed=f"numbers >= 0, or low:high:count with 0 < low <= high and at most {MOST_VALUES:,} values",
            fix=f"write a range such as 1e-6:1:13, or values such as 0.001,0.01, for {name}",
        )
    return numbers


def _spelled_out(text: str) -> list[float]:
    if ":" not in text:
        return [float(value) for value in text.split(",")]
    low, high, count = text.split(":")
    return _logarithmic(float(low), float(high), int(count))


def _logarithmic(low: float, high: float, count: int) -> list[float]:
    if not (0 < low <= high < np.inf and 1 <= count <= MOST_VALUES):
        return []
    return [float(f"{value:.{DIGITS}g}") for value in np.geomspace(low, high, count)]
