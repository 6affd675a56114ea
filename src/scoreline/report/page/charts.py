"""Small charts as SVG: colours are those of the page, so that one drawing does for light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.report.calibration import CalibrationBin
from scoreline.report.page.markup import Html, text

__all__ = ["Line", "bar", "line_chart", "region_map", "reliability_chart", "small_curve"]

#: In units of the drawing, which are CSS pixels where there is room: the sides of a chart, and of its margins.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 440, 240, 60, 28, 12, 42
#: Shades of a field of a map, each of which is one path in the file.
_SHADES = 8


class Line(NamedTuple):
    """A curve with its name, and the ends of its intervals where it has any."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    intervals: Sequence[tuple[float, float]] = ()


class _Frame(NamedTuple):
    """Where values lie in a chart."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        low, high = self.x
        return _LEFT + (value - low) / ((high - low) or 1) * (_WIDTH - _LEFT - _RIGHT)

    def down(self, value: float) -> float:
        low, high = self.y
        return _HEIGHT - _BOTTOM - (value - low) / ((high - low) or 1) * (_HEIGHT - _TOP - _BOTTOM)

    def points(self, x: Sequence[float], y: Sequence[float]) -> str:
        return " ".join(f"{self.across(a):.1f},{self.down(b):.1f}" for a, b in zip(x, y, strict=True))


def line_chart(
    title: str, lines: Sequence[Line], ticks: Sequence[tuple[float, str]], axes: tuple[str, str], top: float = 1.0
) -> Html:
    """Return curves of shares over anything.

    Parameters
    ----------
    title : str
        For screen readers.
    lines : sequence of Line
    ticks : sequence of (value, label)
        Of the horizontal axis.
    axes : (str, str)
        Names of both axes.
    top : float, default 1
        Largest share on the vertical axis, which begins at 0.
    """
    places = [value for value, _ in ticks]
    frame = _Frame((min(places), max(places)), (0.0, top))
    drawn = [_grid(frame, ticks, axes)]
    for number, line in enumerate(lines):
        if line.intervals:
            low, high = zip(*line.intervals, strict=True)
            outline = frame.points(line.x, high) + " " + frame.points(list(line.x)[::-1], list(low)[::-1])
            drawn.append(f'<polygon class="band series-{number}" points="{outline}"/>')
        drawn.append(f'<polyline class="line series-{number}" points="{frame.points(line.x, line.y)}"/>')
        drawn += [
            f'<circle class="dot series-{number}" cx="{frame.across(a):.1f}" cy="{frame.down(b):.1f}" r="3"/>'
            for a, b in zip(line.x, line.y, strict=True)
        ]
    legend = "".join(
        f'<li><span class="key series-{number}"></span>{text(line.name)}</li>' for number, line in enumerate(lines)
    )
    return Html(_svg(title, "".join(drawn)) + (f'<ul class="legend">{legend}</ul>' if len(lines) > 1 else ""))


def reliability_chart(title: str, bins: Sequence[CalibrationBin]) -> Html:
    """Return a reliability diagram: accuracy by confidence, which on the diagonal would be equal."""
    frame = _Frame((0.0, 1.0), (0.0, 1.0))
    ticks = [(k / 5, f"{k / 5:.0%}") for k in range(6)]
    most = max((bin_.n for bin_ in bins), default=1)
    drawn = [_grid(frame, ticks, ("confidence", "accuracy"))]
    for bin_ in (bin_ for bin_ in bins if bin_.n):
        left, right, top = frame.across(bin_.low), frame.across(bin_.high), frame.down(bin_.accuracy)
        # Bars of few examples are pale: they say little.
        weight = 0.25 + 0.6 * math.sqrt(bin_.n / most)
        drawn.append(
            f'<rect class="bar" x="{left + 1:.1f}" y="{top:.1f}" width="{right - left - 2:.1f}" '
            f'height="{frame.down(0) - top:.1f}" opacity="{weight:.2f}"/>'
        )
    drawn.append(f'<polyline class="diagonal" points="{frame.points((0, 1), (0, 1))}"/>')
    return _svg(title, "".join(drawn))


def small_curve(title: str, y: Sequence[float], intervals: Sequence[tuple[float, float]], base: float) -> Html:
    """Return a curve that is as wide as what it stands below, each value in the middle of its place."""
    n, height = len(y), 48.0
    x = [100 * (k + 0.5) / n for k in range(n)]
    top = max(0.01, *(high for _, high in intervals))

    def down(value: float) -> float:
        return height - 2 - value / top * (height - 4)

    upper = [f"{a:.1f},{down(high):.1f}" for a, (_, high) in zip(x, intervals, strict=True)]
    lower = [f"{a:.1f},{down(low):.1f}" for a, (low, _) in zip(x, intervals, strict=True)]
    line = " ".join(f"{a:.1f},{down(b):.1f}" for a, b in zip(x, y, strict=True))
    return Html(
        f'<svg class="small" viewBox="0 0 100 {height:g}" preserveAspectRatio="none" role="img">'
        f"<title>{text(title)}</title>"
        f'<line class="base" x1="0" x2="100" y1="{down(base):.1f}" y2="{down(base):.1f}"/>'
        f'<polygon class="band series-0" points="{" ".join(upper + lower[::-1])}"/>'
        f'<polyline class="line series-0" points="{line}"/></svg>'
    )


def region_map(title: str, values: FloatArray, sides: tuple[int, ...]) -> Html:
    """Return the contributions of the fields of a grid over an image, the largest in full colour, none at 0.

    Parameters
    ----------
    title : str
        For screen readers.
    values : array (rows, columns)
    sides : (int, int)
        Height and width of the image.
    """
    (rows, columns), (height, width) = values.shape, sides
    largest = float(np.abs(values).max()) or 1.0
    places: dict[int, str] = {}
    for (row, column), shade in np.ndenumerate(np.rint(_SHADES * values / largest).astype(int)):
        if shade:
            places[int(shade)] = places.get(int(shade), "") + f"M{column} {row}h1v1h-1z"
    paths = "".join(
        f'<path class="{"positive" if shade > 0 else "negative"}" opacity="{abs(shade) / _SHADES:g}" d="{path}"/>'
        for shade, path in sorted(places.items())
    )
    return Html(
        f'<svg class="map" viewBox="0 0 {width} {height}" role="img"><title>{text(title)}</title>'
        f'<g transform="scale({width / columns:g} {height / rows:g})">{paths}</g></svg>'
    )


def bar(value: float, ends: tuple[float, float] | None = None) -> Html:
    """Return a share as a bar with its interval, of the height of a line of text."""
    if math.isnan(value):
        return Html("")
    whisker = ""
    if ends is not None and not math.isnan(ends[0]):
        low, high = (100 * end for end in ends)
        whisker = f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="5" y2="5"/>'
    return Html(
        '<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="10"/>'
        f'<rect class="bar" width="{100 * value:.1f}" height="10"/>{whisker}</svg>'
    )


def _grid(frame: _Frame, ticks: Sequence[tuple[float, str]], axes: tuple[str, str]) -> str:
    low, high = frame.y
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2) if high <= 5.01 * step)
    drawn = []
    for k in range(int(high / step + 1e-9) + 1):
        y = frame.down(low + k * step)
        drawn.append(f'<line class="rule" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text class="tick end" x="{_LEFT - 6}" y="{y + 4:.1f}">{k * step:.0%}</text>')
    for value, label in ticks:
        x = frame.across(value)
        drawn.append(f'<text class="tick middle" x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}">{escape(label)}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    drawn.append(f'<text class="tick middle" x="{middle}" y="{_HEIGHT - 6}">{escape(axes[0])}</text>')
    centre = (_TOP + _HEIGHT - _BOTTOM) / 2
    drawn.append(
        f'<text class="tick middle" transform="translate(12 {centre}) rotate(-90)">{escape(axes[1])}</text>'
    )
    return "".join(drawn)


def _svg(title: str, content: str) -> Html:
    return Html(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{text(title)}</title>'
        f"{content}</svg>"
    )
