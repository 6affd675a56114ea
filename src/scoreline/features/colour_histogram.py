"""The base of histograms of colours: their parameters, and the check for colour images."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, TypeAlias

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.errors import DataError
from scoreline.features.descriptor import Describe, ImageDescriptor, raise_to

__all__ = ["AddPixels", "ColourHistogram"]

#: Adds the pixels of images to sums ``(n, cells, ..., bins)`` of zeros, given the grid.
AddPixels: TypeAlias = Callable[[Array, int, Array], None]


class ColourHistogram(ImageDescriptor):
    """A histogram of each cell of a grid over each channel of some description of colour."""

    bins: int
    grid: int
    power: float

    #: Name among the features, and what the histogram is of.
    name: ClassVar[str]
    subject: ClassVar[str]
    #: Shape of the channels of which each has bins of its own; empty for one.
    channels: ClassVar[tuple[int, ...]] = ()

    @abstractmethod
    def _add_pixels(self) -> AddPixels:
        """Return the compiled loop."""

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        add_pixels, sums = self._add_pixels(), (self.grid**2, *self.channels, self.bins)

        def describe(images: Array, out: Array) -> None:
            out[:] = 0
            add_pixels(images, self.grid, out.reshape(len(out), *sums))
            raise_to(self.power, out)

        return math.prod(sums), describe

    def _least_side(self) -> int:
        for name in ("bins", "grid"):
            check_number(name, getattr(self, name), 1)
        check_number("power", self.power, 0, above=True)
        return int(self.grid)

    def _check(self, X: Array) -> Array:
        X = super()._check(X)
        if X.shape[3] != 3:
            raise DataError(
                f"Grey images came to a histogram of {self.subject}",
                allowed="images of three channels (red, green, blue)",
                fix=f"leave {self.name} out of the features",
            )
        return X
