"""Histograms of textons, clusters of filter responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.features.descriptor import BATCH, MOST_PIXELS, Describe, ImageDescriptor
from scoreline.features.grey import grey_values
from scoreline.features.learned import learned_arrays
from scoreline.features.patch_words import KMeansWords, clustering_bytes
from scoreline.features.specs import FEATURES

__all__ = ["Textons", "filter_bank"]

#: Elongation of edge and bar filters, and the extent of a filter in deviations.
_LONG, _REACH = 3.0, 3.0
#: Contrast at which responses begin to be compressed (Weber's law).
_WEBER = 0.03
#: Images and pixels that textons are learned from.
_LEARNED_IMAGES, _LEARNED_PIXELS = 2_000, 100_000


class Textons(ImageDescriptor):
    r"""Histograms of textons in each cell of a grid: D = grid^2 * textons.

    Grey values of mean 0 and deviation 1 are filtered by a bank of edges and bars at several scales and
    orientations, a Gaussian and its Laplacian (`filter_bank`). Of the orientations the strongest response counts,
    so that turned textures look alike; a pixel's responses F become :math:`F \log(1 + |F| / 0.03) / |F|`.
    Textons are the means of clusters of these among pixels of training images; each pixel counts for the nearest.

    Parameters
    ----------
    textons : int
        Clusters.
    grid : int
        The image is cut into grid x grid cells; the frequencies of a cell sum to 1.
    sigma : float
        Deviation of the finest filters, in pixels.
    scales : int
        Each twice as coarse as the one before.
    orientations : int
        Over 180 degrees.
    random_state : int
        The seed of the pixels and the clusters.

    References
    ----------
    Leung, T. & Malik, J. (2001). Representing and recognizing the visual appearance of materials using
    three-dimensional textons. IJCV 43. Varma, M. & Zisserman, A. (2005). A statistical approach to texture
    classification from single images. IJCV 62, for the strongest orientation (MR8).
    """

    def __init__(
        self,
        textons: int = 64,
        *,
        grid: int = 2,
        sigma: float = 0.7,
        scales: int = 2,
        orientations: int = 6,
        random_state: int = 0,
    ) -> None:
        self.textons = textons
        self.grid = grid
        self.sigma = sigma
        self.scales = scales
        self.orientations = orientations
        self.random_state = random_state

    def fit(self, X: Array, y: Any = None) -> Self:
        """Learn the textons from pixels of images ``(n, H, W, ch)``; it sets ``textons_`` (k, responses)."""
        del y
        X = self._check(X)
        rng = np.random.default_rng(self.random_state)
        chosen = np.sort(rng.permutation(len(X))[:_LEARNED_IMAGES])
        each = max(1, -(-_LEARNED_PIXELS // max(1, len(chosen))))
        pixels = []
        for low in range(0, len(chosen), BATCH):
            answers = self.responses(X[chosen[low : low + BATCH]])
            pixels += [
                rows[rng.permutation(len(rows))[:each]]
                for rows in answers.reshape(len(answers), -1, answers.shape[3])
            ]
        rows = np.concatenate(pixels)
        check_number("textons", self.textons, 1, len(rows) + 1)
        self.textons_ = KMeansWords().learn(rows, self.textons, rng)
        self.image_shape_ = X.shape[1:]
        return self

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return the pixels' responses and their clusters; see `FeatureExtractor.fitting_bytes`."""
        del image_shape
        responses = 2 * self.scales + 2
        # Each image gives at least one pixel, and at most what rounds up to all.
        n = _LEARNED_PIXELS + _LEARNED_IMAGES
        return 2 * 4 * n * responses + clustering_bytes(n, self.textons, responses)

    def state(self) -> dict[str, Array]:
        """Return the textons."""
        return {"textons": self.textons_}

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore the textons; see `FeatureExtractor.restore`."""
        sizes = {"k": self.textons, "r": 2 * self.scales + 2}
        (self.textons_,) = learned_arrays(state, sizes, textons="kr")
        return super().restore(image_shape, state)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``cell_{row}_{column}_texton_{k}``."""
        del input_features
        check_is_fitted(self)
        cells = np.ndindex(self.grid, self.grid)
        return np.array([f"cell_{r}_{c}_texton_{k}" for r, c in cells for k in range(self.textons)], dtype=object)

    def responses(self, images: Array) -> FloatArray:
        """Return the compressed responses at each pixel, ``(n, H, W, 2 * scales + 2)`` float32."""
        images = self._check(images)
        bank = filter_bank(self.sigma, self.scales, self.orientations)
        reach = bank.shape[1] // 2
        grey = grey_values(images)
        grey -= grey.mean(axis=(1, 2), keepdims=True)
        grey /= np.maximum(grey.std(axis=(1, 2), keepdims=True), 1.0)
        wide = np.pad(grey.astype(np.float32), ((0, 0), (reach, reach), (reach, reach)), mode="symmetric")
        n, H, W = grey.shape
        filters = bank.reshape(len(bank), -1).T
        out = np.empty((n, H, W, 2 * self.scales + 2), np.float32)
        for image, answers in zip(wide, out, strict=True):
            windows = np.lib.stride_tricks.sliding_window_view(image, bank.shape[1:])
            raw = windows.reshape(H * W, -1) @ filters
            oriented = raw[:, :-2].reshape(H, W, 2 * self.scales, self.orientations)
            answers[..., :-2] = np.abs(oriented).max(axis=3)
            answers[..., -2:] = raw[:, -2:].reshape(H, W, 2)
        size = np.linalg.norm(out, axis=3, keepdims=True)
        out *= np.log1p(size / _WEBER) / np.maximum(size, 1e-12)
        return out

    def texton_map(self, images: Array) -> Array:
        """Return the nearest texton of each pixel, ``(n, H, W)`` int64."""
        check_is_fitted(self)
        answers = self.responses(images)
        words = self.textons_.astype(np.float32)
        nearness = answers.reshape(-1, answers.shape[3]) @ words.T - np.square(words).sum(axis=1) / 2
        return nearness.argmax(axis=1).reshape(answers.shape[:3])

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        H, W = shape[:2]
        cell = (np.arange(H) * self.grid // H)[:, None] * self.grid + np.arange(W) * self.grid // W
        length = self.grid**2 * self.textons
        sizes = np.repeat(np.bincount(cell.ravel(), minlength=self.grid**2), self.textons)

        def describe(images: Array, out: Array) -> None:
            labels = cell * self.textons + self.texton_map(images)
            for row, own in zip(out, labels, strict=True):
                row[:] = np.bincount(own.ravel(), minlength=length) / sizes

        return length, describe

    def _least_side(self) -> int:
        for name in ("textons", "grid", "scales", "orientations"):
            check_number(name, getattr(self, name), 1)
        check_number("sigma", self.sigma, 0, MOST_PIXELS, above=True)
        return max(2, int(self.grid))


FEATURES.register("textons", Textons)


def filter_bank(sigma: float, scales: int, orientations: int) -> FloatArray:
    """Return the filters ``(2 * scales * orientations + 2, p, p)`` float32, each of absolute sum 1.

    First the edges (first derivatives of Gaussians three times as long as wide) of the finest scale, its bars
    (second derivatives), then those of the coarser scales; at last a Gaussian and its Laplacian, of the middle
    scale.
    """
    coarsest = sigma * 2 ** (scales - 1)
    reach = max(1, int(np.ceil(_REACH * coarsest)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    filters = []
    for s in range(scales):
        width = sigma * 2**s
        for order in (1, 2):
            for k in range(orientations):
                angle = np.pi * k / orientations
                u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
                bell = np.exp(-(u**2) / (2 * width**2) - v**2 / (2 * (_LONG * width) ** 2))
                filters.append(-u * bell if order == 1 else (u**2 / width**2 - 1) * bell)
    middle = sigma * 2 ** ((scales - 1) / 2)
    square = (x**2 + y**2) / (2 * middle**2)
    bank = np.array([*filters, np.exp(-square), (square - 1) * np.exp(-square)])
    bank[:-2] -= bank[:-2].mean(axis=(1, 2), keepdims=True)
    bank[-1] -= bank[-1].mean()
    return (bank / np.abs(bank).sum(axis=(1, 2), keepdims=True)).astype(np.float32)
