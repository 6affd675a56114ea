"""Local binary patterns."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.errors import UnknownNameError
from scoreline.features.descriptor import MOST_PIXELS, Describe, ImageDescriptor, raise_to
from scoreline.features.graph import FeatureGraph, raised
from scoreline.features.grey import graph_grey, grey_values
from scoreline.features.histogram_graph import graph_counted
from scoreline.features.patch_cells import cell_numbers
from scoreline.features.specs import FEATURES

__all__ = ["LBP", "PATTERNS", "pattern_labels"]

#: Names of the classifications of patterns, those of scikit-image.
PATTERNS = ("default", "ror", "uniform", "nri-uniform")
#: Points beyond which the table of patterns grows too large.
MOST_POINTS = 16


class LBP(ImageDescriptor):
    r"""Histograms of local binary patterns in each cell: D = grid^2 * labels.

    P points on a circle of radius R about a pixel (between pixels by bilinear interpolation, 0 outside) give one
    bit each: whether they are at least as bright as the pixel. Patterns are labelled as by scikit-image's
    ``local_binary_pattern``:

    - ``default``: all of them, 2^P labels;
    - ``ror``: up to rotation, by the least number that a rotation gives, 2^P labels of which few occur;
    - ``uniform``: by the number of bright points if these lie together, else one label: P + 2;
    - ``nri-uniform``: bright points that lie together also by where they lie: P (P - 1) + 3.

    Parameters
    ----------
    radius : float
        R in pixels.
    points : int
        P, at most 16.
    patterns : str
        ``default``, ``ror``, ``uniform`` or ``nri-uniform``.
    grid : int
        The image is cut into grid x grid cells.
    power : float
        Exponent of the frequencies, which sum to 1 over a cell: 1 keeps them, 1/2 makes Euclidean
        distances compare distributions.

    References
    ----------
    Ojala, T., Pietikäinen, M. & Mäenpää, T. (2002). Multiresolution gray-scale and rotation invariant texture
    classification with local binary patterns. PAMI 24. Ahonen, T., Hadid, A. & Pietikäinen, M. (2006). Face
    description with local binary patterns. PAMI 28, for the grid.
    """

    def __init__(
        self,
        radius: float = 1.0,
        *,
        points: int = 8,
        patterns: str = "nri-uniform",
        grid: int = 4,
        power: float = 0.5,
    ) -> None:
        self.radius = radius
        self.points = points
        self.patterns = patterns
        self.grid = grid
        self.power = power

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``cell_{row}_{column}_pattern_{label}``."""
        del input_features
        check_is_fitted(self)
        labels = range(int(pattern_labels(self.points, self.patterns).max()) + 1)
        cells = np.ndindex(self.grid, self.grid)
        return np.array([f"cell_{r}_{c}_pattern_{k}" for r, c in cells for k in labels], dtype=object)

    def label_map(self, images: Array) -> Array:
        """Return the label of each pixel, ``(n, H, W)`` int64."""
        from scoreline.features.kernels.lbp import find_places, label_image

        images = self._check(images)
        labels = pattern_labels(self.points, self.patterns)
        places = find_places(images.shape[1:3], self._offsets())
        out = np.empty(images.shape[:3], np.int64)
        for grey, map_ in zip(grey_values(images), out, strict=True):
            label_image(grey, places, labels, map_)
        return out

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add the patterns and their histograms, in float64 as they are compared; see `FeatureExtractor`."""
        from scoreline.features.kernels.lbp import find_places

        H, W, ch = self.image_shape_
        offsets = self._offsets()
        places = find_places((H, W), offsets)
        pixels = graph_grey(graph, images, (H, W, ch))
        around = (0, places.reach, places.reach)
        wide = graph.padded(pixels, around, around)
        # The tables are for images with margins, of which the last row has none.
        width, after = W + 2 * places.reach, ((0, 0), (0, 2 * places.reach))
        shares = [np.pad(own, after).reshape(-1, H, width)[:, :, :W] for own in (places.right, places.down)]

        def moved(down: float, right: float) -> str:
            row, column = int(down) + places.reach, int(right) + places.reach
            return graph.part(graph.part(wide, 1, row, row + H), 2, column, column + W)

        def between(first: str, second: str, share: Array) -> str:
            return graph.add("Add", graph.add("Mul", 1 - share, first), graph.add("Mul", share, second))

        bits: list[str] = []
        for bit, ((low, left), (high, right)) in enumerate(zip(np.floor(offsets), np.ceil(offsets), strict=True)):
            point = moved(low, left)
            if (low, left) != (high, right):
                across, along = shares[0][bit], shares[1][bit]
                top = between(point, moved(low, right), across)
                point = between(top, between(moved(high, left), moved(high, right), across), along)
            bright = graph.add("GreaterOrEqual", point, pixels)
            bits.append(graph.add("Where", bright, np.array(1 << bit, np.int32), np.array(0, np.int32)))
        labels = pattern_labels(self.points, self.patterns).astype(np.int32)
        count, cells = int(labels.max()) + 1, cell_numbers(H, W, self.grid)
        code = bits[0]
        for of_point in bits[1:]:
            code = graph.add("Add", code, of_point)
        found = graph.reshape(graph.add("Gather", labels, code, axis=0), 0, H * W)
        places = graph.add("Add", found, (cells * count).astype(np.int32))
        ones = graph.add("Expand", np.ones((1, 1)), graph.add("Shape", places))
        counted = graph_counted(graph, places, ones, self.grid**2 * count)
        frequencies = graph.add("Div", counted, np.bincount(cells).repeat(count).astype(np.float64))
        return graph.cast(raised(graph, frequencies, self.power), "float32")

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        from scoreline.features.kernels.lbp import count_labels, find_places

        labels = pattern_labels(self.points, self.patterns)
        places = find_places(shape[:2], self._offsets())
        count = int(labels.max()) + 1

        def describe(images: Array, out: Array) -> None:
            count_labels(grey_values(images), places, labels, self.grid, out)
            raise_to(self.power, out)

        return self.grid**2 * count, describe

    def _offsets(self) -> Array:
        """Return the points' places relative to the pixel, ``(P, 2)``, rounded as scikit-image does."""
        angle = 2 * np.pi * np.arange(self.points) / self.points
        return np.round(np.column_stack([-self.radius * np.sin(angle), self.radius * np.cos(angle)]), 5)

    def _least_side(self) -> int:
        check_number("radius", self.radius, 0, MOST_PIXELS, above=True)
        check_number("points", self.points, 1, MOST_POINTS + 1)
        check_number("grid", self.grid, 1)
        check_number("power", self.power, 0, above=True)
        if self.patterns not in PATTERNS:
            raise UnknownNameError.of("kind of patterns", self.patterns, PATTERNS)
        return int(self.grid)


FEATURES.register("lbp", LBP)


def pattern_labels(points: int, patterns: str) -> Array:
    """Return the label of each pattern of bits, ``(2^P,)`` int64; bit i is the i-th point."""
    codes = np.arange(1 << points)
    if patterns == "default":
        return codes
    bits = (codes[:, None] >> np.arange(points)) & 1
    if patterns == "ror":
        turned = [np.roll(bits, -k, axis=1) @ (1 << np.arange(points)) for k in range(points)]
        return np.minimum.reduce(turned)
    bright = bits.sum(axis=1)
    changes = (bits[:, 1:] != bits[:, :-1]).sum(axis=1)
    if patterns == "uniform":
        return np.where(changes <= 2, bright, points + 1)
    # All dark; runs of bright points by their length and by where they begin; all bright; no run.
    begin = np.where(bits[:, 0] == 1, bright - (1 - bits).argmax(axis=1), points - bits.argmax(axis=1))
    labels = 1 + (bright - 1) * points + begin
    labels = np.where(bright == 0, 0, np.where(bright == points, points * (points - 1) + 1, labels))
    return np.where(changes <= 2, labels, points * (points - 1) + 2)
