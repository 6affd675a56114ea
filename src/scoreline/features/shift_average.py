"""Features that change little where images are shifted."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.features.base import FeatureExtractor
from scoreline.features.copies_average import CopiesAverage
from scoreline.features.graph import FeatureGraph
from scoreline.features.shifting import n_shifts
from scoreline.features.specs import FEATURES

__all__ = ["ShiftAverage"]

#: Images whose copies are in memory at a time.
_AT_ONCE = 128
#: The largest shift: 81 copies.
_MOST_PIXELS = 4


class ShiftAverage(CopiesAverage):
    r"""The mean row of an image shifted by up to s pixels, down and across: :math:`(2 s + 1)^2` copies.

    The border is repeated where a shifted image would show what is beyond it. What an image shows does not depend
    on a pixel to the left or right; features of cells do, since their borders stay.

    Parameters
    ----------
    features : str or FeatureExtractor
        What is averaged, such as ``"dictionary:400"``; as a spec, ``shifts:[dictionary:400,grid=3],pixels=1``.
        `PatchDictionary` codes the patches that the copies have in common only once.
    pixels : int
        s, the largest shift.

    Raises
    ------
    DataError
        The rows are no images.
    UsageError
        A shift average is to be averaged again, or `pixels` is not from 1 to 4.

    References
    ----------
    Simard, P. Y., Steinkraus, D. & Platt, J. C. (2003). Best practices for convolutional neural networks applied
    to visual document analysis. ICDAR, for shifted copies in training. Krizhevsky, A., Sutskever, I. & Hinton,
    G. E. (2012). ImageNet classification with deep convolutional neural networks. NIPS, for their mean in
    prediction.
    """

    kind: ClassVar[str] = "shift"
    reason: ClassVar[str] = "vectors have no pixels to shift by"

    def __init__(self, features: Any = "dictionary", *, pixels: int = 1) -> None:
        self.features = features
        self.pixels = pixels

    def transform(self, X: Array) -> Array:
        """Return the averaged rows, ``(n, D)`` float32."""
        return self.mirror_halves(X)[0]

    def mirror_halves(self, X: Array) -> tuple[Array, Array | None]:
        """Return the averages of both halves; see `FeatureExtractor.mirror_halves`.

        Among the copies of a mirror image are the mirror images of all copies.
        """
        check_is_fitted(self)
        X = self._check(X)
        found = [self._halves(X[low : low + _AT_ONCE]) for low in range(0, max(len(X), 1), _AT_ONCE)]
        even, odd = zip(*found, strict=True)
        return np.concatenate(even), None if odd[0] is None else np.concatenate(odd)

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add the inner features of shifted images, and their mean; see `FeatureExtractor.graph_rows`."""
        return self.graph_halves(graph, images)[0]

    def graph_halves(self, graph: FeatureGraph, images: str) -> tuple[str, str | None]:
        """Add the means of both halves; see `FeatureExtractor.graph_halves`."""
        H, W = self.image_shape_[:2]
        s, around = self.pixels, (0, self.pixels, self.pixels, 0)
        wide = graph.cast(graph.padded(graph.cast(images, "float32"), around, around, "edge"), "uint8")
        copies = [
            graph.part(graph.part(wide, 1, row, row + H), 2, column, column + W)
            for row in range(2 * s + 1)
            for column in range(2 * s + 1)
        ]
        even, odd = self.inner_.graph_halves(graph, graph.add("Concat", *copies, axis=0))

        def mean(rows: str) -> str:
            apart = graph.reshape(rows, len(copies), -1, self.width())
            return graph.add("ReduceMean", apart, axes=(0,), keepdims=0)

        return mean(even), None if odd is None else mean(odd)

    def numbers_at_work(self) -> int:
        """Return those of the inner features, the average and the deviation; see `FeatureExtractor`."""
        return self.inner_.numbers_at_work() + 4 * self.width()

    def unfitted_inner(self) -> FeatureExtractor:
        """Return what is averaged; see `DerivedFeatures.unfitted_inner`."""
        check_number("pixels", self.pixels, 1, _MOST_PIXELS + 1)
        return super().unfitted_inner()

    def _halves(self, X: Array) -> tuple[Array, Array | None]:
        copies = self.inner_.shifted_halves(X, self.pixels)
        even, odd = next(copies)
        even = even.astype(np.float32)  # a new array, and no bytes of pixels
        for more, of_odd in copies:
            even += more
            if odd is not None and of_odd is not None:
                odd += of_odd
        share = np.float32(1 / n_shifts(self.pixels))
        return even * share, None if odd is None else odd * share

    def _mean_and_deviation(self, X: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        mean, deviation = (np.empty((len(X), self.width()), np.float32) for _ in range(2))
        n = n_shifts(self.pixels)
        for low in range(0, len(X), _AT_ONCE):
            part = slice(low, low + _AT_ONCE)
            signs = rng.choice(np.array([-1, 1], np.float32), (n, len(X[part]), 1))
            total, signed = (np.zeros((len(X[part]), self.width()), np.float32) for _ in range(2))
            for sign, (row, _) in zip(signs, self.inner_.shifted_halves(X[part], self.pixels), strict=True):
                total += row
                signed += sign * row
            mean[part] = total / np.float32(n)
            deviation[part] = (signed - signs.sum(axis=0) * mean[part]) / np.float32(np.sqrt(n))
        return mean, deviation


FEATURES.register("shifts", ShiftAverage)
