"""Bags of visual words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.errors import DataError
from scoreline.features.assignments import ASSIGNMENTS
from scoreline.features.dense_sift import LENGTH, DenseSIFT
from scoreline.features.descriptor import BATCH, Describe, ImageDescriptor
from scoreline.features.learned import learned_arrays
from scoreline.features.patch_whitening import chunks
from scoreline.features.patch_words import KMeansWords, clustering_bytes
from scoreline.features.specs import FEATURES

__all__ = ["BagOfWords"]

#: Added to the variances of directions before whitening, in their mean.
EPS = 0.1
#: Variance of descriptors of length 1 below which it counts as 0.
TINY = 1e-12


#: Halvings of an image into cells: beyond these, a cell is smaller than any descriptor.
MOST_LEVELS = 8


class BagOfWords(ImageDescriptor):
    r"""Histograms of visual words, to which local descriptors are assigned: D = words * sum of 4^l over levels l.

    Descriptors x are `DenseSIFT`'s under the Hellinger map (L1-normalised, then square roots, so
    that Euclidean distances compare histograms). Their codes are d whitened components, so that a few directions
    of large variance do not dominate the distances:

    .. math:: z_i = v_i^\top (x - \bar x) / \sqrt{d\, (\lambda_i + 0.1 \bar\lambda)}

    with :math:`v_i` the directions of the d largest variances :math:`\lambda_i`. Words are the means of clusters
    of training images' codes. The weights of all descriptors of an image, and of each cell of a pyramid, are
    summed, divided by the number of descriptors, and square roots are taken (power normalisation).

    Parameters
    ----------
    words : int
        k.
    assignment : str or Assignment
        ``"hard"``, ``"soft"`` or ``"triangle"``.
    levels : int
        Of the spatial pyramid: 1 is the whole image, 2 adds 2 x 2 cells, 3 adds 4 x 4.
    step : int
        Pixels from descriptor to descriptor.
    bin : float
        Side of a descriptor's spatial bin in pixels.
    scales : int
        Sizes of descriptors.
    components : int
        d, at most 128.
    n_descriptors : int
        Descriptors that the words are learned from.
    random_state : int
        The seed of the descriptors and the words.

    References
    ----------
    Csurka, G. et al. (2004). Visual categorization with bags of keypoints. ECCV workshop. Lazebnik, S., Schmid,
    C. & Ponce, J. (2006). Beyond bags of features: spatial pyramid matching. CVPR. Arandjelović, R. & Zisserman,
    A. (2012). Three things everyone should know to improve object retrieval. CVPR, for the Hellinger map. Jégou,
    H. & Chum, O. (2012). Negative evidences and co-occurrences in image retrieval: the benefit of PCA and
    whitening. ECCV.
    """

    def __init__(
        self,
        words: int = 1000,
        *,
        assignment: Any = "triangle",
        levels: int = 2,
        step: int = 3,
        bin: float = 3.0,
        scales: int = 1,
        components: int = 64,
        n_descriptors: int = 100_000,
        random_state: int = 0,
    ) -> None:
        self.words = words
        self.assignment = assignment
        self.levels = levels
        self.step = step
        self.bin = bin
        self.scales = scales
        self.components = components
        self.n_descriptors = n_descriptors
        self.random_state = random_state

    def fit(self, X: Array, y: Any = None) -> Self:
        """Learn the words from images ``(n, H, W, ch)``; it sets ``words_`` (k, d)."""
        del y
        assignment = ASSIGNMENTS.build(self.assignment)
        X = self._check(X)
        rng = np.random.default_rng(self.random_state)
        order = rng.permutation(len(X))
        each = self.scales * math.prod(map(len, self._local().places(X.shape[1:])))
        rows = np.empty((min(self.n_descriptors, each * len(X)), LENGTH), np.float32)
        count = 0
        for low in range(0, len(X), BATCH):
            if count >= self.n_descriptors:
                break
            found = self._descriptors(X[np.sort(order[low : low + BATCH])])[: self.n_descriptors - count]
            rows[count : count + len(found)] = found
            count += len(found)
        if count < self.words:
            raise DataError(
                f"{self.words} words are to be learned from {count} descriptors",
                allowed="as many descriptors as words, or more",
                fix="lower words or step, or pass more images",
            )
        rows = rows[:count]
        self.basis_, self.shift_ = _whitening(rows, self.components)
        self.words_ = KMeansWords().learn(self._whitened(rows), self.words, rng)
        self.assignment_ = assignment
        self.image_shape_ = X.shape[1:]
        return self

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return the descriptors with their codes and clusters; see `FeatureExtractor.fitting_bytes`."""
        del image_shape
        clustering = clustering_bytes(self.n_descriptors, self.words, self.components)
        return 4 * self.n_descriptors * (LENGTH + self.components) + clustering

    def state(self) -> dict[str, Array]:
        """Return the whitening and the words."""
        return {"basis": self.basis_, "shift": self.shift_, "words": self.words_}

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore the words; see `FeatureExtractor.restore`."""
        sizes = {"p": LENGTH, "k": self.words}
        self.basis_, self.shift_, self.words_ = learned_arrays(state, sizes, basis="qp", shift="q", words="kq")
        self.assignment_ = ASSIGNMENTS.build(self.assignment)
        return super().restore(image_shape, state)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``level_{l}_cell_{row}_{column}_word_{k}``."""
        del input_features
        check_is_fitted(self)
        cells = [(level, *cell) for level in range(self.levels) for cell in np.ndindex(2**level, 2**level)]
        return np.array(
            [f"level_{level}_cell_{r}_{c}_word_{k}" for level, r, c in cells for k in range(self.words)],
            dtype=object,
        )

    def word_map(self, images: Array) -> tuple[Array, Array, Array]:
        """Return each descriptor's nearest word ``(n, scales * places)``, and the places' rows and columns."""
        check_is_fitted(self)
        images = self._check(images)
        words = self.words_.astype(np.float32)
        nearness = self.codes(images) @ words.T - np.square(words).sum(axis=1) / 2
        return nearness.argmax(axis=1).reshape(len(images), -1), *self._local().places(images.shape[1:])

    def codes(self, images: Array) -> Array:
        """Return the whitened descriptors of images, ``(n * scales * places, d)`` float32."""
        return self._whitened(self._descriptors(images))

    def _whitened(self, rows: Array) -> Array:
        return rows @ self.basis_.T.astype(np.float32) + self.shift_.astype(np.float32)

    def _descriptors(self, images: Array) -> Array:
        """Return the descriptors of images under the Hellinger map, ``(n * places, 128)`` float32."""
        rows = self._local().describe(images).reshape(-1, 128)
        rows /= np.maximum(rows.sum(axis=1, keepdims=True), 1e-7)
        return np.sqrt(rows, out=rows)

    def _local(self) -> DenseSIFT:
        return DenseSIFT(self.step, bin=self.bin, scales=self.scales)

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        weights, bias = (part.astype(np.float32) for part in self.assignment_.weights(self.words_))
        columns = np.ascontiguousarray(weights.T)
        finest = 2 ** (self.levels - 1)
        rows, places = self._local().places(shape)
        cell = (rows * finest // shape[0])[:, None] * finest + places * finest // shape[1]
        cells = np.tile(cell.ravel(), self.scales).astype(np.int64)
        length = self.words * sum(4**level for level in range(self.levels))

        def describe(images: Array, out: Array) -> None:
            codes = self.codes(images).reshape(len(images), len(cells), -1)
            # One image's at a time, in place, so that they stay in the L2 cache.
            answers = np.empty((len(cells), self.words), np.float32)
            for row, own in zip(out, codes, strict=True):
                np.matmul(own, columns, out=answers)
                answers += bias
                fine = np.zeros((finest**2, self.words), np.float32)
                self.assignment_.count(answers, cells, fine)
                fine /= np.float32(len(cells))
                row[:] = np.concatenate(self._pyramid(fine.reshape(finest, finest, -1)))
            np.sqrt(out, out=out)

        return length, describe

    def _pyramid(self, fine: Array) -> list[Array]:
        """Return the sums over the cells of each level, the whole image first."""
        levels = [fine]
        while len(levels[0]) > 1:
            side = len(levels[0]) // 2
            levels.insert(0, levels[0].reshape(side, 2, side, 2, -1).sum(axis=(1, 3)))
        return [level.reshape(-1) for level in levels]

    def _least_side(self) -> int:
        for name in ("words", "levels", "n_descriptors"):
            check_number(name, getattr(self, name), 1)
        check_number("levels", self.levels, 1, MOST_LEVELS + 1)
        check_number("components", self.components, 1, LENGTH + 1)
        self._local()._least_side()
        return max(8, 2 ** (int(self.levels) - 1))


FEATURES.register("words", BagOfWords)


def _whitening(rows: Array, components: int) -> tuple[Array, Array]:
    """Return the basis ``(d, 128)`` and shift ``(d,)`` of codes ``basis @ x + shift``, see `BagOfWords`."""
    mean = rows.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((rows.shape[1], rows.shape[1]))
    for part in chunks(rows):
        x = rows[part] - mean
        covariance += x.T @ x / (len(rows) - 1)
    variances, directions = np.linalg.eigh(covariance)
    kept = np.maximum(variances[::-1][:components], 0)
    scale = np.sqrt(components * np.maximum(kept + EPS * kept.mean(), TINY))
    basis = directions.T[::-1][:components] / scale[:, None]
    return basis, -basis @ mean
