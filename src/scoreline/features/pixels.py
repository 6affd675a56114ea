"""The simplest features: the pixels themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.errors import DataError, UsageError
from scoreline.features.base import FeatureExtractor
from scoreline.features.graph import FeatureGraph
from scoreline.features.learned import learned_arrays
from scoreline.features.specs import FEATURES
from scoreline.rows import ArrayRows, SubsetRows, batches

__all__ = ["Pixels"]

#: Largest dimension of an image to be whitened: the whitening matrix has its square.
MOST_WHITENED = 10_240
#: Images whose moments are added up at a time.
_AT_A_TIME = 1_000


class Pixels(FeatureExtractor):
    r"""The pixel values of the image as one row, as the lecture's ``x``: D = H * W * channels.

    The rows are a view of the images in their own dtype; uint8 stays uint8. Scaling is the classifier's business
    (``standardize=True``), which folds it into W and b. With `zca` above 0 they are whitened, float32:

    .. math:: \Sigma^{-1/2}_\epsilon (x - \bar x), \qquad
       \Sigma_\epsilon = \Sigma + \text{zca} \cdot \tfrac{1}{D} \operatorname{tr} \Sigma \, I

    with the mean and covariance of the training images: neighbouring pixels are decorrelated, and the
    result is still an image, the nearest to the original (zero-phase component analysis, ZCA).

    Parameters
    ----------
    zca : float
        What is added to the variance of each direction, in mean variances of a pixel; 0 leaves pixels as they are.
    n_images : int
        Most images that mean and covariance are estimated from.
    random_state : int
        The seed of their choice.

    Raises
    ------
    UsageError
        `zca` is below 0, or images have more than 10,240 numbers.
    DataError
        The input is no batch of images, or all images are the same.

    References
    ----------
    Bell, A. J. & Sejnowski, T. J. (1997). The "independent components" of natural scenes are edge filters. Vision
    Research 37.
    """

    def __init__(self, zca: float = 0.0, *, n_images: int = 20_000, random_state: int = 0) -> None:
        self.zca = zca
        self.n_images = n_images
        self.random_state = random_state

    def fit(self, X: Array, y: Any = None) -> Self:
        """Learn the shape of images ``(n, H, W, ch)`` and, to whiten, ``mean_`` (D,) and ``whitener_`` (D, D)."""
        check_number("zca", self.zca, 0)
        check_number("n_images", self.n_images, 1)
        super().fit(X, y)
        if self.zca:
            self.mean_, self.whitener_ = self._whitening(self._rows(X))
        return self

    def transform(self, X: Array) -> Array:
        """Return the images ``(n, H, W, ch)`` as rows ``(n, H * W * ch)``; without a copy, if not whitened."""
        check_is_fitted(self)
        rows = self._rows(X)
        if not self.zca:
            return rows
        return np.asarray((rows - self.mean_) @ self.whitener_)

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add the reshaped images, or the product with the whitening matrix; see `FeatureExtractor.graph_rows`."""
        rows = graph.cast(graph.reshape(images, 0, -1), "float32")
        if not self.zca:
            return rows
        return graph.add("MatMul", graph.add("Sub", rows, self.mean_), self.whitener_)

    def pixel_contributions(self, image: Array, weights: FloatArray) -> FloatArray:
        """Return each pixel times its weight; whitened ones less their mean, times the whitened weights."""
        values = image.astype(np.float64).reshape(-1)
        if self.zca:
            values -= self.mean_
            weights = self.whitener_.astype(np.float64) @ weights
        return (values * weights).reshape(image.shape)

    def state(self) -> dict[str, Array]:
        """Return the mean and the whitening matrix, if there is one."""
        return {"mean": self.mean_, "whitener": self.whitener_} if self.zca else {}

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore mean and matrix; see `FeatureExtractor.restore`."""
        if self.zca:
            sizes = {"p": math.prod(image_shape)}
            self.mean_, self.whitener_ = learned_arrays(state, sizes, mean="p", whitener="pp")
        return super().restore(image_shape, state)

    @property
    def computes(self) -> bool:
        """Whether images are whitened; see `FeatureExtractor.computes`."""
        return self.zca > 0

    def numbers_at_work(self) -> int:
        """Return those of an image about the mean, and whitened; see `FeatureExtractor.numbers_at_work`."""
        return (2 if self.computes else 0) * self.width()

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return the moments and their eigenvectors, and blocks of rows; see `FeatureExtractor.fitting_bytes`."""
        D = math.prod(image_shape)
        return 4 * (4 * D**2 + 4 * _AT_A_TIME * D) if self.computes else 0

    def width(self) -> int:
        """Return the number of pixel values of an image."""
        check_is_fitted(self)
        return math.prod(self.image_shape_)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``pixel_{row}_{column}_{channel}``, or ``x{i}`` for vectors."""
        del input_features
        check_is_fitted(self)
        if len(self.image_shape_) == 1:
            return np.array([f"x{i}" for i in range(self.image_shape_[0])], dtype=object)
        return np.array(
            ["pixel_" + "_".join(map(str, cell)) for cell in np.ndindex(*self.image_shape_)], dtype=object
        )

    def _rows(self, X: Array) -> Array:
        X = self._check(X)
        return X.reshape(len(X), math.prod(self.image_shape_))

    def _whitening(self, rows: Array) -> tuple[Array, Array]:
        from scipy.linalg import eigh

        D = rows.shape[1]
        if D > MOST_WHITENED:
            raise UsageError(
                f"Images of {D:,} numbers are to be whitened",
                allowed=f"{MOST_WHITENED:,} at the most: the whitening matrix has its square",
                fix="make images smaller (image_size), or leave zca out",
            )
        chosen = np.arange(len(rows))
        if len(rows) > self.n_images:
            chosen = np.sort(np.random.default_rng(self.random_state).permutation(len(rows))[: self.n_images])
        sample = SubsetRows(ArrayRows(rows), chosen)
        total = sum(block.sum(axis=0, dtype=np.float64) for _, block in batches(sample, _AT_A_TIME))
        mean = (total / len(sample)).astype(np.float32)
        moments = np.zeros((D, D), np.float32)
        for _, block in batches(sample, _AT_A_TIME):
            centred = block - mean
            moments += centred.T @ centred
        moments /= np.float32(len(sample))
        variances, directions = eigh(moments, overwrite_a=True, check_finite=False)
        typical = float(np.maximum(variances, 0).mean())
        if not typical > 0:
            raise DataError(
                "The images are to be whitened, but they are all the same",
                allowed="images that differ",
                fix="check the images, or leave zca out",
            )
        gains = 1 / np.sqrt(np.maximum(variances, 0) + np.float32(self.zca * typical))
        return mean, (directions * gains) @ directions.T


FEATURES.register("pixels", Pixels)
