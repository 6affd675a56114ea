"""Features of reduced images: what small patches see of large pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.data.fitting import WEIGHT_BITS, fitting_steps
from scoreline.data.images import resize_images
from scoreline.errors import DataError
from scoreline.features.derived import DerivedFeatures
from scoreline.features.descriptor import each_batch
from scoreline.features.graph import FeatureGraph
from scoreline.features.specs import FEATURES

__all__ = ["Resized"]


class Resized(DerivedFeatures):
    """The rows of other features, of images reduced so that their longer side has so many pixels.

    Patches and cells have fixed sizes in pixels: in reduced images they see more of what is shown. Several sizes
    side by side are a pyramid: ``resized:[dictionary:400],side=32,resized:[dictionary:400],side=64``. Images that
    are as small already stay as they are.

    Parameters
    ----------
    features : str or FeatureExtractor
        What is computed of the reduced images, such as ``"dictionary:400"``.
    side : int
        Pixels of the longer side; the shorter one follows.

    Raises
    ------
    DataError
        The rows are no images.
    UsageError
        The side is not positive.

    References
    ----------
    Lazebnik, S., Schmid, C. & Ponce, J. (2006) pool over a pyramid of cells; Adelson, E. H. et al. (1984), Pyramid
    methods in image processing, RCA Engineer 29, for that of sizes.
    """

    def __init__(self, features: Any = "hog", *, side: int = 32) -> None:
        self.features = features
        self.side = side

    def fit(self, X: Array, y: Any = None) -> Self:
        """Fit the features on reduced images ``(n, H, W, ch)``; it sets ``inner_``."""
        check_number("side", self.side, 1)
        X = self._check(X)
        self.inner_ = self.unfitted_inner().fit(self._reduced(X), y)
        self.image_shape_ = X.shape[1:]
        return self

    def transform(self, X: Array) -> Array:
        """Return the rows of the reduced images, ``(n, D)``."""
        check_is_fitted(self)
        return self.inner_.transform(self._reduced(self._check(X)))

    def mirror_halves(self, X: Array) -> tuple[Array, Array | None]:
        """Return the rows of the reduced images, and their odd part; see `FeatureExtractor.mirror_halves`."""
        check_is_fitted(self)
        return self.inner_.mirror_halves(self._reduced(self._check(X)))

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add the rows of the reduced images; see `FeatureExtractor.graph_rows`."""
        return self.inner_.graph_rows(graph, self._graph_reduced(graph, images))

    def graph_halves(self, graph: FeatureGraph, images: str) -> tuple[str, str | None]:
        """Add both parts of the reduced images; see `FeatureExtractor.graph_halves`."""
        return self.inner_.graph_halves(graph, self._graph_reduced(graph, images))

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return the names of the features."""
        check_is_fitted(self)
        return self.inner_.get_feature_names_out(input_features)

    def width(self) -> int:
        """Return the dimension of the features."""
        check_is_fitted(self)
        return self.inner_.width()

    def numbers_at_work(self) -> int:
        """Return those of the features, and a row at least; see `FeatureExtractor.numbers_at_work`."""
        return max(self.width(), self.inner_.numbers_at_work())

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return what the features take on reduced images; see `FeatureExtractor.fitting_bytes`."""
        return super().fitting_bytes(self._shape(image_shape))

    def relative_weights(self) -> FloatArray:
        """Return the weights of the features; see `FeatureExtractor.relative_weights`."""
        return self.inner_.relative_weights()

    def state(self) -> dict[str, Array]:
        """Return what the features have learned."""
        return self.inner_.state()

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore the state of the features."""
        self.inner_ = self.unfitted_inner().restore(self._shape(image_shape), state)
        return super().restore(image_shape, state)

    def check_sizes(self, n_features: int, image_shape: tuple[int, ...]) -> None:
        """Check the features on reduced images; see `FeatureExtractor.check_sizes`."""
        check_number("side", self.side, 1)
        self.unfitted_inner().check_sizes(n_features, self._shape(image_shape))

    def _reduced(self, X: Array) -> Array:
        reduced = np.empty((len(X), *self._shape(X.shape[1:])), np.uint8)
        size = (reduced.shape[1], reduced.shape[2])

        def reduce(batch: slice) -> None:
            reduced[batch] = resize_images(X[batch], size)

        each_batch(len(X), reduce)
        return reduced

    def _graph_reduced(self, graph: FeatureGraph, images: str) -> str:
        """Add the reduced images, to the bit: products of whole numbers, which float64 holds."""
        height, width, _ = self.image_shape_
        down, across, _ = self._shape(self.image_shape_)
        if (down, across) == (height, width):
            return images
        values = graph.cast(graph.add("Transpose", images, perm=(0, 3, 1, 2)), "float64")
        unit = 2.0**-WEIGHT_BITS
        for axis, weights in fitting_steps((height, width), (down, across)):
            shares = weights * unit
            sums = graph.add("MatMul", *((shares.T, values) if axis == 0 else (values, shares)))
            rounded = graph.add("Floor", graph.add("Add", sums, np.array(0.5)))
            values = graph.add("Clip", rounded, np.array(0.0), np.array(255.0))
        return graph.add("Transpose", graph.cast(values, "uint8"), perm=(0, 2, 3, 1))

    def _shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a reduced image."""
        height, width, channels = shape
        share = min(1.0, self.side / max(height, width))
        return max(1, round(height * share)), max(1, round(width * share)), channels

    def _check(self, X: Array) -> Array:
        X = super()._check(X)
        if X.ndim != 4 or X.dtype != np.uint8 or X.shape[3] not in (1, 3):
            raise DataError(
                f"An array of shape {X.shape} and dtype {X.dtype} came to features of reduced images",
                allowed="images as bytes (uint8) of shape (n, H, W, channels), with 1 or 3 channels",
                fix="leave resized out: vectors have no size",
            )
        return X


FEATURES.register("resized", Resized)
