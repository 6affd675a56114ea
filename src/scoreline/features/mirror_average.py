"""Features that are invariant under mirroring."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array, FloatArray
from scoreline.features.copies_average import CopiesAverage
from scoreline.features.graph import FeatureGraph
from scoreline.features.specs import FEATURES

__all__ = ["MirrorAverage"]


class MirrorAverage(CopiesAverage):
    r"""The mean of an image's and its mirror image's rows: :math:`(f(x) + f(\bar x)) / 2`, as long as f's.

    A linear classifier of these rows gives an image and its mirror image the same scores, the means of
    those that the same weights give to f. Where mirror images mean the same (animals, vehicles, most photographs),
    this replaces augmentation with mirrored examples. It is wrong for writing.

    Parameters
    ----------
    features : str or FeatureExtractor
        What is averaged, such as ``"hog,lbp"``; as a spec, ``mirror:[hog:8,lbp]``.

    Raises
    ------
    DataError
        The rows are no images.
    UsageError
        A mirror average is to be averaged again.

    References
    ----------
    Schulz-Mirbach, H. (1994). Constructing invariant features by averaging techniques. ICPR.
    """

    kind: ClassVar[str] = "mirror"
    reason: ClassVar[str] = "vectors have no left and right"

    def __init__(self, features: Any = "hog") -> None:
        self.features = features

    def transform(self, X: Array) -> Array:
        """Return the averaged rows, ``(n, D)`` float32."""
        own, mirrored = self._both(X)
        own += mirrored
        own /= 2
        return own

    def mirror_halves(self, X: Array) -> tuple[Array, Array]:
        """Return the averaged rows, and half of the differences; see `FeatureExtractor.mirror_halves`."""
        own, mirrored = self._both(X)
        return (own + mirrored) / 2, (own - mirrored) / 2

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add the inner features of both images, and their mean; see `FeatureExtractor.graph_rows`."""
        return graph.add("ReduceMean", self._graph_pairs(graph, images), axes=(0,), keepdims=0)

    def graph_halves(self, graph: FeatureGraph, images: str) -> tuple[str, str]:
        """Add the mean and half of the difference; see `FeatureExtractor.graph_halves`."""
        signs = np.array([0.5, -0.5], np.float32)[:, None, None]
        odd = graph.add("Mul", self._graph_pairs(graph, images), signs)
        return self.graph_rows(graph, images), graph.add("ReduceSum", odd, np.array([0]), keepdims=0)

    def _graph_pairs(self, graph: FeatureGraph, images: str) -> str:
        """Add the rows of images and of their mirror images, ``(2, N, D)``."""
        both = graph.add("Concat", images, graph.reversed(images, 2), axis=0)
        return graph.reshape(self.inner_.graph_rows(graph, both), 2, -1, self.width())

    def pixel_contributions(self, image: Array, weights: FloatArray) -> FloatArray | None:
        """Return the mean of the pixels' contributions in the image and in its mirror image."""
        own = self.inner_.pixel_contributions(image, weights)
        mirrored = self.inner_.pixel_contributions(image[:, ::-1], weights)
        return None if own is None or mirrored is None else (own + mirrored[:, ::-1]) / 2

    def _both(self, X: Array) -> tuple[Array, Array]:
        """Return the rows of images and of their mirror images, ``(n, D)`` float32."""
        check_is_fitted(self)
        X = self._check(X)
        own, mirrored = (self.inner_.transform(view) for view in (X, np.ascontiguousarray(X[:, :, ::-1])))
        return own.astype(np.float32), mirrored.astype(np.float32, copy=False)

    def numbers_at_work(self) -> int:
        """Return those of the inner features, two rows and their mean; see `FeatureExtractor.numbers_at_work`."""
        return self.inner_.numbers_at_work() + 3 * self.width()

    def _mean_and_deviation(self, X: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return both halves: with two copies, the pair is their rows themselves."""
        del rng
        return self.mirror_halves(X)


FEATURES.register("mirror", MirrorAverage)
