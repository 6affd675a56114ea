"""Grids of small images, each pixel drawn as a square of whole dots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scoreline._typing import Array
from scoreline.report.figures.base import SCALE, WIDTH, add_axes
from scoreline.report.figures.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Grid", "draw_image"]

#: From the figure's edge, and between columns, in CSS pixels.
EDGE, GAP = 14, 12


@dataclass(frozen=True)
class Grid:
    """Places of `n` images in rows of `columns`: `top` pixels above them all, `caption` pixels above each."""

    n: int
    columns: int
    caption: float
    top: float

    @property
    def tile(self) -> float:
        """Side of one square place."""
        return (WIDTH - 2 * EDGE - (self.columns - 1) * GAP) / self.columns

    @property
    def height(self) -> float:
        """Height of a figure that holds the grid."""
        rows = -(-self.n // self.columns)
        return self.top + rows * (self.caption + self.tile + GAP) + EDGE - GAP

    def corner(self, i: int) -> tuple[float, float]:
        """Return the left and upper edge of image `i`, its caption lying above."""
        row, place = divmod(i, self.columns)
        return (
            EDGE + place * (self.tile + GAP),
            self.top + row * (self.caption + self.tile + GAP) + self.caption,
        )


def draw_image(figure: Figure, image: Array, left: float, top: float, side: float, theme: Theme) -> None:
    """Draw an image ``(H, W, 3)`` as large as whole multiples allow in a square place; larger ones are shrunk.

    Parameters
    ----------
    figure : Figure
        Where to draw.
    image : array (H, W, 3) of uint8, or of floats in [0, 1]
        Colours.
    left, top, side : float
        The square, in CSS pixels.
    theme : Theme
        Colour of the thin frame.
    """
    height, width = image.shape[:2]
    dots = int(side * SCALE)
    factor = dots // max(height, width)
    shown_height, shown_width = (
        (height * factor, width * factor)
        if factor
        else (max(1, dots * height // max(height, width)), max(1, dots * width // max(height, width)))
    )
    # Whole dots for the corner too, else the frame and the outer pixels are smeared.
    left, top = round(left * SCALE) / SCALE, round(top * SCALE) / SCALE
    axes = add_axes(figure, left, top, shown_width / SCALE, shown_height / SCALE)
    method = "nearest" if factor else "antialiased"
    axes.imshow(np.asarray(image), interpolation=method, aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(theme.rule)
        spine.set_linewidth(0.6)
