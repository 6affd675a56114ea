"""What examples look like in 63 numbers, which copies of them share however they were re-encoded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.objective import block_rows
from scoreline.rows import Rows

__all__ = ["Signatures", "column_statistics", "image_details", "image_signatures", "row_signatures"]

#: Side of the block of low frequencies that are looked at, and of that whose remainder are an image's details.
LOW, DETAIL = 8, 14
#: Deviation of an image's pixels, in levels, below which an image has no content to compare.
LEAST_CONTRAST = 0.5
#: Of red, green and blue, by ITU-R BT.601.
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, eq=False)
class Signatures:
    """Vectors of length 1, one an example: the smaller the angle between two, the more alike the examples.

    Parameters
    ----------
    vectors : array (N, 63) of float32
        Rows of zeros for examples without any structure, such as images of one colour.
    mirrored : array (63,) of float32, or None
        What turns the signature of an image into that of its mirror image; None for rows of numbers.
    """

    vectors: FloatArray
    mirrored: FloatArray | None = None

    @property
    def hashes(self) -> Array:
        """The signs as bits, ``(N,)`` of uint64: a perceptual hash."""
        return self._bits(self.vectors)

    @property
    def mirrored_hashes(self) -> Array | None:
        """Those of the mirror images."""
        return None if self.mirrored is None else self._bits(self.vectors * self.mirrored)

    def _bits(self, vectors: FloatArray) -> Array:
        values = np.left_shift(np.uint64(1), np.arange(vectors.shape[1], dtype=np.uint64))
        return np.where(vectors > 0, values, np.uint64(0)).sum(axis=1, dtype=np.uint64)


def image_signatures(rows: Rows) -> Signatures:
    """Return signatures of images ``(N, H, W, ch)``: low frequencies of their brightness, but for the mean.

    They are coefficients of the discrete cosine transform, each divided by its deviation over all images, so that
    the fine ones count as much as the coarse ones. Size, compression, brightness and contrast hardly change them.

    References
    ----------
    Zauner (2010), Implementation and benchmarking of perceptual image hash functions, section 3.2.1; there the
    coefficients are compared with their median, and nothing but the resulting bits is kept.
    """
    spectra = np.concatenate([_spectra(images, LOW) for images in _blocks(rows)]).reshape(len(rows), -1)[:, 1:]
    vectors = _whitened(spectra)
    vectors[(spectra**2).sum(axis=1) < LEAST_CONTRAST**2 * math.prod(rows.shape[1:3])] = 0
    mirrored = np.where(np.arange(LOW * LOW) % LOW % 2 == 1, -1, 1).astype(np.float32)
    return Signatures(vectors, mirrored[1:])


def row_signatures(rows: Rows, seed: int = 0) -> Signatures:
    """Return signatures of rows of numbers ``(N, D)``: 63 random projections of their standardised columns."""
    mean, scale = column_statistics(rows)
    directions = np.random.default_rng(seed).standard_normal((rows.shape[1], LOW * LOW - 1)).astype(np.float32)
    directions /= scale[:, None]
    projected = np.concatenate([(block.astype(np.float32) - mean) @ directions for block in _blocks(rows)])
    return Signatures(_whitened(projected))


def image_details(images: Array) -> FloatArray:
    """Return what signatures leave out of images ``(n, H, W, ch)``: finer structure, vectors of length 1."""
    spectra = _spectra(images, DETAIL)
    spectra[:, :LOW, :LOW] = 0
    return _normalised(spectra.reshape(len(images), -1))


def _blocks(rows: Rows) -> Iterator[Array]:
    step = block_rows(int(np.prod(rows.shape[1:])))
    for first in range(0, len(rows), step):
        yield rows.read(first, min(first + step, len(rows)))


def _spectra(images: Array, k: int) -> FloatArray:
    """Return the `k` lowest frequencies in each direction, ``(n, k, k)``; 0 where images have no such."""
    weights = np.array(LUMA if images.shape[3] == 3 else [1 / images.shape[3]] * images.shape[3], np.float32)
    brightness = images.astype(np.float32) @ weights
    found: FloatArray = _cosines(images.shape[1], k) @ brightness @ _cosines(images.shape[2], k).T
    return found


def _cosines(n: int, k: int) -> FloatArray:
    """Return the rows ``(k, n)`` of the orthonormal discrete cosine transform, of zeros from n on."""
    from scipy.fft import dct

    low = dct(np.eye(n), axis=0, norm="ortho")[:k]
    return np.pad(low, ((0, k - len(low)), (0, 0))).astype(np.float32)


def _whitened(values: FloatArray) -> FloatArray:
    deviation = values.std(axis=0)
    # What hardly varies is rounding, and would count like all else.
    deviation[deviation <= 1e-4 * deviation.max(initial=0)] = np.inf
    return _normalised(values / deviation)


def _normalised(values: FloatArray) -> FloatArray:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.where(length > 1e-3, values / np.maximum(length, 1e-3), 0).astype(np.float32)


def column_statistics(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return means and deviations of the columns, float32; infinite deviations of constant ones."""
    total, squares = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    origin = np.asarray(rows.read(0, 1)[0], np.float64)
    for block in _blocks(rows):
        shifted = block.astype(np.float64) - origin
        total += shifted.sum(axis=0)
        squares += (shifted**2).sum(axis=0)
    mean = total / len(rows)
    deviation = np.sqrt(np.maximum(squares / len(rows) - mean**2, 0))
    return (mean + origin).astype(np.float32), np.where(deviation > 0, deviation, np.inf).astype(np.float32)
