"""Histograms of oriented gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.features.descriptor import Describe, ImageDescriptor
from scoreline.features.graph import FeatureGraph
from scoreline.features.histogram_graph import graph_counted
from scoreline.features.specs import FEATURES

__all__ = ["HOG"]


class HOG(ImageDescriptor):
    r"""Histograms of gradient directions in cells, normalised over blocks of cells.

    For each pixel the gradient :math:`(x_{r+1} - x_{r-1}, x_{c+1} - x_{c-1})` (0 at the border; of the channel
    where it is longest) adds its length to the bin of its direction. The bins' means over the cells of a block, b,
    are normalised together ("L2-Hys"): divided by :math:`\sqrt{|b|^2 + 10^{-10}}`, clipped at 0.2, divided again.

    D = (H // cell - block + 1) * (W // cell - block + 1) * block^2 * bins; pixels beyond the last whole cell are
    left out. With ``signed=False`` equal to scikit-image's ``hog``.

    Parameters
    ----------
    cell : int
        Side of a cell in pixels: 4 to 8 for images of 32 x 32, 8 to 16 for photographs.
    block : int
        Side of a block in cells.
    bins : int
        Number of directions.
    signed : bool
        Whether a gradient and its opposite differ: bins over 360 degrees instead of 180. At the same dimension,
        unsigned directions, meant for people in clothes of all colours, lost 3 points on CIFAR-10 and 1 on
        Fashion-MNIST.

    References
    ----------
    Dalal, N. & Triggs, B. (2005). Histograms of oriented gradients for human detection. CVPR.
    """

    def __init__(self, cell: int = 4, block: int = 2, *, bins: int = 9, signed: bool = True) -> None:
        self.cell = cell
        self.block = block
        self.bins = bins
        self.signed = signed

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``block_{row}_{column}_cell_{row}_{column}_bin_{i}``."""
        del input_features
        check_is_fitted(self)
        rows, columns = self._blocks(self.image_shape_)
        places = np.ndindex(rows, columns, self.block, self.block, self.bins)
        return np.array([f"block_{r}_{c}_cell_{i}_{j}_bin_{k}" for r, c, i, j, k in places], dtype=object)

    def cells(self, images: Array) -> Array:
        """Return the bins' means over each cell, not normalised, ``(n, H // cell, W // cell, bins)`` float64."""
        from scoreline.features.kernels.hog import direction_bins, histograms

        images = self._check(images)
        n, H, W, _ = images.shape
        cells = np.zeros((n, H // self.cell, W // self.cell, self.bins))
        histograms(np.ascontiguousarray(images), self.cell, direction_bins(self.bins, self.signed), cells)
        return cells

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add gradients, their means over cells by direction, and blocks; see `FeatureExtractor.graph_rows`."""
        from scoreline.features.kernels.hog import direction_bins

        rows, columns = (side // self.cell for side in self.image_shape_[:2])
        square, gradient = self._graph_gradients(graph, images)
        table = direction_bins(self.bins, self.signed).reshape(-1).astype(np.int32)
        r, c = np.indices((rows * self.cell, columns * self.cell)) // self.cell
        of_cell = ((r * columns + c) * self.bins).reshape(1, -1).astype(np.int32)
        places = graph.add("Add", graph.add("Gather", table, gradient, axis=0), of_cell)
        lengths = graph.add("Sqrt", graph.cast(square, "float64"))
        counted = graph_counted(graph, places, lengths, rows * columns * self.bins)
        means = graph.cast(graph.add("Div", counted, np.array(float(self.cell**2))), "float32")
        cells = graph.reshape(means, 0, rows, columns, self.bins)
        high, wide = self._blocks(self.image_shape_)
        parts = [
            graph.part(graph.part(cells, 1, j, j + high), 2, k, k + wide)
            for j in range(self.block)
            for k in range(self.block)
        ]
        blocks = _graph_normalized(graph, graph.add("Concat", *parts, axis=3))
        cut = graph.add("Min", blocks, np.array(0.2, np.float32))
        return graph.reshape(_graph_normalized(graph, cut), 0, -1)

    def _graph_gradients(self, graph: FeatureGraph, images: str) -> tuple[str, str]:
        """Add the squared length of the longest gradient of each pixel within the cells, and its number.

        Both are ``(N, pixels)``; the number of a gradient is its place in `direction_bins`.
        """
        H, W, channels = self.image_shape_
        pixels = graph.cast(graph.add("Transpose", images, perm=(0, 3, 1, 2)), "float32")
        down, right = (self._graph_differences(graph, pixels, axis, side) for axis, side in ((2, H), (3, W)))
        squares = graph.add("Add", *(graph.add("Mul", own, own) for own in (down, right)))
        rows = graph.add("Mul", graph.add("Add", down, np.array(255, np.float32)), np.array(511, np.float32))
        numbers = graph.add("Add", graph.add("Add", rows, right), np.array(255, np.float32))
        n = math.prod(side // self.cell * self.cell for side in (H, W))
        (longest, *lengths), (found, *others) = (
            [graph.reshape(graph.part(values, 1, k, k + 1), 0, n) for k in range(channels)]
            for values in (squares, numbers)
        )
        for square, number in zip(lengths, others, strict=True):
            found = graph.add("Where", graph.add("Less", longest, square), number, found)
            longest = graph.add("Max", longest, square)
        return longest, graph.cast(found, "int32")

    def _graph_differences(self, graph: FeatureGraph, pixels: str, axis: int, side: int) -> str:
        """Add the differences of the neighbours of each pixel within the cells along an axis; 0 at borders."""
        before, after = graph.part(pixels, axis, 0, max(side - 2, 0)), graph.part(pixels, axis, 2, max(side, 2))
        border = tuple(min(1, side - 1) if own == axis else 0 for own in range(4))
        found = graph.padded(graph.add("Sub", after, before), border, border)
        for own, length in enumerate(self.image_shape_[:2], 2):
            found = graph.part(found, own, 0, length // self.cell * self.cell)
        return found

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        from scoreline.features.kernels.hog import normalize_blocks

        rows, columns = self._blocks(shape)

        def describe(images: Array, out: Array) -> None:
            normalize_blocks(self.cells(images), self.block, out)

        return rows * columns * self.block**2 * self.bins, describe

    def _blocks(self, shape: tuple[int, ...]) -> tuple[int, int]:
        H, W = shape[:2]
        return H // self.cell - self.block + 1, W // self.cell - self.block + 1

    def _least_side(self) -> int:
        for name in ("cell", "block", "bins"):
            check_number(name, getattr(self, name), 1, 256)
        return int(self.cell * self.block)


FEATURES.register("hog", HOG)


def _graph_normalized(graph: FeatureGraph, blocks: str) -> str:
    """Add blocks ``(N, rows, columns, numbers)`` divided by their lengths."""
    squares = graph.add("ReduceSum", graph.add("Mul", blocks, blocks), np.array([3]), keepdims=1)
    lengths = graph.add("Sqrt", graph.add("Add", squares, np.array(1e-10, np.float32)))
    return graph.add("Div", blocks, lengths)
