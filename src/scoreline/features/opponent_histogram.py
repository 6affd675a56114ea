"""Histograms of opponent colours."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array
from scoreline.features.colour_histogram import AddPixels, ColourHistogram
from scoreline.features.graph import FeatureGraph
from scoreline.features.specs import FEATURES

__all__ = ["OpponentHistogram"]


class OpponentHistogram(ColourHistogram):
    r"""Histograms of opponent colours in each cell of a grid: D = grid^2 * 3 * bins.

    .. math::
        O_1 = \frac{R - G}{\sqrt 2}, \quad O_2 = \frac{R + G - 2 B}{\sqrt 6}, \quad O_3 = \frac{R + G + B}{\sqrt 3}

    each over its whole range: green to red, blue to yellow, dark to light. A pixel is between the centres of
    two bins, which share it by linear interpolation; the counts of a cell and channel are divided by their
    sum and raised to a power. The first two do not change when a light is added to all of red, green and blue.

    Parameters
    ----------
    bins : int
        Number of shades of each opponent colour.
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
    van de Sande, K. E. A., Gevers, T. & Snoek, C. G. M. (2010). Evaluating color descriptors for object and scene
    recognition. PAMI 32(9), 1582-1596.
    """

    name: ClassVar[str] = "opponent"
    subject: ClassVar[str] = "opponent colours"
    channels: ClassVar[tuple[int, ...]] = (3,)

    def __init__(self, bins: int = 16, grid: int = 1, *, power: float = 0.5) -> None:
        self.bins = bins
        self.grid = grid
        self.power = power

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``cell_{row}_{column}_o{channel}_{bin}``."""
        del input_features
        check_is_fitted(self)
        return np.array(
            [f"cell_{r}_{c}_o{o + 1}_{k}" for r, c, o, k in np.ndindex(self.grid, self.grid, 3, self.bins)],
            dtype=object,
        )

    def _graph_shares(self, graph: FeatureGraph, red: str, green: str, blue: str) -> list[tuple[str, str | None]]:
        both = graph.add("Add", red, green)
        colours = (
            (graph.add("Sub", red, green), 255.0, 510.0),
            (graph.add("Sub", both, graph.add("Mul", blue, np.array(2.0))), 510.0, 1020.0),
            (graph.add("Add", both, blue), 0.0, 765.0),
        )
        found: list[tuple[str, str | None]] = []
        for colour, low, span in colours:
            value = graph.add("Div", graph.add("Add", colour, np.array(low)), np.array(span))
            place = graph.add("Sub", graph.add("Mul", value, np.array(float(self.bins))), np.array(0.5))
            found.append((graph.add("Clip", place, np.array(0.0), np.array(self.bins - 1.0)), None))
        return found

    def _add_pixels(self) -> AddPixels:
        from scoreline.features.kernels.opponent import opponent_sums

        add_pixels: AddPixels = opponent_sums
        return add_pixels


FEATURES.register("opponent", OpponentHistogram)
