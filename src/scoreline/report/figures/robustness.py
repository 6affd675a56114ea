"""Accuracy under graded changes of the images: a small curve a challenge, with a picture of each grade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.report.figures.base import WIDTH, add_axes, add_text, new_figure, plain_axes, shorten, text_width
from scoreline.report.figures.curves import write_share
from scoreline.report.figures.theme import LIGHT, Theme
from scoreline.report.figures.tiles import EDGE, draw_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scoreline.report.figures.drawn import DrawnFigure

__all__ = ["ChallengeCurve", "robustness"]

#: In CSS pixels: above all panels; of a panel its title, its row of pictures, its plot and what is below that.
_TOP, _TITLE, _PLOT, _BELOW = 44, 22, 64, 34
_COLUMNS, _GAP, _BETWEEN = 2, 22, 4


class ChallengeCurve(NamedTuple):
    """What a panel shows.

    Parameters
    ----------
    name : str
        The challenge.
    labels : sequence of n str
        Its grades.
    accuracy : array (n,)
        The accuracy at each grade.
    intervals : array (n, 2)
        Its lower and upper end.
    pictures : array (n, H, W, ch) of uint8
        An image at each grade.
    """

    name: str
    labels: Sequence[str]
    accuracy: FloatArray
    intervals: FloatArray
    pictures: Array


def robustness(curves: Sequence[ChallengeCurve], theme: Theme = LIGHT, *, chance: float = 0.0) -> Figure:
    """Draw a panel for each challenge: an image at each grade, and the accuracy below it with its interval.

    Parameters
    ----------
    curves : sequence of ChallengeCurve
    theme : Theme, default LIGHT
        Colours and type.
    chance : float, default 0
        Accuracy of the majority-class baseline, which is a line in each panel.
    """
    width = (WIDTH - 2 * EDGE - (_COLUMNS - 1) * _GAP) / _COLUMNS
    most = max((len(curve.labels) for curve in curves), default=1)
    side = (width - (most - 1) * _BETWEEN) / most
    height = _TITLE + side + _PLOT + _BELOW
    figure = new_figure(theme, WIDTH, _TOP + max(-(-len(curves) // _COLUMNS), 1) * height + EDGE)
    add_text(figure, EDGE, 30, "Accuracy on changed images", theme.title, weight="bold", color=theme.ink)
    highest = max((float(curve.intervals.max()) for curve in curves), default=1.0)
    for number, curve in enumerate(curves):
        row, column = divmod(number, _COLUMNS)
        corner = EDGE + column * (width + _GAP), _TOP + row * height
        _draw_pictures(figure, curve, corner, side, theme)
        place = corner[0], corner[1] + _TITLE + side + 6
        _draw_curve(figure, curve, (*place, width, side), min(highest * 1.05, 1.0), theme, chance)
    return figure


def _draw_pictures(
    figure: DrawnFigure, curve: ChallengeCurve, corner: tuple[float, float], side: float, theme: Theme
) -> None:
    left, top = corner
    add_text(figure, left, top + 14, curve.name, theme.body, weight="bold", color=theme.ink)
    ends = " to ".join(write_share(round(float(curve.accuracy[place]), 3)) for place in (0, -1))
    right = left + len(curve.labels) * (side + _BETWEEN) - _BETWEEN
    add_text(figure, right, top + 14, ends, theme.small, color=theme.muted, ha="right")
    for number, picture in enumerate(curve.pictures):
        colours = picture if picture.shape[2] == 3 else picture.repeat(3, axis=2)
        draw_image(figure, colours, left + number * (side + _BETWEEN), top + _TITLE, side, theme)


def _draw_curve(
    figure: Figure,
    curve: ChallengeCurve,
    place: tuple[float, float, float, float],
    highest: float,
    theme: Theme,
    chance: float,
) -> None:
    """Draw the accuracy, each grade below the middle of its picture."""
    left, top, width, side = place
    axes = add_axes(figure, left, top, width, _PLOT)
    plain_axes(axes, theme)
    middles = (np.arange(len(curve.labels)) * (side + _BETWEEN) + side / 2) / width
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(highest, 0.01))
    axes.fill_between(middles, *curve.intervals.T, color=theme.series[0], alpha=0.2, linewidth=0)
    axes.plot(middles, curve.accuracy, color=theme.series[0], marker="o", markersize=3.5, linewidth=1.5)
    axes.axhline(chance, color=theme.muted, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_yticks([])
    axes.set_xticks([])
    for middle, label in zip(middles, curve.labels, strict=True):
        text = shorten(label, side + _BETWEEN, theme.small)
        start = left + middle * width - text_width(text, theme.small) / 2
        add_text(figure, start, top + _PLOT + 14, text, theme.small, color=theme.muted)
