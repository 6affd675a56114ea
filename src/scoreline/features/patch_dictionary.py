"""Learned visual words: small patches of the images, whitened, coded by a dictionary and pooled over a grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.errors import DataError, UsageError
from scoreline.features.cell_pieces import CellPieces, Cells, cells_of, check_spread
from scoreline.features.descriptor import Describe, ImageDescriptor, described
from scoreline.features.graph import FeatureGraph
from scoreline.features.learned import even_rows, learned_arrays
from scoreline.features.patch_encodings import ENCODINGS
from scoreline.features.patch_graph import PatchGrid, graph_codes, graph_even, graph_odd, graph_pooled
from scoreline.features.patch_whitening import PatchWhitening, draw_patches, mirrored_order, normalized
from scoreline.features.patch_words import DICTIONARIES, clustering_bytes
from scoreline.features.shifting import n_shifts, padded
from scoreline.features.specs import FEATURES

if TYPE_CHECKING:
    from scoreline.features.kernels.patch_codes import Lens, Places

__all__ = ["PatchDictionary"]


class PatchDictionary(ImageDescriptor):
    """Pooled responses of k learned patches in each cell of a grid: D = grid^2 * k.

    A patch x of p x p pixels, at every `stride` pixels, is normalised, whitened and coded by the words c_k; the
    codes are averaged over a cell and over the image and its mirror image::

        x' = (x - mean(x)) / sqrt(var(x) + norm_bias)
        z = V (x' - mean x') / sqrt(variance + eps)           principal directions V, the `components` largest
        f_k = sqrt(mean over the patches in a cell of encoding_k(z))

    Images ``(n, H, W, ch)`` of uint8, grey or in colour, give float32 rows ``(n, D)``; images of another size than
    those of `fit` are taken as they are, for the cells grow with them. The loops are compiled and never write the
    code of a patch to memory; a row depends on its image alone.

    Parameters
    ----------
    words : int
        k, the size of the dictionary. 400 are quick, 1600 good.
    patch_size : int
        p, in pixels.
    components : int
        Principal directions that are kept (or all that there are).
    eps : float
        Added to the variances of normalised patches, whose mean over the pixels is at most 1. Directions of less
        variance count less; JPEG compression needs more than the 0.1 of clean images.
    norm_bias : float
        Added to a patch's variance in grey levels, so that the noise of flat patches stays small.
    dictionary : str or Dictionary
        ``"k-means"`` or ``"random-patches"``.
    encoding : str or PatchEncoding
        ``"linear-triangle"``, ``"soft-threshold"``, ``"triangle"`` or ``"nearest-words"``.
    grid : int
        The image is cut into grid x grid cells.
    spread : float
        Where it is not 0, every cell sees all patches, weighted by a Gaussian about its middle with a deviation of
        so many cells. 0.54 is good: features change little then where what they show moves a little.
    stride : int
        Pixels from one patch to the next.
    mirror : bool
        Whether an image and its mirror image mean the same. The basis then has even and odd directions, and both
        cost little more than one.
    n_patches : int
        Patches that the whitening and the words are learned from.
    random_state : int
        The seed of the patches and the words.

    Raises
    ------
    UsageError
        A parameter is out of its range or a name unknown.
    DataError
        The input is no batch of uint8 images, its images are too small, or show nothing.

    References
    ----------
    Coates, A., Lee, H. & Ng, A. Y. (2011). An analysis of single-layer networks in unsupervised feature learning.
    AISTATS. Coates, A. & Ng, A. Y. (2011). The importance of encoding versus training with sparse coding and
    vector quantization. ICML. Lowe, D. G. (2004). Distinctive image features from scale-invariant keypoints. IJCV
    60, section 6, for weights without borders between cells. Thiry, L., Arbel, M., Belilovsky, E. & Oyallon, E.
    (2021). The unreasonable effectiveness of patches in deep convolutional kernels methods. ICLR.
    """

    def __init__(
        self,
        words: int = 1600,
        *,
        patch_size: int = 6,
        components: int = 32,
        eps: float = 1.0,
        norm_bias: float = 10.0,
        dictionary: Any = "k-means",
        encoding: Any = "linear-triangle",
        grid: int = 2,
        spread: float = 0.0,
        stride: int = 1,
        mirror: bool = True,
        n_patches: int = 200_000,
        random_state: int = 0,
    ) -> None:
        self.words = words
        self.patch_size = patch_size
        self.components = components
        self.eps = eps
        self.norm_bias = norm_bias
        self.dictionary = dictionary
        self.encoding = encoding
        self.grid = grid
        self.spread = spread
        self.stride = stride
        self.mirror = mirror
        self.n_patches = n_patches
        self.random_state = random_state

    def fit(self, X: Array, y: Any = None) -> Self:
        """Learn the whitening and the words from patches of images ``(n, H, W, ch)``; `y` is ignored.

        It sets ``whitening_`` (a `PatchWhitening`) and ``words_`` (k, d), in the whitened basis.
        """
        del y
        self._check_parameters()
        dictionary, encoding = DICTIONARIES.build(self.dictionary), ENCODINGS.build(self.encoding)
        X = self._check(X)
        if not len(X):
            raise DataError(
                "There is no image to learn from", allowed="one image or more", fix="pass images to fit"
            )
        rng = np.random.default_rng(self.random_state)
        patches = normalized(draw_patches(X, self.patch_size, self.n_patches, rng), self.norm_bias)
        flip = mirrored_order((self.patch_size, self.patch_size, X.shape[3])) if self.mirror else None
        self.whitening_ = PatchWhitening.of(patches, flip, self.components, self.eps)
        if not len(self.whitening_.basis):
            raise DataError(
                f"No patch of {len(X)} images shows any contrast",
                allowed="images that are not of one colour each",
                fix="check the images, and how they were read",
            )
        self.words_ = dictionary.learn(self.whitening_(patches), self.words, rng)
        self.encoding_ = encoding
        self.image_shape_ = X.shape[1:]
        return self

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return the patches with their codes and clusters; see `FeatureExtractor.fitting_bytes`."""
        pixels = self.patch_size**2 * image_shape[-1]
        # Bytes and then floats of the patches, or floats and codes.
        each = 4 * pixels + max(pixels, 4 * min(self.components, pixels))
        return self.n_patches * each + clustering_bytes(self.n_patches, self.words, min(self.components, pixels))

    def state(self) -> dict[str, Array]:
        """Return the words and the whitening."""
        whitening = self.whitening_
        return {
            "words": self.words_,
            "basis": whitening.basis,
            "shift": whitening.shift,
            "n_even": np.array([whitening.n_even]),
        }

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore words and whitening; see `FeatureExtractor.restore`."""
        sizes = {"p": self.patch_size**2 * image_shape[-1]}
        basis, shift, self.words_ = learned_arrays(state, sizes, basis="qp", shift="q", words="kq")
        self.whitening_ = PatchWhitening(basis, shift, even_rows(state, "n_even", len(basis)))
        self.encoding_ = ENCODINGS.build(self.encoding)
        return super().restore(image_shape, state)

    def mirror_halves(self, X: Array) -> tuple[Array, Array | None]:
        """Return the rows, and their odd part; see `FeatureExtractor.mirror_halves`."""
        if not self.mirror:
            return super().mirror_halves(X)
        X = self._like_fitted(X)
        even, odd = np.split(described(X, *self._plan(X.shape[1:], halves=True)), 2, axis=1)
        return even, odd

    def shifted_halves(self, X: Array, pixels: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield rows and odd parts for each shift; patches that shifted images have in common are coded once."""
        if not self.mirror or self.stride > 1 or self.spread:
            yield from super().shifted_halves(X, pixels)
            return
        X = self._like_fitted(X)
        S, (half, _) = n_shifts(pixels), self._plan(X.shape[1:])
        rows = described(padded(X, pixels), 2 * S * half, self._describe_shifted(X.shape[1:], pixels))
        for own in range(S):
            even, odd = (rows[:, at * half : (at + 1) * half] for at in (2 * own, 2 * own + 1))
            yield even, odd

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add convolution, rectification and pooling; see `FeatureExtractor.graph_rows`."""
        own, mirrored = self._graph_cells(graph, images)
        return graph_even(graph, own, own if mirrored is None else mirrored)

    def graph_halves(self, graph: FeatureGraph, images: str) -> tuple[str, str | None]:
        """Add both halves; see `FeatureExtractor.graph_halves`."""
        own, mirrored = self._graph_cells(graph, images)
        if mirrored is None:
            return graph_even(graph, own, own), None
        return graph_even(graph, own, mirrored), graph_odd(graph, own, mirrored)

    def _graph_cells(self, graph: FeatureGraph, images: str) -> tuple[str, str | None]:
        """Add the means over cells of an image, and of its mirror image if that matters, ``(N, D)``."""
        grid = PatchGrid(self.image_shape_, self.patch_size, self.stride)
        codes = graph_codes(graph, images, self.whitening_, grid, self.norm_bias)
        down, across = grid.sides
        cells = cells_of(down, across, self.grid, self.spread, mirror=self.mirror, halves=True).weights()
        weights, bias = self.encoding_.answers(self.words_)
        # The mirror image of a patch has the opposite odd components.
        signs, shift = np.where(np.arange(weights.shape[1]) < self.whitening_.n_even, 1, -1), self.whitening_.shift
        own, mirrored = (
            graph_pooled(
                graph,
                self.encoding_.graph_features(graph, codes, shift, (seen, bias)),
                of_cells.reshape(-1, down, across),
            )
            for seen, of_cells in zip((weights, weights * signs), cells, strict=True)
        )
        return own, mirrored if self.mirror else None

    def _describe_shifted(self, shape: tuple[int, ...], pixels: int) -> Describe:
        """Return what writes both halves of every shifted image for padded images of a shape before padding."""
        wide = (shape[0] + 2 * pixels, shape[1] + 2 * pixels, shape[2])
        cells = CellPieces.of_shifted(*self._patch_grid(shape), self.grid, pixels)
        return self._describe(wide, cells, self.encoding_.answers(self.words_))

    def _plan(self, shape: tuple[int, ...], halves: bool = False) -> tuple[int, Describe]:
        down, across = self._patch_grid(shape)
        cells = cells_of(down, across, self.grid, self.spread, mirror=self.mirror, halves=halves)
        answers = self.encoding_.answers(self.words_)
        return self.grid**2 * (1 + halves) * len(answers[1]), self._describe(shape, cells, answers)

    def _describe(self, shape: tuple[int, ...], cells: Cells, answers: tuple[Array, Array]) -> Describe:
        """Return what writes the features of cells of images of a shape, by the encoding's linear answers."""
        from scoreline.features.kernels.panels import Words, packed

        weights, bias = answers
        words = Words(packed(weights), packed(bias[:, None]))
        lens, places = self._lens(), self._places(shape, cells.order, cells.groups)

        def describe(images: Array, rows: Array) -> None:
            means = cells.room(rows, len(bias))
            self.encoding_.pool(images, places, lens, words, means)
            cells.write(means, rows)

        return describe

    def _least_side(self) -> int:
        return int(self.patch_size + (self.grid - 1) * self.stride)

    def patches(self) -> Array:
        """Return the words as contrast-normalised patches ``(k, p, p, ch)``: the nearest that give their codes."""
        check_is_fitted(self)
        whitening = self.whitening_
        flat = (self.words_ - whitening.shift) @ np.linalg.pinv(whitening.basis).T
        return flat.reshape(-1, self.patch_size, self.patch_size, self.image_shape_[2])

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``cell_{row}_{column}_word_{k}``."""
        del input_features
        check_is_fitted(self)
        m = len(self.encoding_.answers(self.words_)[1])
        return np.array(
            [f"cell_{r}_{c}_word_{j}" for r in range(self.grid) for c in range(self.grid) for j in range(m)],
            dtype=object,
        )

    def _lens(self) -> Lens:
        from scoreline.features.kernels.panels import packed
        from scoreline.features.kernels.patch_codes import Lens

        basis, shift = self.whitening_.basis, self.whitening_.shift
        return Lens(
            float(self.norm_bias),
            self.whitening_.n_even,
            len(basis) - self.whitening_.n_even,
            packed(basis),
            packed(basis.sum(axis=1)[:, None]),
            packed(shift[:, None]),
        )

    def _patch_grid(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return how many patches an image of a shape has, down and across."""
        return PatchGrid(shape, self.patch_size, self.stride).sides

    def _places(self, shape: tuple[int, ...], order: Array, groups: Array) -> Places:
        """Return the positions of the patches of an image of a shape in an order, and their cells."""
        from scoreline.features.kernels.patch_codes import Places

        _, W, ch = shape
        r, c = np.divmod(order, self._patch_grid(shape)[1])
        return Places(self.patch_size, (r * W + c) * self.stride * ch, groups)

    def _check_parameters(self) -> None:
        for name in ("words", "patch_size", "components", "grid", "stride"):
            check_number(name, getattr(self, name), 1)
        check_number("eps", self.eps, 0, above=True)
        check_number("norm_bias", self.norm_bias, 0, above=True)
        check_spread(self.spread)
        if self.n_patches < self.words:
            raise UsageError(
                f"{self.words} words are to be learned from {self.n_patches} patches",
                allowed="as many patches as words, or more",
                fix="raise n_patches or lower words",
            )


FEATURES.register("dictionary", PatchDictionary)
