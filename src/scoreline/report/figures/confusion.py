"""The confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.report.figures.base import (
    WIDTH,
    add_axes,
    add_text,
    contrasting,
    font,
    legible,
    new_figure,
    shorten,
    text_width,
)
from scoreline.report.figures.theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["confusion"]

#: Up to this many classes the cells show their counts; beyond it only some classes' names are written.
_MOST_COUNTS = 25
#: Widest name in CSS pixels, and the space a name needs along the axis.
_WIDEST_NAME, _NAME_HEIGHT = 110, 13
_TOP, _GAP, _BOTTOM = 44, 8, 24
#: Shades grow with this power of the share: else mistakes of a few per cent each would be invisible.
_GAMMA = 0.6


def confusion(matrix: Array, classes: Sequence[Any], theme: Theme = LIGHT) -> Figure:
    """Draw counts of true (rows) against predicted classes (columns), shaded by their share of the row.

    Shades are not linear: they grow with a power of the share, so that small shares are visible.

    Parameters
    ----------
    matrix : array (C, C) of integers
        Counts; a class without examples leaves an empty row.
    classes : sequence of C
        Names of the classes, such as ``classifier.classes_``.
    theme : Theme, default LIGHT
        Colours and type.
    """
    from matplotlib.colors import LinearSegmentedColormap

    n = len(classes)
    totals = matrix.sum(axis=1, keepdims=True)
    shares = matrix / np.maximum(totals, 1)
    width = WIDTH if n <= 12 else 1.5 * WIDTH
    # Names that do not fit are not measured.
    every = max(1, n * _NAME_HEIGHT // int(width))
    names = {k: shorten(str(classes[k]), _WIDEST_NAME, theme.body) for k in range(0, n, every)}
    widest = max(text_width(name, theme.body) for name in names.values())
    gutter = max(widest + 22 + _GAP, 60)
    side = min(width - gutter - 16, 160 * n)
    turned = side / n < widest + 6
    below = _GAP + (widest if turned else _NAME_HEIGHT) + 14
    figure = new_figure(theme, width, _TOP + side + below + _BOTTOM)
    axes = add_axes(figure, gutter, _TOP, side, side)
    colours = LinearSegmentedColormap.from_list("share", [theme.paper, theme.full])
    shades = np.asarray(colours(shares**_GAMMA))[..., :3]
    axes.imshow(shades, interpolation="nearest", aspect="auto")
    for spine in axes.spines.values():
        spine.set_color(theme.rule)
    _name_axes(axes, names, side / n, turned, theme)
    if n <= _MOST_COUNTS:
        _write_counts(axes, matrix, shades, side / n, theme)
    add_text(figure, 14, 30, "Confusion", theme.title, weight="bold", color=theme.ink)
    bottom = _TOP + side + below
    add_text(figure, gutter + side, bottom + 4, "predicted class", theme.small, color=theme.muted, ha="right")
    middle = {"rotation": 90, "va": "center", "ha": "center"}
    add_text(figure, 18, _TOP + side / 2, "true class", theme.small, color=theme.muted, **middle)
    return figure


def _name_axes(axes: Axes, names: Mapping[int, str], cell: float, turned: bool, theme: Theme) -> None:
    """Write the classes' names along both axes, as many of them as fit."""
    apart = list(names)[1] if len(names) > 1 else 1
    every = apart * int(np.ceil(_NAME_HEIGHT / (cell * apart)))
    places = [place for place in names if place % every == 0]
    written = [legible(names[place]) for place in places]
    axes.set_xticks(places, written, rotation=90 if turned else 0, parse_math=False)
    axes.set_yticks(places, written, parse_math=False)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font(theme.body))
        label.set_color(theme.ink)
    # Ticks are drawn only where names are left out, to show where the others belong.
    axes.tick_params(length=3 if every > 1 else 0, color=theme.muted, pad=4)


def _write_counts(axes: Axes, matrix: Array, shades: FloatArray, cell: float, theme: Theme) -> None:
    """Write each count that is not zero into its cell, as large as fits, in a colour of high contrast."""
    widest = max(text_width(str(int(matrix.max())), theme.body), 1)
    size = min(theme.body, theme.body * (cell - 3) / widest)
    for (row, place), count in np.ndenumerate(matrix):
        if count:
            colour = contrasting(tuple(shades[row, place]), theme.ink, theme.paper)
            text = axes.text(place, row, str(int(count)), ha="center", va="center_baseline", color=colour)
            text.set_fontproperties(font(size))
