"""The most confident mistakes of a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scoreline._typing import Array
from scoreline.report.figures.base import WIDTH, add_text, new_figure, shorten, text_width
from scoreline.report.figures.theme import LIGHT, Theme
from scoreline.report.figures.tiles import EDGE, Grid, draw_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["mistakes"]

_TOP, _CAPTION, _COLUMNS = 50, 38, 4


def mistakes(
    images: Array,
    true: Array,
    predicted: Array,
    confidence: Array,
    classes: Sequence[Any],
    theme: Theme = LIGHT,
) -> Figure:
    """Draw images with predicted class, confidence and true class.

    Parameters
    ----------
    images : array (M, H, W, ch) or (M, H, W) of uint8
        The images in the order in which they are to be shown.
    true, predicted : array (M,) of integers
        Labels.
    confidence : array (M,) of floats
        Probability of the predicted class, or its margin over the true one.
    classes : sequence of C
        Names of the classes, such as ``classifier.classes_``.
    theme : Theme, default LIGHT
        Colours and type.
    """
    grid = Grid(max(len(images), 1), _COLUMNS, _CAPTION, _TOP - 8)
    figure = new_figure(theme, WIDTH, grid.height if len(images) else 90)
    add_text(figure, EDGE, 30, "Most confident mistakes", theme.title, weight="bold", color=theme.ink)
    if not len(images):
        add_text(figure, EDGE, 60, "There is none: every prediction was right", theme.body, color=theme.muted)
    for i, image in enumerate(images):
        left, top = grid.corner(i)
        number = f"({confidence[i]:.2f})"
        room = grid.tile - text_width(f" {number}", theme.body)
        named = f"{shorten(str(classes[predicted[i]]), room, theme.body)} {number}"
        truth = shorten(f"true: {classes[true[i]]}", grid.tile, theme.small)
        add_text(figure, left, top - 19, named, theme.body, color=theme.ink)
        add_text(figure, left, top - 6, truth, theme.small, color=theme.muted)
        draw_image(figure, _colours(image), left, top, grid.tile, theme)
    return figure


def _colours(image: Array) -> Array:
    """Return ``(H, W, 3)`` for an image with one channel, three, or none named."""
    planes = image.reshape(*image.shape[:2], -1)
    return np.repeat(planes, 3, axis=2) if planes.shape[2] == 1 else planes
