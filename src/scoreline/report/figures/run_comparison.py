"""Several runs' losses on one axis: the learning-rate picture, the optimisers side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scoreline.engine.problem.history import History as Recorded
from scoreline.report.figures.base import WIDTH, add_text, new_figure, shorten
from scoreline.report.figures.curves import (
    Curve,
    History,
    Panel,
    column,
    columns_of,
    draw_panel,
    end_labels,
    label_width,
    loss_limits,
    time_axis,
    write_loss,
)
from scoreline.report.figures.theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["run_comparison"]

_TOP, _LEFT, _HEIGHT, _BOTTOM = 44, 50, 300, 70


def run_comparison(
    histories: Mapping[str, History | Recorded],
    theme: Theme = LIGHT,
    *,
    measure: str = "train_loss",
    title: str = "Training loss",
) -> Figure:
    """Draw one line a run.

    A run that diverges leaves the plot at its upper edge instead of squeezing the others; its label has its last
    value. Runs without one finite value are named below the plot.

    Parameters
    ----------
    histories : mapping of str to history
        The runs' names and what was recorded of each; see `loss_curves`.
    theme : Theme, default LIGHT
        Colours and type.
    measure : str, default "train_loss"
        The column to draw.
    title : str, default "Training loss"
        What that column is, for the reader.
    """
    tables = {name: columns_of(history) for name, history in histories.items()}
    values = {name: column(table, measure) for name, table in tables.items()}
    curves = [
        Curve(name, time_axis(tables[name], len(y))[0], y, index)
        for index, (name, y) in enumerate(values.items())
        if y is not None
    ]
    figure = new_figure(theme, WIDTH + 80, _TOP + _HEIGHT + _BOTTOM)
    empty = [name for name, y in values.items() if y is None]
    if curves:
        limits = loss_limits(curves)
        width = WIDTH + 80 - _LEFT - label_width(end_labels(curves, limits, write_loss), theme)
        x_label = time_axis(tables[curves[0].label], len(curves[0].x))[1]
        panel = Panel(_LEFT, _TOP, width, _HEIGHT, title, x_label, write_loss)
        draw_panel(figure, panel, curves, limits, theme)
    if empty or not curves:
        note = f"Without a finite value: {', '.join(empty)}" if empty else "No runs to compare"
        note = shorten(note, WIDTH + 80 - 2 * _LEFT, theme.small)
        add_text(figure, _LEFT, _TOP + _HEIGHT + 54, note, theme.small, color=theme.muted)
    return figure
