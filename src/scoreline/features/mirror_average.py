"""Features that are invariant under mirroring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array, FloatArray
from scoreline.errors import DataError, UsageError
from scoreline.features.base import FeatureExtractor
from scoreline.features.derived import DerivedFeatures

__all__ = ["MirrorAverage"]


class MirrorAverage(DerivedFeatures):
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

    def __init__(self, features: Any = "hog") -> None:
        self.features = features

    def fit(self, X: Array, y: Any = None) -> Self:
        """Fit what is averaged on images ``(n, H, W, ch)``; it sets ``inner_``."""
        self.inner_ = self.unfitted_inner().fit(X, y)
        return super().fit(X)

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

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return the names of what is averaged."""
        check_is_fitted(self)
        return self.inner_.get_feature_names_out(input_features)

    def width(self) -> int:
        """Return the dimension of the averaged features."""
        check_is_fitted(self)
        return self.inner_.width()

    def numbers_at_work(self) -> int:
        """Return those of the inner features, two rows and their mean; see `FeatureExtractor.numbers_at_work`."""
        return self.inner_.numbers_at_work() + 3 * self.width()

    def relative_weights(self) -> FloatArray:
        """Return the weights of what is averaged; see `FeatureExtractor.relative_weights`."""
        return self.inner_.relative_weights()

    def state(self) -> dict[str, Array]:
        """Return what the averaged features have learned."""
        return self.inner_.state()

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore the state of the averaged features."""
        self.inner_ = self.unfitted_inner().restore(image_shape, state)
        return super().restore(image_shape, state)

    def unfitted_inner(self) -> FeatureExtractor:
        """Return what is averaged; see `DerivedFeatures.unfitted_inner`."""
        inner = super().unfitted_inner()
        if isinstance(inner, MirrorAverage):
            raise UsageError(
                "A mirror average is to be averaged again",
                allowed="features that are no mirror average",
                fix="leave the inner mirror out: it would change nothing",
            )
        return inner

    def _check(self, X: Array) -> Array:
        X = super()._check(X)
        if X.ndim != 4 or X.dtype != np.uint8:
            raise DataError(
                f"An array of shape {X.shape} and dtype {X.dtype} came to a mirror average",
                allowed="images as bytes (uint8) of shape (n, H, W, channels)",
                fix="leave mirror out: vectors have no left and right",
            )
        return X
