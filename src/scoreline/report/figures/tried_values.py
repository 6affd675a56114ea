"""Axes over the values of a setting that was tried: one place for each, in even steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scoreline.report.figures.base import font, text_width
from scoreline.report.figures.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axis import Axis

__all__ = ["name_values", "write_value"]

#: Between two names along an axis, in CSS pixels.
_GAP = 12


def write_value(value: float) -> str:
    """Return a value in at most three digits, powers of ten without leading zeros: ``1e-6``, ``0.0215``."""
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e")


def name_values(axis: Axis, values: Sequence[float], step: float, needed: float | None, theme: Theme) -> None:
    """Write values along an axis whose places are 0, 1, ..., as many of them as fit.

    Parameters
    ----------
    axis : Axis
        Horizontal or vertical axis of a plot.
    values : sequence of float
    step : float
        CSS pixels from one place to the next.
    needed : float or None
        CSS pixels that a name takes along the axis; None measures its width.
    theme : Theme
    """
    names = [write_value(value) for value in values]
    room = max(text_width(name, theme.small) for name in names) + _GAP if needed is None else needed
    every = max(1, -int(-room // step))
    places = list(range(0, len(values), every))
    axis.set_ticks(places, [names[place] for place in places])
    for label in axis.get_ticklabels():
        label.set_fontproperties(font(theme.small))
        label.set_color(theme.muted)
