"""An image, and what several kinds of features see in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scoreline._typing import Array
from scoreline.features import FeatureExtractor
from scoreline.report.figures.base import WIDTH, add_text, new_figure, shorten
from scoreline.report.figures.feature_pictures import picture_of
from scoreline.report.figures.png import SCALE
from scoreline.report.figures.theme import LIGHT, Theme
from scoreline.report.figures.tiles import EDGE, Grid, draw_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["feature_views"]

_TOP, _CAPTION, _MOST_COLUMNS = 44, 20, 4


def feature_views(
    image: Array, parts: Sequence[tuple[str, FeatureExtractor]], theme: Theme = LIGHT, *, title: str = "Features"
) -> Figure:
    """Draw an image, and what each extractor sees in it.

    Parameters
    ----------
    image : array (H, W, ch) of uint8
    parts : sequence of (str, FeatureExtractor)
        Names, and fitted extractors.
    theme : Theme, default LIGHT
        Colours and type.
    title : str
    """
    columns = min(_MOST_COLUMNS, len(parts) + 1)
    grid = Grid(len(parts) + 1, columns, _CAPTION, _TOP, WIDTH if columns < _MOST_COLUMNS else 1.5 * WIDTH)
    figure = new_figure(theme, grid.width, grid.height)
    heading = shorten(title, grid.width - 2 * EDGE, theme.title)
    add_text(figure, EDGE, 30, heading, theme.title, weight="bold", color=theme.ink)
    pictures: list[tuple[str, Array]] = [("image", np.broadcast_to(image / 255, (*image.shape[:2], 3)))]
    pictures += [(name, picture_of(extractor, image, theme)) for name, extractor in parts]
    for i, (name, picture) in enumerate(pictures):
        left, top = grid.corner(i)
        add_text(figure, left, top - 5, shorten(name, grid.tile, theme.body), theme.body, color=theme.ink)
        draw_image(figure, _filling(picture, int(grid.tile * SCALE)), left, top, grid.tile, theme)
    return figure


def _filling(picture: Array, dots: int) -> Array:
    """Return a picture with `dots` on its longer side, if that enlarges it; squares differ by a dot at most."""
    longest = max(picture.shape[:2])
    if longest >= dots:
        return picture
    rows, columns = (np.arange(round(side * dots / longest)) * longest // dots for side in picture.shape[:2])
    return picture[np.ix_(rows, columns)]
