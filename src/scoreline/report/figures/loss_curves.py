"""The losses and accuracies of one run, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from scoreline.engine.problem.history import History as Recorded
from scoreline.report.figures.base import WIDTH, add_text, new_figure, text_width
from scoreline.report.figures.curves import (
    Curve,
    History,
    Limits,
    Panel,
    column,
    columns_of,
    draw_panel,
    end_labels,
    label_width,
    loss_limits,
    time_axis,
    write_loss,
    write_share,
)
from scoreline.report.figures.theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["loss_curves"]

#: Columns of the two panels, with their names in the figure; a pair of one kind keeps its colour in both.
_LOSSES = {"train_loss": ("train", 0), "validation_loss": ("validation", 1), "objective": ("objective", 2)}
_ACCURACIES = {"train_accuracy": ("train", 0), "validation_accuracy": ("validation", 1)}

_TOP, _LEFT, _HEIGHT, _BETWEEN, _BOTTOM = 44, 50, 190, 96, 48


class _Group(NamedTuple):
    """What one panel shows."""

    title: str
    curves: list[Curve]
    limits: Limits
    write: Callable[[float], str]


def loss_curves(history: History | Recorded, theme: Theme = LIGHT, *, first_loss: float | None = None) -> Figure:
    """Draw the losses (with the objective, which adds the penalty) and the accuracies of one run.

    Parameters
    ----------
    history : a classifier's ``history_``, or mapping of str to sequence of floats
        ``train_loss``, ``objective``, ``validation_loss``, ``train_accuracy``, ``validation_accuracy`` over
        ``epoch`` or ``step``; columns may be missing, entries None or NaN.
    theme : Theme, default LIGHT
        Colours and type.
    first_loss : float, optional
        The loss to be expected at ``W = 0`` (``ln C`` for softmax, ``C - 1`` for the hinge): a line to start at.
    """
    history = columns_of(history)
    groups = _groups(history, first_loss)
    height = _TOP + max(len(groups), 1) * (_HEIGHT + _BETWEEN) - _BETWEEN + _BOTTOM
    figure = new_figure(theme, WIDTH, height)
    if not groups:
        add_text(figure, _LEFT, height / 2, "No losses were recorded", theme.body, color=theme.muted)
        return figure
    x_label = time_axis(history, len(groups[0].curves[0].x))[1]
    labels = [label for group in groups for label in end_labels(*group[1:])]
    width = WIDTH - _LEFT - label_width(labels, theme)
    for i, group in enumerate(groups):
        panel = Panel(_LEFT, _TOP + i * (_HEIGHT + _BETWEEN), width, _HEIGHT, group.title, x_label, group.write)
        axes = draw_panel(figure, panel, group.curves, group.limits, theme)
        if group.title == "Loss" and first_loss is not None:
            _draw_first_loss(axes, panel, first_loss, group.limits, theme)
    return figure


def _groups(history: History, first_loss: float | None) -> list[_Group]:
    groups = []
    if losses := _curves(history, _LOSSES):
        groups.append(_Group("Loss", losses, loss_limits(losses, first_loss), write_loss))
    if shares := _curves(history, _ACCURACIES):
        values = [float(value) for curve in shares for value in curve.known]
        low, high = min(values), max(values)
        margin = max(0.07 * (high - low), 0.01)
        limits = Limits(0.0 if low < 0.4 * high else low - margin, min(high + margin, 1.0))  # nothing is above 1
        groups.append(_Group("Accuracy", shares, limits, write_share))
    return groups


def _curves(history: History, columns: Mapping[str, tuple[str, int]]) -> list[Curve]:
    found = []
    for name, (label, index) in columns.items():
        values = column(history, name)
        if values is not None:
            found.append(Curve(label, time_axis(history, len(values))[0], values, index))
    return found


def _draw_first_loss(axes: Axes, panel: Panel, value: float, limits: Limits, theme: Theme) -> None:
    """Draw the dotted line of the loss at ``W = 0``, its name above it at the right, clear of the curves."""
    axes.axhline(value, color=theme.muted, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    label = f"expected at W = 0: {write_loss(value)}"
    y = panel.top + panel.height * (1 - limits.place(value)) - 4
    left = panel.left + panel.width - text_width(label, theme.small)
    add_text(axes.figure.get_figure(root=True), left, y, label, theme.small, color=theme.muted)
