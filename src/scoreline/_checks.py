"""Checks of numbers that every kind of part shares."""

from __future__ import annotations

import math
import numbers
from typing import Any

from scoreline.errors import UsageError

__all__ = ["check_field", "check_number", "describe_range"]


def describe_range(
    low: float | None, high: float | None, *, above: bool = False, below: bool = False, whole: bool = False
) -> str:
    """Return which numbers are allowed, in words; a bound that is None is none.

    Parameters
    ----------
    low, high : float or None
    above, below : bool, default False
        Whether numbers must be above `low`, and below `high`.
    whole : bool, default False
    """
    kind = "a whole number" if whole else "a number"
    least = "" if low is None else f"{low:,}"
    most = "" if high is None else f"{'below ' * below}{high:,}"
    if least and most:
        return f"{kind} {'above' if above else 'from'} {least} {'and ' if above else 'to '}{most}"
    if least:
        return f"{kind} {'above' if above else 'of at least'} {least}"
    return f"{kind} {'' if below else 'of at most '}{most}" if most else kind


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


def check_field(part: Any, name: str, low: float, high: float = math.inf, *, above: bool = False) -> None:
    """Check a number that a frozen part has just been given, and keep it as a plain float.

    A NumPy scalar would not do: ``np.float64(0.9) * gradient`` is float64 even where the gradient is float32.

    Raises
    ------
    UsageError
        The field is no number or lies outside the range of `check_number`.
    """
    given = getattr(part, name)
    if not isinstance(given, numbers.Real):
        raise UsageError(f"{name} is {given!r}", allowed="a number", fix=f"leave {name} out to use its default")
    value = float(given)
    check_number(name, value, low, high, above=above)
    object.__setattr__(part, name, value)  # the part is frozen, but this is still its making
