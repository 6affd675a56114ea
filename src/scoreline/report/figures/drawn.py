"""A figure that shows itself in a notebook, without pyplot; imported when the first one is drawn."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.image import FigureImage
from matplotlib.transforms import Bbox

from scoreline._typing import Array
from scoreline.report.figures.png import SCALE, png_bytes

__all__ = ["DrawnFigure"]


class Dots(FigureImage):
    """An image of whole dots that keeps its place when a figure is saved with other margins."""

    def __init__(self, figure: Figure, dots: Array, left: int, bottom: int) -> None:
        super().__init__(figure, offsetx=left, offsety=bottom, origin="upper")
        self.set_data(dots)
        self._home = figure

    def make_image(self, renderer: Any, magnification: float = 1.0, unsampled: bool = False) -> Any:
        """Return the dots and their position."""
        image, left, bottom, transform = super().make_image(renderer, magnification, unsampled)
        # Notebooks add a margin (bbox_inches="tight"), which moves all that the figure's transformation places.
        margin = self._home.transFigure.transform((0, 0))
        return image, left + round(margin[0]), bottom + round(margin[1]), transform


class DrawnFigure(Figure):
    """A matplotlib figure in the size that it was laid out for, wherever it is shown."""

    def add_dots(self, dots: Array, left: int, bottom: int) -> None:
        """Put an image ``(h, w, 3)`` of uint8 into the figure, dot by dot."""
        if not self.axes:
            # Notebooks show nothing of a figure without axes.
            self.add_axes((0, 0, 1, 1)).set_axis_off()
        self.images.append(Dots(self, dots, left, bottom))

    def get_tightbbox(self, *args: Any, **kwargs: Any) -> Bbox:
        """Return the whole figure, as its margins belong to it."""
        del args, kwargs
        return Bbox.from_bounds(0, 0, *self.get_size_inches())

    def _repr_png_(self) -> bytes:
        return png_bytes(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the picture with its size in CSS pixels, so that its dots are not shown twice as large."""
        del kwargs
        width, height = (round(side / SCALE) for side in self.bbox.size)
        size = {"width": width, "height": height}
        return {"image/png": png_bytes(self), "text/plain": repr(self)}, {"image/png": size}
