"""Lines over epochs: what the loss curves and the comparison of runs share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.problem.history import History as Recorded
from scoreline.report.figures.base import add_axes, add_text, plain_axes, shorten, spread, text_width
from scoreline.report.figures.theme import LINE_STYLES, MARKERS, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Curve",
    "History",
    "Limits",
    "Panel",
    "column",
    "columns_of",
    "draw_panel",
    "end_labels",
    "label_width",
    "loss_limits",
    "time_axis",
    "write_loss",
    "write_share",
]

#: Column name -> one number an epoch; None or NaN where nothing was measured.
History: TypeAlias = Mapping[str, Sequence[float | None]]

#: Ranges whose highest value is more than this times the lowest get a logarithmic axis.
_LOG_RATIO = 20
#: A diverging curve is clipped when it would make the axis more than this times as high as the others need.
_CUT_RATIO = 2
#: In CSS pixels: from the plot to a label's sample of the line, that sample, and from base line to base line.
_LEADER, _SAMPLE, _LINE_HEIGHT = 8, 20, 16
_WIDEST_LABEL = 150


@dataclass(frozen=True)
class Curve:
    """One line.

    Parameters
    ----------
    label : str
        Its name.
    x : array (n,) of floats
        Where it was measured.
    y : array (n,) of floats
        What was measured; NaN leaves a gap, infinity leaves the plot.
    index : int
        Its place in the order of colours, line styles and markers.
    """

    label: str
    x: FloatArray
    y: FloatArray
    index: int

    @property
    def known(self) -> FloatArray:
        """The finite values."""
        return self.y[np.isfinite(self.y)]

    @property
    def runs_away(self) -> bool:
        """Whether it ends above its start, or at infinity."""
        return bool(np.isinf(self.y).any() or self.known[-1] > self.known[0])


@dataclass(frozen=True)
class Limits:
    """The ends of a vertical axis, and whether it is logarithmic."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Return the position of `value` between the lower end (0) and the upper end (1)."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        return math.log(value / self.low) / math.log(self.high / self.low)


@dataclass(frozen=True)
class Panel:
    """Where a plot is in the figure (CSS pixels), its axis labels and the format of its values."""

    left: float
    top: float
    width: float
    height: float
    title: str
    x_label: str
    write: Callable[[float], str]


def columns_of(history: History | Recorded) -> History:
    """Return a history as columns by name; ``classifier.history_`` is given as it is."""
    return history.columns() if isinstance(history, Recorded) else history


def column(history: History, name: str) -> FloatArray | None:
    """Return a column as float64, None becoming NaN; None where it has no finite number at all."""
    values = np.array([math.nan if v is None else v for v in history.get(name, ())], dtype=np.float64)
    return values if np.isfinite(values).any() else None


def time_axis(history: History, length: int) -> tuple[FloatArray, str]:
    """Return the positions of `length` values, and their unit: epochs, else steps, else measurements."""
    for name in ("epoch", "step"):
        values = column(history, name)
        if values is not None and len(values) == length and np.isfinite(values).all():
            return values, name.capitalize()
    return np.arange(1, length + 1, dtype=np.float64), "Measurement"


def loss_limits(curves: Sequence[Curve], also: float | None = None) -> Limits:
    """Return the limits for losses; `also` is a value that must be seen.

    Diverging curves do not squeeze the others: where they would, the axis ends a little above the others.
    """
    tame = [curve.known for curve in curves if not curve.runs_away] or [curve.known for curve in curves]
    values = np.concatenate([*tame, [] if also is None else [also]])
    low, high = float(values.min()), float(values.max())
    highest = max(float(curve.known.max()) for curve in curves)
    low = min(low, *(float(curve.known.min()) for curve in curves))
    high = highest if high < highest <= _CUT_RATIO * high else high
    if low > 0 and high / low > _LOG_RATIO:
        return Limits(low / 1.4, high * 1.6, log=True)
    margin = 0.07 * (high - low) or 0.5 * abs(high) or 0.5
    return Limits(0.0 if 0 <= low < 0.4 * high else low - margin, high + margin)


def write_loss(value: float) -> str:
    """Return a loss as text: three digits, and powers of ten only where they are shorter."""
    return f"{value:.3g}" if abs(value) < 1e3 else f"{value:.0f}" if abs(value) < 1e5 else f"{value:.0e}"


def write_share(value: float) -> str:
    """Return a share of one as a percentage."""
    return f"{100 * value:.3g}%"


def label_width(labels: Sequence[str], theme: Theme) -> float:
    """Return the width in CSS pixels that the lines' labels need at the right of a plot."""
    widest = max(text_width(label, theme.body) for label in labels)
    return _LEADER + _SAMPLE + 6 + min(widest, _WIDEST_LABEL) + 12


def end_labels(curves: Sequence[Curve], limits: Limits, write: Callable[[float], str]) -> list[str]:
    """Return each line's label: its name and its last value, with an arrow where that is above the plot."""
    labels = []
    for curve in curves:
        last = curve.known[-1]
        gone = "↑ " if np.isinf(curve.y).any() or last > limits.high else ""
        labels.append(f"{curve.label} {gone}{write(float(last))}")
    return labels


