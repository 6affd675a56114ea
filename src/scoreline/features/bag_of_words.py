"""Bags of visual words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.errors import DataError
from scoreline.features.assignments import ASSIGNMENTS
from scoreline.features.dense_sift import DenseSIFT
from scoreline.features.descriptor import BATCH, Describe, ImageDescriptor
from scoreline.features.patch_words import KMeansWords

__all__ = ["BagOfWords"]


class BagOfWords(ImageDescriptor):
    r"""How often local descriptors are like each word of a vocabulary: D = words * sum of 4^l over levels l.

    Descriptors are `DenseSIFT`'s under the Hellinger map (their numbers sum to 1, then their roots are taken, so
    that Euclidean distances compare histograms). Words are the means of clusters of training images' descriptors.
    What all descriptors of an image, and of each cell of a pyramid, count for the words is summed, divided by the
    number of descriptors, and its root is taken (power normalisation).

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
    n_descriptors : int
        Descriptors that the words are learned from.
    random_state : int
        The seed of the descriptors and the words.

    References
    ----------
    Csurka, G. et al. (2004). Visual categorization with bags of keypoints. ECCV workshop. Lazebnik, S., Schmid,
    C. & Ponce, J. (2006). Beyond bags of features: spatial pyramid matching. CVPR. Arandjelović, R. & Zisserman,
    A. (2012). Three things everyone should know to improve object retrieval. CVPR, for the Hellinger map.
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
        n_descriptors: int = 100_000,
        random_state: int = 0,
    ) -> None:
        self.words = words
        self.assignment = assignment
        self.levels = levels
        self.step = step
        self.bin = bin
        self.scales = scales
        self.n_descriptors = n_descriptors
        self.random_state = random_state

    def fit(self, X: Array, y: Any = None) -> Self:
        """Learn the words from images ``(n, H, W, ch)``; it sets ``words_`` (k, 128)."""
        del y
        assignment = ASSIGNMENTS.build(self.assignment)
        X = self._check(X)
        rng = np.random.default_rng(self.random_state)
        order = rng.permutation(len(X))
        found: list[Array] = []
        count = 0
        for low in range(0, len(X), BATCH):
            if count >= self.n_descriptors:
                break
            rows = self._descriptors(X[np.sort(order[low : low + BATCH])])
            found.append(rows)
            count += len(rows)
        if count < self.words:
            raise DataError(
                f"{self.words} words are to be learned from {count} descriptors",
                allowed="as many descriptors as words, or more",
                fix="lower words or step, or pass more images",
            )
        self.words_ = KMeansWords().learn(np.concatenate(found)[: self.n_descriptors], self.words, rng)
        self.assignment_ = assignment
        self.image_shape_ = X.shape[1:]
        return self

    def state(self) -> dict[str, Array]:
        """Return the words."""
        return {"words": self.words_}

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Take over words; see `FeatureExtractor.restore`."""
        self.words_ = state["words"]
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
        nearness = self._descriptors(images) @ words.T - np.square(words).sum(axis=1) / 2
        return nearness.argmax(axis=1).reshape(len(images), -1), *self._local().places(images.shape[1:])

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
            answers = self._descriptors(images) @ columns
            answers += bias
            for row, own in zip(out, answers.reshape(len(images), len(cells), -1), strict=True):
                fine = np.zeros((finest**2, self.words), np.float32)
                self.assignment_.count(own, cells, fine)
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
        self._local()._least_side()
        return max(8, 2 ** (int(self.levels) - 1))
