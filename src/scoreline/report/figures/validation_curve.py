"""Validation accuracy over the values of one setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.report.figures.base import WIDTH, add_axes, add_text, new_figure, plain_axes, shorten
from scoreline.report.figures.curves import write_share
from scoreline.report.figures.theme import LIGHT, LINE_STYLES, MARKERS, Theme
from scoreline.report.figures.tried_values import name_values, write_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["validation_curve"]

_TOP, _LEFT, _HEIGHT, _RIGHT, _LINE = 44, 54, 260, 22, 18


def validation_curve(
    accuracies: Mapping[str, FloatArray],
    values: Sequence[float],
    theme: Theme = LIGHT,
    *,
    best: Mapping[str, int],
    setting: str = "lam",
    title: str = "Validation accuracy",
) -> Figure:
    """Draw one line a solver over the values of a setting; a ring marks the best of each.

    Parameters
    ----------
    accuracies : mapping of str to array (n,)
        By the solvers' names; NaN leaves a gap where training diverged.
    values : sequence of n float
        The setting's values, increasing.
    theme : Theme, default LIGHT
        Colours and type.
    best : mapping of str to int
        Place of each solver's best; none for one that diverged everywhere.
    setting : str, default "lam"
        The setting's name.
    title : str, default "Validation accuracy"
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure = new_figure(theme, WIDTH, _TOP + _HEIGHT + 52 + _LINE * len(accuracies))
    width = WIDTH - _LEFT - _RIGHT
    axes = add_axes(figure, _LEFT, _TOP, width, _HEIGHT)
    plain_axes(axes, theme)
    ends = len(values) - 1
    margin = 0.03 * max(ends, 1)
    axes.set_xlim(-margin, ends + margin)
    name_values(axes.xaxis, values, width / max(ends, 1), None, theme)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: write_share(share)))
    bottom = _TOP + _HEIGHT
    for index, (name, accuracy) in enumerate(accuracies.items()):
        place = best.get(name)
        _draw_line(axes, accuracy, place, index, theme)
        words = "diverged everywhere"
        if place is not None:
            share = write_share(round(float(accuracy[place]), 4))
            words = f"best {share} at {setting} {write_value(values[place])}"
        label = shorten(f"{name}: {words}", WIDTH - _LEFT - 50, theme.body)
        _draw_sample(figure, bottom + 52 + _LINE * index, index, theme)
        add_text(figure, _LEFT + 34, bottom + 56 + _LINE * index, label, theme.body, color=theme.ink)
    add_text(figure, 14, 30, title, theme.title, weight="bold", color=theme.ink)
    add_text(figure, _LEFT + width, bottom + 34, setting, theme.small, color=theme.muted, ha="right")
    return figure


def _style(index: int, theme: Theme) -> dict[str, Any]:
    return {
        "color": theme.series[index % len(theme.series)],
        "linestyle": LINE_STYLES[index % len(LINE_STYLES)],
        "marker": MARKERS[index % len(MARKERS)],
        "linewidth": 1.7,
        "markersize": 4,
        "markeredgewidth": 0,
    }


def _draw_line(axes: Axes, accuracy: FloatArray, best: int | None, index: int, theme: Theme) -> None:
    """Draw one line with a ring around its best."""
    axes.plot(np.arange(len(accuracy)), accuracy, **_style(index, theme))
    if best is not None:
        ring: dict[str, Any] = {"marker": "o", "markersize": 10, "fillstyle": "none", "markeredgewidth": 1.6}
        axes.plot([best], [accuracy[best]], color=theme.series[index % len(theme.series)], **ring)


def _draw_sample(figure: Figure, y: float, index: int, theme: Theme) -> None:
    """Draw a sample of a line next to its name."""
    axes = add_axes(figure, _LEFT, y - 5, 26, 10)
    axes.set_axis_off()
    axes.plot([0, 1, 2], [0, 0, 0], markevery=[1], **_style(index, theme))
