"""Histograms of hue."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array
from scoreline.features.colour_histogram import AddPixels, ColourHistogram
from scoreline.features.graph import FeatureGraph
from scoreline.features.specs import FEATURES

__all__ = ["HueHistogram"]


class HueHistogram(ColourHistogram):
    r"""Histograms of hue, weighted by saturation, in each cell of a grid: D = grid^2 * bins.

    A pixel's hue h in [0, 1) (that of HSV: red 0, green 1/3, blue 2/3) is between the centres of two bins, which
    share its saturation :math:`(\max - \min) / \max` by linear interpolation. The sums are divided by the
    cell's pixels, so that they add up to its mean saturation (grey adds nothing, for it has no hue), and raised to
    a power.

    Parameters
    ----------
    bins : int
        Number of hues.
    grid : int
        The image is cut into grid x grid cells.
    power : float
        Exponent of the frequencies: 1 keeps them, 1/2 makes Euclidean distances compare distributions.

    Raises
    ------
    DataError
        The images are grey.

    References
    ----------
    Swain, M. J. & Ballard, D. H. (1991). Color indexing. IJCV 7. van de Weijer, J., Gevers, T. & Bagdanov, A. D.
    (2006). Boosting color saliency in image feature detection. PAMI 28, for the weight: hue is noise where
    saturation is small.
    """

    name: ClassVar[str] = "hue"
    subject: ClassVar[str] = "hues"

    def __init__(self, bins: int = 32, grid: int = 1, *, power: float = 0.5) -> None:
        self.bins = bins
        self.grid = grid
        self.power = power

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``cell_{row}_{column}_hue_{degrees}``, each by its bin's centre."""
        del input_features
        check_is_fitted(self)
        degrees = [f"{(k + 0.5) * 360 / self.bins:g}" for k in range(self.bins)]
        cells = np.ndindex(self.grid, self.grid)
        return np.array([f"cell_{r}_{c}_hue_{d}" for r, c in cells for d in degrees], dtype=object)

    def _graph_shares(self, graph: FeatureGraph, red: str, green: str, blue: str) -> list[tuple[str, str | None]]:
        most, least = graph.add("Max", red, green, blue), graph.add("Min", red, green, blue)
        chroma = graph.add("Sub", most, least)
        one, zero = np.array(1.0), np.array(0.0)
        # Grey pixels are divided by 1: their weight is 0 whatever their hue.
        divisor = graph.add("Max", chroma, one)

        def hue(first: str, second: str, turn: float) -> str:
            return graph.add("Add", graph.add("Div", graph.add("Sub", first, second), divisor), np.array(turn))

        of_red = hue(green, blue, 0.0)
        of_red = graph.add(
            "Where", graph.add("Less", of_red, zero), graph.add("Add", of_red, np.array(6.0)), of_red
        )
        others = graph.add("Where", graph.add("Equal", most, green), hue(blue, red, 2.0), hue(red, green, 4.0))
        hues = graph.add("Where", graph.add("Equal", most, red), of_red, others)
        scaled = graph.add("Mul", graph.add("Div", hues, np.array(6.0)), np.array(float(self.bins)))
        saturation = graph.add("Div", chroma, graph.add("Max", most, one))
        return [(graph.add("Sub", scaled, np.array(0.5)), saturation)]

    def _add_pixels(self) -> AddPixels:
        from scoreline.features.kernels.hue import hue_sums

        add_pixels: AddPixels = hue_sums
        return add_pixels


FEATURES.register("hue", HueHistogram)
