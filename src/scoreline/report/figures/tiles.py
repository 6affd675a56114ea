"""Grids of small images, each pixel drawn as a square of whole dots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scoreline._typing import Array
from scoreline.report.figures.base import WIDTH
from scoreline.report.figures.png import SCALE
from scoreline.report.figures.theme import Theme

if TYPE_CHECKING:
    from scoreline.report.figures.drawn import DrawnFigure

__all__ = ["EDGE", "Grid", "draw_image"]

#: From the figure's edge, and between columns, in CSS pixels.
EDGE, GAP = 14, 12


@dataclass(frozen=True)
class Grid:
    """Places of `n` images in rows of `columns`: `top` pixels above them all, `caption` pixels above each."""

    n: int
    columns: int
    caption: float
    top: float
    width: float = WIDTH

    @property
    def tile(self) -> float:
        """Side of one square place."""
        return (self.width - 2 * EDGE - (self.columns - 1) * GAP) / self.columns

    @property
    def height(self) -> float:
        """Height of a figure that holds the grid."""
        rows = -(-self.n // self.columns)
        return self.top + rows * (self.caption + self.tile + GAP) + EDGE - GAP

    def corner(self, i: int) -> tuple[float, float]:
        """Return the left and upper edge of image `i`, below its caption."""
        row, place = divmod(i, self.columns)
        return (
            EDGE + place * (self.tile + GAP),
            self.top + row * (self.caption + self.tile + GAP) + self.caption,
        )


def draw_image(figure: DrawnFigure, image: Array, left: float, top: float, side: float, theme: Theme) -> None:
    """Draw an image ``(H, W, 3)`` as large as whole multiples allow in a square place; larger ones are shrunk.

    The dots are put into the figure as they are: axes would resample them, and a hundred axes take seconds.

    Parameters
    ----------
    figure : DrawnFigure
        Where to draw; to be saved with the resolution that it was made with.
    image : array (H, W, 3) of uint8, or of floats in [0, 1]
        Colours.
    left, top, side : float
        The square, in CSS pixels.
    theme : Theme
        Colour of the thin frame.
    """
    from matplotlib.colors import to_rgb

    colours = image if image.dtype == np.uint8 else np.rint(255 * image).astype(np.uint8)
    frame = np.array(to_rgb(theme.rule))
    dots = np.pad(_fit(colours, int(side * SCALE)), ((1, 1), (1, 1), (0, 0)))
    dots[[0, -1]] = dots[:, [0, -1]] = np.rint(255 * frame)
    bottom = round(figure.bbox.height) - round(top * SCALE) - dots.shape[0]
    figure.add_dots(dots, round(left * SCALE), bottom)


def _fit(image: Array, dots: int) -> Array:
    """Return the uint8 image, scaled to at most `dots` on its longer side; enlarged by whole multiples only."""
    from PIL import Image

    height, width = image.shape[:2]
    factor = dots // max(height, width)
    if factor:
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    scale = dots / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
