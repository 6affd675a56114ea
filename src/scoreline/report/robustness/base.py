"""What a challenge is, and what several share: the resampling of images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray, Labels

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Challenge", "Sampling", "as_bytes", "pixel_grid", "resampled"]


class Challenge(ABC):
    """One way in which images may differ from those that a classifier was trained on, in five grades.

    To add one: a file here with a class, and a line in `CHALLENGES`.
    """

    #: Which of the lecture's challenges it is one of: camera pose, illumination, ...
    kind: ClassVar[str]
    #: What `grades` are measured in.
    measure: ClassVar[str]
    #: The five grades; at the first the images are what they were, and `apply` is never asked for it.
    grades: ClassVar[tuple[float, ...]]

    @abstractmethod
    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Return the images changed.

        Parameters
        ----------
        images : array (n, H, W, ch) of uint8
            Grey or in colour.
        grade : float
            One of `grades`, or any number between them.
        rng : numpy.random.Generator
            In the same state for each grade, so that an image is changed in the same way, only more.

        Returns
        -------
        array (n, H, W, ch) of uint8
        """

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:g}"


class Sampling(NamedTuple):
    """The row and the column, ``(H, W)`` each, that every pixel of a changed image is taken from."""

    rows: FloatArray
    columns: FloatArray


def pixel_grid(images: Array) -> Sampling:
    """Return rows and columns of the images as offsets from the centre, in pixels."""
    height, width = images.shape[1:3]
    rows, columns = np.indices((height, width), np.float64)
    return Sampling(rows - (height - 1) / 2, columns - (width - 1) / 2)


def resampled(images: Array, variants: Sequence[Sampling], rng: np.random.Generator) -> Array:
    """Return each image ``(H, W, ch)`` sampled by one of several variants, drawn for each image.

    Samplings are offsets from the centre, interpolated linearly. Beyond its edges an image is its mirror image:
    any other filling would be a second change, which the classifier may notice more.
    """
    out = np.empty_like(images)
    drawn = rng.integers(len(variants), size=len(images))
    for number, variant in enumerate(variants):
        chosen = np.flatnonzero(drawn == number)
        if len(chosen):
            out[chosen] = _sampled(images[chosen], variant)
    return out


def as_bytes(images: FloatArray) -> Array:
    """Return pixels rounded to the nearest of 0 ... 255."""
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)


def _sampled(images: Array, sampling: Sampling) -> Array:
    n, height, width, channels = images.shape
    # One sparse matrix for all images: interpolating each by itself takes a call an image and channel.
    planes = images.transpose(1, 2, 0, 3).reshape(height * width, n * channels).astype(np.float32)
    taken = _interpolation(sampling, height, width) @ planes
    return as_bytes(taken).reshape(height, width, n, channels).transpose(2, 0, 1, 3)


def _interpolation(sampling: Sampling, height: int, width: int) -> csr_array:
    """Return the matrix ``(H W, H W)`` that interpolates linearly between the four pixels around each sample."""
    from scipy.sparse import csr_array

    rows, columns = sampling.rows + (height - 1) / 2, sampling.columns + (width - 1) / 2
    top, left = np.floor(rows), np.floor(columns)
    down, right = rows - top, columns - left
    weights, places = [], []
    for below, of_row in ((0, 1 - down), (1, down)):
        for aside, of_column in ((0, 1 - right), (1, right)):
            row, column = _mirrored(top + below, height), _mirrored(left + aside, width)
            weights.append((of_row * of_column).ravel())
            places.append((row * width + column).ravel())
    n = height * width
    pixels = np.repeat(np.arange(n), 4)
    data = np.stack(weights, axis=1).ravel().astype(np.float32)
    return csr_array((data, (pixels, np.stack(places, axis=1).ravel())), shape=(n, n))


def _mirrored(places: FloatArray, side: int) -> Labels:
    """Return places from 0 to ``side - 1`` for any: the image goes on as its mirror image, its edge twice."""
    around = np.mod(places, 2 * side).astype(np.int64)
    return np.where(around < side, around, 2 * side - 1 - around)
