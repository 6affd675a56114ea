"""A dictionary of patches of the response maps of another dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.errors import DataError, UsageError
from scoreline.features.cell_pieces import cells_of, check_spread
from scoreline.features.descriptor import BATCH, Describe, ImageDescriptor, described
from scoreline.features.graph import FeatureGraph
from scoreline.features.kernel_maps import PATCH, KernelMaps, lengths, unit, windows
from scoreline.features.learned import even_rows, learned_arrays
from scoreline.features.patch_graph import graph_even, graph_lengths, graph_odd, graph_pooled, graph_rectified
from scoreline.features.patch_whitening import PatchWhitening, draw_patches, mean_variance
from scoreline.features.patch_words import KMeansWords, clustering_bytes
from scoreline.features.specs import FEATURES

__all__ = ["TwoLayerDictionary"]

#: Patches that are drawn of one map.
_PER_MAP = 50


class TwoLayerDictionary(ImageDescriptor):
    r"""Pooled responses of k learned arrangements of small patches in each cell of a grid: D = grid^2 * k.

    The first layer (`KernelMaps`) makes an image a map, half as high and wide, of channels that describe patches
    of 3 x 3 pixels. The second is a dictionary of patches of 3 x 3 places of the map, each of which sees
    8 x 8 pixels and more: a patch x is whitened, normalised and coded by the words :math:`c_k` of length 1, and
    the codes are averaged over a cell and over the image and its mirror image:

    .. math:: u = z / |z|, \quad z = V (x - \bar x) / \sqrt{\text{variance} + \epsilon}

    .. math:: f_k = \sqrt{\text{mean over the patches in a cell of } \max(0, u \cdot (c_k - \bar c))}

    Images ``(n, H, W, ch)`` of uint8, grey or in colour, give float32 rows ``(n, D)``; images of another size than
    those of `fit` are taken as they are, for the cells grow with them. Nothing is learned from labels. With a
    `PatchDictionary`, whose words are finer, it is better than either alone.

    Parameters
    ----------
    words : int
        k, the size of the second dictionary.
    channels : int
        Of the map: the words of the first layer, an even number, half of them mirror images of the others.
    components : int
        Principal directions of the patches of maps that are kept (or all that there are).
    eps : float
        Added to the variances of the patches of maps, whose mean over their numbers is 1.
    norm_bias : float
        Added to the variance in grey levels of a patch of pixels, so that the noise of flat patches stays small.
    sharpness : float
        How narrow the kernel of the first layer is.
    grid : int
        The map is cut into grid x grid cells.
    spread : float
        Where it is not 0, every cell sees all patches, by Gaussian weights; see `PatchDictionary`.
    n_patches : int
        Patches that either layer is learned from.
    random_state : int
        The seed of the patches and the words.

    Raises
    ------
    UsageError
        A parameter is out of its range.
    DataError
        The input is no batch of uint8 images, its images are too small, or show nothing.

    References
    ----------
    Mairal, J., Koniusz, P., Harchaoui, Z. & Schmid, C. (2014). Convolutional kernel networks. NIPS. Coates, A. &
    Ng, A. Y. (2011). Selecting receptive fields in deep networks. NIPS, for layers of k-means words.
    """

    def __init__(
        self,
        words: int = 1600,
        *,
        channels: int = 64,
        components: int = 256,
        eps: float = 0.4,
        norm_bias: float = 10.0,
        sharpness: float = 2.8,
        grid: int = 2,
        spread: float = 0.0,
        n_patches: int = 100_000,
        random_state: int = 0,
    ) -> None:
        self.words = words
        self.channels = channels
        self.components = components
        self.eps = eps
        self.norm_bias = norm_bias
        self.sharpness = sharpness
        self.grid = grid
        self.spread = spread
        self.n_patches = n_patches
        self.random_state = random_state

    def fit(self, X: Array, y: Any = None) -> Self:
        """Learn both layers from patches of images ``(n, H, W, ch)``; `y` is ignored.

        It sets ``maps_`` (`KernelMaps`), ``whitening_`` (`PatchWhitening`) and ``words_`` (k, d), of length 1.
        """
        del y
        self._check_parameters()
        X = self._check(X)
        if not len(X) or not np.ptp(X):
            raise DataError(
                f"No patch of {len(X)} images shows any contrast",
                allowed="images, and not all of one colour",
                fix="check the images, and how they were read",
            )
        rng = np.random.default_rng(self.random_state)
        maps = KernelMaps.learn(X, self.channels, self.norm_bias, self.sharpness, self.n_patches, rng)
        patches = self._patches_of_maps(X, maps, rng)
        scale = float(np.sqrt(mean_variance(patches)))
        patches /= np.float32(scale)
        self.maps_ = KernelMaps(maps.norm_bias, maps.sharpness, maps.whitening, maps.words, maps.mixing / scale)
        self.whitening_ = PatchWhitening.of(patches, maps.mirrored_order(), self.components, self.eps)
        codes = self.whitening_(patches)
        del patches  # before k-means begins
        codes /= lengths(codes)
        self.words_ = unit(KMeansWords().learn(codes, self.words, rng))
        self.image_shape_ = X.shape[1:]
        return self

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return the patches of the maps with their codes and clusters; see `FeatureExtractor.fitting_bytes`."""
        numbers = PATCH**2 * self.channels
        components = min(self.components, numbers)
        whitening = 8 * 4 * numbers**2  # moments and eigenvectors in float64
        clustering = clustering_bytes(self.n_patches, max(self.words, self.channels), components)
        return 4 * self.n_patches * (numbers + components) + whitening + clustering

    def state(self) -> dict[str, Array]:
        """Return the words and the whitening of both layers."""
        learned = {"mixing": self.maps_.mixing}
        for layer, whitening, words in (
            ("first", self.maps_.whitening, self.maps_.words),
            ("second", self.whitening_, self.words_),
        ):
            learned[f"{layer}_words"] = words
            learned[f"{layer}_basis"] = whitening.basis
            learned[f"{layer}_shift"] = whitening.shift
            learned[f"{layer}_n_even"] = np.array([whitening.n_even])
        return learned

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore both layers; see `FeatureExtractor.restore`."""
        sizes = {"p": PATCH**2 * image_shape[-1], "m": self.channels, "s": PATCH**2 * self.channels}
        basis, shift, words, mixing = learned_arrays(
            state, sizes, first_basis="qp", first_shift="q", first_words="mq", mixing="mm"
        )
        first = PatchWhitening(basis, shift, even_rows(state, "first_n_even", len(basis)))
        self.maps_ = KernelMaps(self.norm_bias, self.sharpness, first, words, mixing)
        basis, shift, self.words_ = learned_arrays(
            state, sizes, second_basis="ts", second_shift="t", second_words="kt"
        )
        self.whitening_ = PatchWhitening(basis, shift, even_rows(state, "second_n_even", len(basis)))
        return super().restore(image_shape, state)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``cell_{row}_{column}_word_{k}``."""
        del input_features
        check_is_fitted(self)
        cells = [f"cell_{r}_{c}" for r in range(self.grid) for c in range(self.grid)]
        return np.array([f"{cell}_word_{k}" for cell in cells for k in range(len(self.words_))], dtype=object)

    def mirror_halves(self, X: Array) -> tuple[Array, Array]:
        """Return the rows, and their odd part; see `FeatureExtractor.mirror_halves`."""
        X = self._like_fitted(X)
        even, odd = np.split(described(X, *self._plan(X.shape[1:], halves=True)), 2, axis=1)
        return even, odd

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add both layers; see `FeatureExtractor.graph_rows`."""
        return graph_even(graph, *self._graph_cells(graph, images))

    def graph_halves(self, graph: FeatureGraph, images: str) -> tuple[str, str]:
        """Add both halves; see `FeatureExtractor.graph_halves`."""
        own, mirrored = self._graph_cells(graph, images)
        return graph_even(graph, own, mirrored), graph_odd(graph, own, mirrored)

    def _graph_cells(self, graph: FeatureGraph, images: str) -> tuple[str, str]:
        """Add the means over cells of an image, and of its mirror image, ``(N, D)``."""
        whitening, n = self.whitening_, self.maps_.mixing.shape[1]
        maps = self.maps_.graph_maps(graph, images, self.image_shape_)
        kernel = whitening.basis.reshape(-1, PATCH, PATCH, n).transpose(0, 3, 1, 2).astype(np.float32)
        codes = graph.add("Conv", maps, kernel, whitening.shift.astype(np.float32), strides=(1, 1))
        directions = graph.add("Div", codes, graph_lengths(graph, codes))
        down, across = (side // 2 - PATCH + 1 for side in self.image_shape_[:2])
        cells = cells_of(down, across, self.grid, self.spread, halves=True).weights()
        words, bias = self.words_ - self.words_.mean(axis=0), np.zeros(len(self.words_))
        # The mirror image of a patch has the opposite odd components.
        signs = np.where(np.arange(words.shape[1]) < whitening.n_even, 1, -1)
        own, mirrored = (
            graph_pooled(graph, graph_rectified(graph, directions, seen, bias), of_cells.reshape(-1, down, across))
            for seen, of_cells in zip((words, words * signs), cells, strict=True)
        )
        return own, mirrored

    def _plan(self, shape: tuple[int, ...], halves: bool = False) -> tuple[int, Describe]:
        from scoreline.features.kernels.panels import Words, packed
        from scoreline.features.kernels.pooling import pool_directions

        n_cells, k = self.grid**2 * (1 + halves), len(self.words_)
        n_even = self.whitening_.n_even
        basis, shift = self.whitening_.basis.T.astype(np.float32), self.whitening_.shift.astype(np.float32)
        words = Words(packed(self.words_ - self.words_.mean(axis=0)), packed(np.zeros((k, 1))))
        height, width = (side // 2 - PATCH + 1 for side in shape[:2])
        cells = cells_of(height, width, self.grid, self.spread, halves=halves)
        order, groups = cells.order, cells.groups

        def describe(images: Array, rows: Array) -> None:
            means = cells.room(rows, k)
            for map_, own in zip(self.maps_(images), means, strict=True):
                codes = windows(map_[None]).reshape(len(order), -1) @ basis + shift
                pool_directions(codes[order], n_even, groups, words, own)
            cells.write(means, rows)

        return n_cells * k, describe

    def _least_side(self) -> int:
        return 2 * (PATCH + self.grid - 1)

    def _patches_of_maps(self, X: Array, maps: KernelMaps, rng: np.random.Generator) -> Array:
        """Return patches ``(n_patches, 9 * channels)`` of the maps of some images."""
        n_images = min(len(X), -(-self.n_patches // _PER_MAP))
        chosen = X[np.sort(rng.choice(len(X), n_images, replace=False))]
        ends = np.linspace(0, self.n_patches, -(-n_images // BATCH) + 1).astype(int)
        patches = np.empty((self.n_patches, PATCH**2 * self.channels), np.float32)
        for i, (begin, end) in enumerate(pairwise(ends)):
            images = chosen[i * BATCH : (i + 1) * BATCH]
            patches[begin:end] = draw_patches(maps(images), PATCH, end - begin, rng)
        return patches

    def _check_parameters(self) -> None:
        for name in ("words", "components", "grid"):
            check_number(name, getattr(self, name), 1)
        for name in ("eps", "norm_bias", "sharpness"):
            check_number(name, getattr(self, name), 0, above=True)
        check_number("channels", self.channels, 2)
        check_spread(self.spread)
        if self.channels % 2:
            raise UsageError(
                f"channels is {self.channels}",
                allowed="an even number",
                fix="add one: each word has a mirror image",
            )
        most = max(self.words, self.channels)
        if self.n_patches < most:
            raise UsageError(
                f"{most} words are to be learned from {self.n_patches} patches",
                allowed="as many patches as words, or more",
                fix="raise n_patches or lower words",
            )


FEATURES.register("two-layers", TwoLayerDictionary)