def draw_panel(figure: Figure, panel: Panel, curves: Sequence[Curve], limits: Limits, theme: Theme) -> Axes:
    """Draw `curves` into a new panel of `figure`, each with its name and last value at its end."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

    axes = add_axes(figure, panel.left, panel.top, panel.width, panel.height)
    plain_axes(axes, theme)
    if limits.log:
        axes.set_yscale("log")
        steps = (1.0, 2.0, 5.0) if limits.high / limits.low < 1e3 else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=steps, numticks=8))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: panel.write(value)))
    axes.set_ylim(limits.low, limits.high)
    x = np.concatenate([curve.x for curve in curves])
    if x.min() == x.max():  # one measurement is in the middle
        axes.set_xlim(x[0] - 1, x[0] + 1)
        axes.xaxis.set_major_locator(FixedLocator([float(x[0])]))
    else:
        axes.set_xlim(x.min(), x.max())
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    add_text(figure, panel.left, panel.top - 12, panel.title, theme.title, weight="bold", color=theme.ink)
    bottom = panel.top + panel.height
    add_text(
        figure, panel.left + panel.width, bottom + 34, panel.x_label, theme.small, color=theme.muted, ha="right"
    )
    for curve in curves:
        _draw_line(axes, curve, limits, theme)
    _draw_labels(axes, panel, curves, limits, theme)
    return axes


def _colour(curve: Curve, theme: Theme) -> str:
    return theme.series[curve.index % len(theme.series)]


def _draw_line(axes: Axes, curve: Curve, limits: Limits, theme: Theme) -> None:
    measured = ~np.isnan(curve.y)
    # Infinity is drawn as a point far above, so that the line visibly leaves the plot.
    x, y = curve.x[measured], np.where(np.isinf(curve.y), 1e3 * abs(limits.high), curve.y)[measured]
    every = max(1, len(x) // 6)
    axes.plot(
        x,
        y,
        color=_colour(curve, theme),
        linestyle=LINE_STYLES[curve.index % len(LINE_STYLES)],
        linewidth=1.7,
        marker=MARKERS[curve.index % len(MARKERS)],
        markersize=4.5,
        markeredgewidth=0,
        markevery=((len(x) - 1) % every, every),
        clip_on=bool((y > limits.high).any()),
    )
    if not (y > limits.high).any():
        return
    first = int(np.argmax(y > limits.high))
    edge = x[first]
    if first:  # where the straight line between two points crosses the edge
        below, above = limits.place(y[first - 1]), limits.place(y[first])
        edge = x[first - 1] + (x[first] - x[first - 1]) * (1 - below) / (above - below)
    axes.plot(
        [edge],
        [1.0],
        transform=axes.get_xaxis_transform(),
        color=_colour(curve, theme),
        marker="^",
        markersize=7,
        markeredgewidth=0,
        clip_on=False,
    )


def _draw_labels(axes: Axes, panel: Panel, curves: Sequence[Curve], limits: Limits, theme: Theme) -> None:
    """Write each line's label at the right, with a sample of the line and a leader to its end."""
    from matplotlib.lines import Line2D

    places = [min(limits.place(float(curve.known[-1])), 1.0) for curve in curves]
    places = [1.0 if np.isinf(curve.y).any() else place for curve, place in zip(curves, places, strict=True)]
    moved = spread(places, _LINE_HEIGHT / panel.height, 0.0, 1.0)
    right = axes.get_xlim()[1]
    start, stop = 1 + _LEADER / panel.width, 1 + (_LEADER + _SAMPLE) / panel.width
    labels = end_labels(curves, limits, panel.write)
    for curve, place, at, label in zip(curves, places, moved, labels, strict=True):
        colour = _colour(curve, theme)
        if curve.x[np.isfinite(curve.y)][-1] == right and place < 1:
            thread = Line2D(
                [1, start], [place, at], color=colour, linewidth=0.8, transform=axes.transAxes, clip_on=False
            )
            axes.add_artist(thread)
        sample = Line2D(
            [start, (start + stop) / 2, stop],
            [at] * 3,
            color=colour,
            linestyle=LINE_STYLES[curve.index % len(LINE_STYLES)],
            linewidth=1.7,
            marker=MARKERS[curve.index % len(MARKERS)],
            markersize=4.5,
            markeredgewidth=0,
            markevery=[1],
            transform=axes.transAxes,
            clip_on=False,
        )
        axes.add_artist(sample)
        figure_x = panel.left + panel.width * stop + 6
        figure_y = panel.top + panel.height * (1 - at)
        owner = axes.figure.get_figure(root=True)
        add_text(
            owner, figure_x, figure_y, shorten(label, _WIDEST_LABEL, theme.body), theme.body,
            color=theme.ink, va="center_baseline",
        )  # fmt: skip
