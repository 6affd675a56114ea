"""Why an image has its score: what each feature, and each pixel, adds to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.errors import UsageError
from scoreline.models.regions import sums_of_regions

__all__ = ["Explanation"]


@dataclass(frozen=True, eq=False)
class Explanation:
    r"""The score of one class for one image, taken apart: :math:`s = b + \sum_j w_j x_j`.

    All numbers are float64; the score is that of `ImageClassifier.scores` up to the rounding of the model's dtype.
    """

    label: str
    score: float
    bias: float
    #: What each feature adds to the score ``(D,)``: they sum to the score less the bias.
    contributions: FloatArray
    #: The features' names ``(D,)``.
    names: Array
    #: What each pixel adds ``(H, W)``, its channels together: they sum to the same. None where features do not
    #: come from one pixel each, as those of ``pixels`` and of unions and mirror averages of them do.
    pixels: FloatArray | None
    #: By how much the score less that of the best other class falls where a field of a coarse grid is grey,
    #: ``(rows, columns)``: for the other features, where it was asked for; see `scoreline.models.regions`.
    covered: FloatArray | None = None

    def strongest(self, k: int = 10) -> list[tuple[str, float]]:
        """Return the names and contributions of the `k` features that add or take most, the strongest first."""
        order = np.argsort(-np.abs(self.contributions), kind="stable")[:k]
        return [(str(self.names[j]), float(self.contributions[j])) for j in order]

    def regions(self, rows: int, columns: int) -> FloatArray:
        """Return what each field of a grid over the image adds, ``(rows, columns)``: they sum to the same.

        Raises
        ------
        UsageError
            Features do not come from pixels, or the grid is finer than the pixels.
        """
        if self.pixels is None:
            raise UsageError(
                "The features of the model do not come from one pixel each",
                allowed="regions of models of pixels",
                fix="use contributions or strongest, which say what each feature adds, or explain with cover=True",
            )
        height, width = self.pixels.shape
        if not (1 <= rows <= height and 1 <= columns <= width):
            raise UsageError(
                f"A grid of {rows} x {columns} regions was asked for",
                allowed=f"1 to {height} rows and 1 to {width} columns, as there are pixels",
                fix="ask for fewer",
            )
        return sums_of_regions(self.pixels, rows, columns)
