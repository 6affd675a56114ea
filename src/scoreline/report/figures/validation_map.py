"""Validation accuracy over the grid of strengths and learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.report.figures.base import (
    WIDTH,
    add_axes,
    add_text,
    contrasting,
    font,
    new_figure,
    shorten,
    text_width,
)
from scoreline.report.figures.curves import write_share
from scoreline.report.figures.theme import LIGHT, Theme
from scoreline.report.figures.tried_values import name_values, write_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["validation_map"]

_TOP, _BOTTOM, _RIGHT = 50, 68, 18
#: Width in CSS pixels from which a cell shows its number, and of the colour scale.
_WORDY, _KEY = 36, 80
#: Shades grow with this power of the accuracy: else the good ones, which matter, would look the same.
_GAMMA = 2
#: The lightest shade, so that the worst cell does not look empty.
_LIGHTEST = 0.08
#: Columns up to which the figure has the usual width.
_MOST_NARROW = 14


def validation_map(
    accuracy: FloatArray,
    lams: Sequence[float],
    lrs: Sequence[float],
    theme: Theme = LIGHT,
    *,
    dropped: Array | None = None,
    best: tuple[int, int] | None = None,
    title: str = "Validation accuracy",
) -> Figure:
    """Draw a heat map, strengths from left to right, learning rates from bottom to top, the best framed.

    Shades are not linear: they grow with a power of the accuracy, so that the good ones can be distinguished.

    Parameters
    ----------
    accuracy : array (m, n)
        One row a learning rate, one column a strength; NaN, drawn as a cross, where training diverged.
    lams : sequence of n float
        Strengths of the penalty.
    lrs : sequence of m float
        Learning rates.
    theme : Theme, default LIGHT
        Colours and type.
    dropped : bool array (m, n), optional
        Which were stopped early; they show a dot, and the accuracy at that point.
    best : (int, int), optional
        Row and column of the best.
    title : str, default "Validation accuracy"
    """
    from matplotlib.colors import LinearSegmentedColormap

    m, n = accuracy.shape
    width = WIDTH if n <= _MOST_NARROW else 1.5 * WIDTH
    left = 34 + max(text_width(write_value(lr), theme.small) for lr in lrs)
    across = width - left - _RIGHT
    cell, row = across / n, float(np.clip(300 / m, 14, 34))
    figure = new_figure(theme, width, _TOP + row * m + _BOTTOM)
    axes = add_axes(figure, left, _TOP, across, row * m)
    for spine in axes.spines.values():
        spine.set_color(theme.rule)
    axes.tick_params(length=0, pad=5)
    low, high = _range(accuracy)
    colours = LinearSegmentedColormap.from_list("accuracy", [theme.paper, theme.full])
    depths = np.where(np.isnan(accuracy), 0, _depth((accuracy - low) / (high - low)))
    shades = np.asarray(colours(depths))[..., :3]
    axes.imshow(shades, interpolation="nearest", aspect="auto", origin="lower")
    name_values(axes.xaxis, lams, cell, None, theme)
    name_values(axes.yaxis, lrs, row, 15, theme)
    out = np.zeros(accuracy.shape, dtype=bool) if dropped is None else dropped
    _write_cells(axes, accuracy, shades, out, cell, theme)
    if best is not None:
        _frame(axes, best, theme)
    title = shorten(title, width - 14 - _KEY - 130, theme.title)
    add_text(figure, 14, 30, title, theme.title, weight="bold", color=theme.ink)
    _draw_key(figure, colours, (low, high), width, theme)
    bottom = _TOP + row * m
    add_text(figure, left + across, bottom + 36, "lam", theme.small, color=theme.muted, ha="right")
    add_text(
        figure, 20, _TOP + row * m / 2, "learning rate", theme.small,
        color=theme.muted, rotation=90, va="center", ha="center",
    )  # fmt: skip
    legend = [
        ("• stopped early", theme.muted, bool(out.any())),
        ("× diverged", theme.muted, bool(np.isnan(accuracy).any())),
    ]
    if best is not None:
        place = f"lam {write_value(lams[best[1]])}, lr {write_value(lrs[best[0]])}"
        legend.insert(0, (f"□ best: {write_share(round(accuracy[best], 4))} at {place}", theme.high, True))
    _write_legend(figure, bottom + 56, legend, theme)
    return figure


def _write_legend(figure: Figure, y: float, legend: Sequence[tuple[str, str, bool]], theme: Theme) -> None:
    """Write the signs that there are, (words, colour, whether) each, side by side."""
    x = 14.0
    for words, colour, there in legend:
        if there:
            add_text(figure, x, y, words, theme.small, color=colour)
            x += text_width(words, theme.small) + 18


def _depth(share: FloatArray) -> FloatArray:
    """Return the depth of the shade for a place in the range, both in [0, 1]."""
    return _LIGHTEST + (1 - _LIGHTEST) * share**_GAMMA


def _range(accuracy: FloatArray) -> tuple[float, float]:
    """Return the ends of the scale, which are never the same."""
    known = accuracy[np.isfinite(accuracy)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low - 0.01, high)


def _write_cells(
    axes: Axes, accuracy: FloatArray, shades: FloatArray, dropped: Array, cell: float, theme: Theme
) -> None:
    """Write a cross, a dot or, where there is room, the number into the cells."""
    for (row, column), value in np.ndenumerate(accuracy):
        colour = contrasting(tuple(shades[row, column]), theme.ink, theme.paper)
        number = f"{100 * value:.1f}" if cell >= _WORDY else ""
        words = "×" if np.isnan(value) else f"{number}•" if dropped[row, column] else number
        if words:
            text = axes.text(column, row, words, ha="center", va="center_baseline", color=colour)
            text.set_fontproperties(font(theme.small))


def _frame(axes: Axes, place: tuple[int, int], theme: Theme) -> None:
    """Frame the cell at (row, column)."""
    from matplotlib.patches import Rectangle

    row, column = place
    frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=theme.high, linewidth=2, zorder=3)
    frame.set_clip_on(False)
    axes.add_patch(frame)


def _draw_key(figure: Figure, colours: Colormap, ends: tuple[float, float], width: float, theme: Theme) -> None:
    """Draw the scale of shades with its ends."""
    high = write_share(round(ends[1], 3))
    right = width - _RIGHT - text_width(high, theme.small) - 6
    axes = add_axes(figure, right - _KEY, 22, _KEY, 10)
    axes.imshow(_depth(np.linspace(0, 1, 64))[None], cmap=colours, vmin=0, vmax=1, aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(theme.rule)
    add_text(figure, right + 6, 31, high, theme.small, color=theme.muted)
    add_text(
        figure, right - _KEY - 6, 31, write_share(round(ends[0], 3)), theme.small, color=theme.muted, ha="right"
    )
