"""The base of histograms of colours: their parameters, and the check for colour images."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, TypeAlias

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.errors import DataError
from scoreline.features.descriptor import Describe, ImageDescriptor, raise_to
from scoreline.features.graph import FeatureGraph, raised
from scoreline.features.histogram_graph import graph_counted, graph_planes
from scoreline.features.patch_cells import cell_numbers

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

    @abstractmethod
    def _graph_shares(self, graph: FeatureGraph, red: str, green: str, blue: str) -> list[tuple[str, str | None]]:
        """Add, for each channel, places among the bins and weights of pixels, ``(N, H * W)`` float64.

        A place of 1.5 is half-way between the bins 1 and 2. No weights stand for 1.
        """

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add the histograms; see `FeatureExtractor.graph_rows`."""
        H, W, _ = self.image_shape_
        colours = (graph.cast(plane, "float64") for plane in graph_planes(graph, images, (H, W, 3)))
        shares = self._graph_shares(graph, *colours)
        # A bin before the first and one behind the last: these stand for the last and the first, for hues.
        bins, cells = self.bins + 2, cell_numbers(H, W, self.grid) * len(shares)
        places, weights = [], []
        for channel, (at, factor) in enumerate(shares):
            low = graph.add("Floor", at)
            high = graph.add("Sub", at, low)
            first = graph.cast(graph.add("Add", low, bins * (cells + channel) + 1.0), "int32")
            for after, share in enumerate((graph.add("Sub", np.array(1.0), high), high)):
                places.append(graph.add("Add", first, np.array(after, np.int32)))
                weights.append(share if factor is None else graph.add("Mul", share, factor))
        n = self.grid**2 * len(shares)
        place, weight = (graph.add("Concat", *parts, axis=1) for parts in (places, weights))
        counted = graph_counted(graph, place, weight, n * bins)
        onto = np.eye(self.bins)[np.arange(-1, self.bins + 1) % self.bins]
        folded = graph.add("MatMul", graph.reshape(counted, 0, n, bins), onto)
        pixels = np.bincount(cell_numbers(H, W, self.grid)).repeat(len(shares))[:, None]
        frequencies = graph.add("Div", folded, pixels.astype(np.float64))
        return graph.reshape(graph.cast(raised(graph, frequencies, self.power), "float32"), 0, -1)

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
