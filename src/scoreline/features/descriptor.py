"""The base of descriptors of uint8 images: the check of their input, and threads."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array
from scoreline.errors import DataError
from scoreline.features.base import FeatureExtractor
from scoreline.kernels.threads import one_blas_thread, separate_threads

__all__ = ["BATCH", "MOST_PIXELS", "Describe", "ImageDescriptor", "described", "each_batch", "raise_to"]

#: Writes the rows ``(n, D)`` of images ``(n, H, W, ch)`` to its second argument.
Describe: TypeAlias = Callable[[Array, Array], None]

#: Images that a thread takes at a time.
BATCH = 32
#: Lengths in an image are shorter than so many pixels: what is computed for each length grows with its square.
MOST_PIXELS = 1024


class ImageDescriptor(FeatureExtractor):
    """Features of images ``(n, H, W, ch)`` of uint8, grey (ch = 1) or in colour (ch = 3), each by itself.

    Batches are shared among threads; a row depends on its image alone, not on the threads nor on its neighbours.
    """

    def transform(self, X: Array) -> Array:
        """Return a row of features for each image, ``(n, D)`` float32."""
        X = self._like_fitted(X)
        return described(X, *self._plan(X.shape[1:]))

    def width(self) -> int:
        """Return D, the number of columns."""
        check_is_fitted(self)
        return self._plan(self.image_shape_)[0]

    def _like_fitted(self, X: Array) -> Array:
        """Return images as an array, or raise DataError where they differ from those of `fit`."""
        check_is_fitted(self)
        X = self._check(X)
        if X.shape[3] != self.image_shape_[2]:
            raise DataError(
                f"Images of {X.shape[3]} channels came to features that were fitted on {self.image_shape_[2]}",
                allowed=f"images of {self.image_shape_[2]} channels",
                fix="convert the images, or fit on images like them",
            )
        return X

    @abstractmethod
    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        """Return D for images of a shape ``(H, W, ch)``, and the function that computes the rows of a batch."""

    @abstractmethod
    def _least_side(self) -> int:
        """Return the fewest pixels that an image must have in each direction."""

    def _check(self, X: Array) -> Array:
        """Return images as an array, or raise DataError."""
        X = np.asarray(X)
        if X.ndim != 4 or X.dtype != np.uint8 or X.shape[3] not in (1, 3):
            raise DataError(
                f"Images came as an array of shape {X.shape} and dtype {X.dtype}",
                allowed="bytes (uint8) of shape (n, H, W, channels), with 1 or 3 channels",
                fix="add the missing axis (grey images have one channel, X[..., None]) or convert to 0 ... 255",
            )
        least = self._least_side()
        if min(X.shape[1:3]) < least:
            raise DataError(
                f"Images of {X.shape[1]} x {X.shape[2]} pixels are too small for {type(self).__name__}",
                allowed=f"{least} x {least} pixels or more",
                fix="lower its sizes (cell, patch, grid), or resize the images first (image_size)",
            )
        return X


def described(X: Array, length: int, describe: Describe) -> Array:
    """Return the rows ``(n, length)`` float32 that `describe` writes for images ``(n, H, W, ch)``."""
    rows = np.empty((len(X), length), np.float32)
    each_batch(len(X), lambda batch: describe(np.ascontiguousarray(X[batch]), rows[batch]))
    return rows


def each_batch(n: int, work: Callable[[slice], None]) -> None:
    """Do `work` for each batch of n images, in all threads; BLAS has the one that each of them may use."""
    batches = [slice(low, low + BATCH) for low in range(0, n, BATCH)]
    n_threads = min(separate_threads(), len(batches))
    with one_blas_thread():
        if n_threads < 2:  # to start a thread takes as long as a small image
            for batch in batches:
                work(batch)
            return
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(work, batches))


def raise_to(power: float, rows: Array) -> None:
    """Raise rows of frequencies to a power, in place.

    With 1/2, Euclidean distances between them compare distributions (Hellinger), rare counts as well as frequent
    ones: the deviation of a count that is Poisson grows with its root, that of its root does not.
    """
    if power == 0.5:
        np.sqrt(rows, out=rows)
    elif power != 1:
        np.power(rows, np.float32(power), out=rows)
