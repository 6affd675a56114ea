"""Accuracy against seconds: the Pareto frontier of classifiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from scoreline.report.figures.base import WIDTH, add_axes, add_text, new_figure, plain_axes, shorten, text_width
from scoreline.report.figures.curves import write_share
from scoreline.report.figures.theme import LIGHT, MARKERS, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["frontier"]

_TOP, _LEFT, _HEIGHT, _RIGHT, _LINE = 44, 54, 300, 22, 18
#: Positions of a number next to its point, in points of type: its centre, and the corner where it begins.
_NEAR = [
    (np.array([11.0, 9.0]), (6.0, 5.0)),
    (np.array([11.0, -9.0]), (6.0, -13.0)),
    (np.array([-11.0, 9.0]), (-6.0, 5.0)),
    (np.array([-11.0, -9.0]), (-6.0, -13.0)),
]
#: Distance from other points and numbers at which a place is free.
_FREE = 11.0


def frontier(
    points: Mapping[str, tuple[float, float]],
    theme: Theme = LIGHT,
    *,
    measured: str = "seconds for features and training",
) -> Figure:
    """Draw a point a classifier, numbered, and a line along the Pareto frontier.

    Parameters
    ----------
    points : mapping of str to (float, float)
        Seconds (above 0) and accuracy, by the classifiers' names.
    theme : Theme, default LIGHT
        Colours and type.
    measured : str
        What the seconds measure.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    figure = new_figure(theme, WIDTH, _TOP + _HEIGHT + 56 + _LINE * len(points))
    width = WIDTH - _LEFT - _RIGHT
    axes = add_axes(figure, _LEFT, _TOP, width, _HEIGHT)
    plain_axes(axes, theme)
    axes.set_xscale("log")
    axes.margins(0.08, 0.12)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: write_share(share)))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))  # any range has at least one of them
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    seconds = np.array([point[0] for point in points.values()])
    accuracy = np.array([point[1] for point in points.values()])
    unbeaten = _unbeaten(seconds, accuracy)
    axes.plot(seconds[unbeaten], accuracy[unbeaten], color=theme.muted, linewidth=1.2, drawstyle="steps-post")
    bottom = _TOP + _HEIGHT
    for i in range(len(points)):
        colour = theme.series[i % len(theme.series)]
        axes.plot(seconds[i], accuracy[i], MARKERS[i % len(MARKERS)], color=colour, markersize=7)
    axes.autoscale_view()
    places = axes.transData.transform(np.column_stack([seconds, accuracy])) * 72 / figure.dpi
    for i, offset in enumerate(_free_places(places)):
        axes.annotate(
            str(i + 1),
            (float(seconds[i]), float(accuracy[i])),
            xytext=offset,
            textcoords="offset points",
            ha="left" if offset[0] > 0 else "right",
            color=theme.ink,
            fontsize=theme.small,
        )
    for i, name in enumerate(points):
        result = f": {write_share(round(float(accuracy[i]), 4))} in {seconds[i]:.3g} s"
        label = _label(f"{i + 1}  {name}", result, WIDTH - _LEFT - 20, theme.body)
        add_text(figure, _LEFT, bottom + 60 + _LINE * i, label, theme.body, color=theme.ink)
    add_text(figure, 14, 30, "Accuracy against seconds", theme.title, weight="bold", color=theme.ink)
    add_text(figure, _LEFT + width, bottom + 34, measured, theme.small, color=theme.muted, ha="right")
    return figure


def _free_places(points: np.ndarray) -> list[tuple[float, float]]:
    """Return for each point ``(n, 2)``, in points of type, a position of its number without overlap."""
    taken = list(points)
    chosen = []
    for point in points:
        away = [min(_distance(point + to, other) for other in taken) for to, _ in _NEAR]
        # The first place that is free, or the freest.
        best = next((j for j, least in enumerate(away) if least >= _FREE), int(np.argmax(away)))
        centre, offset = _NEAR[best]
        taken.append(point + centre)
        chosen.append(offset)
    return chosen


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.hypot(*(a - b)))


def _unbeaten(seconds: np.ndarray, accuracy: np.ndarray) -> list[int]:
    """Return the points that are more accurate than all quicker ones, from the quickest on."""
    kept: list[int] = []
    for i in np.lexsort((-accuracy, seconds)):
        if not kept or accuracy[i] > accuracy[kept[-1]]:
            kept.append(int(i))
    return kept


def _label(name: str, result: str, width: float, size: float) -> str:
    """Return a name and its result, at most `width` wide; of ``features, loss`` the features are cut."""
    features, comma, loss = name.rpartition(", ")
    end = f"{comma}{loss}{result}"
    if not features:
        return shorten(end, width, size)
    return shorten(features, width - text_width(end, size), size) + end
