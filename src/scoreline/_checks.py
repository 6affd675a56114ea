"""Checks of numbers that every kind of part shares."""

from __future__ import annotations

import math

from scoreline.errors import UsageError

__all__ = ["check_number"]


def check_number(name: str, value: float, low: float, high: float = math.inf, *, above: bool = False) -> None:
    """Raise UsageError unless ``low <= value < high`` (``low < value`` if `above`)."""
    if value < high and (value > low if above else value >= low):
        return
    bracket = "(" if above else "["
    raise UsageError(
        f"{name} is {value}",
        allowed=f"a number in {bracket}{low:g}, {high:g})",
        fix=f"leave {name} out to use its default",
    )
