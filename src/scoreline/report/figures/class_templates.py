"""Each class's weights as an image, its template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.errors import DataError
from scoreline.report.figures.base import WIDTH, add_axes, add_text, new_figure, shorten
from scoreline.report.figures.png import SCALE
from scoreline.report.figures.theme import LIGHT, Theme
from scoreline.report.figures.tiles import EDGE, Grid, draw_image

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["class_templates"]

_TOP, _CAPTION, _KEY = 44, 20, 34
#: Classes that are drawn; of more, the first.
_MOST = 100


def class_templates(coef: Array, shape: tuple[int, ...], classes: Sequence[Any], theme: Theme = LIGHT) -> Figure:
    """Draw the weights of each class as an image, each scaled by its own largest weight.

    Colour images: weight 0 is mid-grey, and a positive weight for red, green or blue shows as more of it.
    Grey images: a diverging scale around 0.

    Parameters
    ----------
    coef : array (C, D), or (1, D) for two classes, of floats
        Weights; a single row is that of class 1, its negative that of class 0.
    shape : tuple of two or three int
        ``(H, W)`` or ``(H, W, ch)`` with ``H * W * ch = D`` and one or three channels.
    classes : sequence of C
        Names of the classes, such as ``classifier.classes_``.
    theme : Theme, default LIGHT
        Colours and type.

    Raises
    ------
    DataError
        The shapes do not fit, or a weight is not finite.
    """
    height, width, channels = shape if len(shape) == 3 else (*shape, 1)
    rows = np.concatenate([-coef, coef]) if len(coef) == 1 and len(classes) == 2 else coef
    if channels not in (1, 3) or rows.shape != (len(classes), height * width * channels):
        raise DataError(
            f"Weights of shape {coef.shape} of {len(classes)} classes came for images of shape {shape}",
            allowed="one row a class (or one for two classes) with H * W * ch weights, ch being 1 or 3",
            fix="draw templates only of classifiers trained on the pixels themselves",
        )
    if not np.isfinite(rows).all():
        raise DataError(
            "Some weights are not finite",
            allowed="finite weights",
            fix="train again with a lower learning rate; the weights have diverged",
        )
    title = f"Class templates, {_MOST} of {len(rows):,}" if len(rows) > _MOST else "Class templates"
    rows, classes = rows[:_MOST], classes[:_MOST]
    many = len(rows) > 25
    grid = Grid(len(rows), _columns(len(rows)), _CAPTION, _TOP, 1.5 * WIDTH if many else WIDTH)
    key = _KEY if channels == 1 else 0
    figure = new_figure(theme, grid.width, grid.height + key)
    add_text(figure, EDGE, 30, title, theme.title, weight="bold", color=theme.ink)
    scale = _diverging(theme)
    size = theme.small if many else theme.body
    for i, (row, name) in enumerate(zip(rows, classes, strict=True)):
        left, top = grid.corner(i)
        add_text(figure, left, top - 5, shorten(str(name), grid.tile, size), size, color=theme.ink)
        weights = _thinned(row.reshape(height, width, channels), int(grid.tile * SCALE))
        draw_image(figure, _picture(weights, scale), left, top, grid.tile, theme)
    if key:
        _draw_key(figure, scale, grid.height, theme)
    return figure


def _columns(n: int) -> int:
    """Return the number of templates in a row: few large ones, or many small ones."""
    return max(2, n) if n <= 5 else 5 if n <= 25 else 10


def _diverging(theme: Theme) -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("weights", [theme.low, theme.middle, theme.high])


def _thinned(weights: FloatArray, dots: int) -> FloatArray:
    """Return weights ``(H, W, ch)``, those of many more pixels than dots as means over squares of them."""
    side = max(weights.shape[:2]) // dots
    if side < 2:
        return weights
    height, width = (max(length // side, 1) for length in weights.shape[:2])
    squares = weights[: height * side, : width * side]
    rows, columns = squares.shape[0] // height, squares.shape[1] // width
    return np.asarray(squares.reshape(height, rows, width, columns, -1).mean(axis=(1, 3)))


def _picture(weights: FloatArray, scale: Colormap) -> FloatArray:
    """Return colours ``(H, W, 3)`` in [0, 1] for weights ``(H, W, ch)``."""
    largest = float(np.abs(weights).max())
    level = 0.5 + 0.5 * weights / largest if largest else np.full(weights.shape, 0.5)
    return level if weights.shape[2] == 3 else np.asarray(scale(level[..., 0]))[..., :3]


def _draw_key(figure: Figure, scale: Colormap, top: float, theme: Theme) -> None:
    """Draw the diverging scale with its meaning."""
    axes = add_axes(figure, EDGE + 92, top + 4, 80, 8)
    axes.imshow(np.linspace(0, 1, 160)[None, :], cmap=scale, aspect="auto")
    axes.set_axis_off()
    add_text(figure, EDGE, top + 12, "negative weight", theme.small, color=theme.muted)
    add_text(figure, EDGE + 180, top + 12, "positive weight", theme.small, color=theme.muted)
