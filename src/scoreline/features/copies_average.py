"""Features that are averaged over transformed copies of an image."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array, FloatArray
from scoreline.errors import DataError, UsageError
from scoreline.features.base import FeatureExtractor
from scoreline.features.derived import DerivedFeatures

__all__ = ["CopiesAverage"]


class CopiesAverage(DerivedFeatures):
    r"""The mean row of transformed copies of an image, as long as that of the features that are averaged.

    A linear classifier of these rows gives an image the mean of the scores that the same weights give its copies.
    `training_pairs` makes it learn from the copies themselves.
    """

    averages_copies: ClassVar[bool] = True
    #: Its name in messages.
    kind: ClassVar[str]
    #: Why vectors have no such copies.
    reason: ClassVar[str]

    def fit(self, X: Array, y: Any = None) -> Self:
        """Fit what is averaged on images ``(n, H, W, ch)``; it sets ``inner_``."""
        self.inner_ = self.unfitted_inner().fit(X, y)
        return super().fit(X)

    def training_pairs(self, X: Array, rng: np.random.Generator) -> Array:
        r"""Return two rows for each image, ``(2 n, D)`` float32, that vary as the rows of its copies do.

        With m the mean of the rows :math:`f_s` of S copies and random signs :math:`r_s`, they are

        .. math:: m \pm \frac{1}{\sqrt S} \sum_s r_s (f_s - m).

        Their mean is m and the expectation of their second moments is that of the copies. Squared error has the
        same expectation on both, at the cost of two rows for each image instead of S.

        References
        ----------
        Hutchinson, M. F. (1990). A stochastic estimator of the trace of the influence matrix. Communications in
        Statistics 19, for random signs. Bishop, C. M. (1995). Training with noise is equivalent to Tikhonov
        regularization. Neural Computation 7.
        """
        check_is_fitted(self)
        mean, deviation = self._mean_and_deviation(self._check(X), rng)
        pairs = np.empty((2 * len(mean), mean.shape[1]), np.float32)
        np.add(mean, deviation, out=pairs[::2])
        np.subtract(mean, deviation, out=pairs[1::2])
        return pairs

    @abstractmethod
    def _mean_and_deviation(self, X: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return mean rows, and random sums of the deviations from them; see `training_pairs`."""

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return the names of what is averaged."""
        check_is_fitted(self)
        return self.inner_.get_feature_names_out(input_features)

    def width(self) -> int:
        """Return the dimension of the averaged features."""
        check_is_fitted(self)
        return self.inner_.width()

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
        if isinstance(inner, type(self)):
            raise UsageError(
                f"A {self.kind} average is to be averaged again",
                allowed=f"features that are no {self.kind} average",
                fix=f"leave the inner {self.kind} out: one is enough",
            )
        return inner

    def _check(self, X: Array) -> Array:
        X = super()._check(X)
        if X.ndim != 4 or X.dtype != np.uint8:
            raise DataError(
                f"An array of shape {X.shape} and dtype {X.dtype} came to a {self.kind} average",
                allowed="images as bytes (uint8) of shape (n, H, W, channels)",
                fix=f"leave {self.kind} out: {self.reason}",
            )
        return X
