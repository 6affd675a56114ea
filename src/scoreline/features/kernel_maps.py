"""The first of two layers: a map half as large as the image, whose channels describe small patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array
from scoreline.features.graph import FeatureGraph
from scoreline.features.patch_graph import PatchGrid, graph_codes, graph_lengths, graph_shifted
from scoreline.features.patch_whitening import PatchWhitening, draw_patches, mirrored_order, normalized
from scoreline.features.patch_words import KMeansWords

__all__ = ["PATCH", "KernelMaps", "lengths", "unit", "windows"]

#: Side of the patches of both layers.
PATCH = 3
#: Added to the variances of normalised patches of pixels. 0.01 amplifies directions that hold little but the noise
#: of JPEG compression: 512 words of two layers in 3 x 3 Gaussian cells reach .742 with it, and .755 with 1.
_EPS = 1.0
#: Added to the square roots of the kernel matrix's eigenvalues.
_FLOOR = 1e-3
#: Pixels from one place of the map to the next, and the deviation of the Gaussian average around it.
_STEP, _SPREAD = 2, np.sqrt(2)
#: Deviations beyond which that Gaussian is 0.
_REACH = 3


@dataclass(frozen=True)
class KernelMaps:
    r"""Maps ``(n, H // 2, W // 2, m)`` of images ``(n, H, W, ch)``, by a kernel of patches of 3 x 3 pixels.

    With z the whitened code of the contrast-normalised patch about a pixel (the image being reflected at its
    borders), and words :math:`c_j` of length 1, a place of the map is a Gaussian average of

    .. math:: |z| \, A \, (\kappa(c_j \cdot z / |z|))_{j = 1 \dots m}
        \quad\text{with}\quad \kappa(u) = e^{\alpha (u - 1)},
        \quad A \propto K^{-1/2}, \quad K_{ij} = \kappa(c_i \cdot c_j)

    so that products of two such vectors approximate a kernel of their patches (Nyström). The
    second half of the words are the mirror images of the first: the map of a mirror image is the mirror image of
    the map, its channels j and j + m/2 exchanged.

    Parameters
    ----------
    norm_bias, sharpness : float
        What is added to the variance of a patch; :math:`\alpha`.
    whitening : PatchWhitening
        From contrast-normalised patches to z.
    words : float array (m, d)
    mixing : float array (m, m)
        A.

    References
    ----------
    Mairal, J., Koniusz, P., Harchaoui, Z. & Schmid, C. (2014). Convolutional kernel networks. NIPS. Mairal, J.
    (2016). End-to-end kernel learning with supervised convolutional kernel networks. NIPS, section 3.
    """

    norm_bias: float
    sharpness: float
    whitening: PatchWhitening
    words: Array
    mixing: Array

    @classmethod
    def learn(
        cls,
        images: Array,
        channels: int,
        norm_bias: float,
        sharpness: float,
        n_patches: int,
        rng: np.random.Generator,
    ) -> KernelMaps:
        """Return the maps whose words are cluster means of whitened patches of images."""
        patches = normalized(draw_patches(images, PATCH, n_patches, rng), norm_bias)
        flip = mirrored_order((PATCH, PATCH, images.shape[3]))
        whitening = PatchWhitening.of(patches, flip, len(flip), _EPS)
        means = KMeansWords().learn(unit(whitening(patches)), channels // 2, rng)
        sides = np.repeat([1.0, -1.0], [whitening.n_even, len(whitening.basis) - whitening.n_even])
        words = unit(np.concatenate([means, means * sides]))
        values, vectors = np.linalg.eigh(np.exp(sharpness * (words @ words.T - 1)))
        mixing = (vectors / (np.sqrt(np.maximum(values, 0)) + _FLOOR)) @ vectors.T
        return cls(norm_bias, sharpness, whitening, words, mixing)

    def __call__(self, images: Array) -> Array:
        """Return the maps, float32."""
        n, H, W, _ = images.shape
        around = PATCH // 2
        wide = np.pad(images, ((0, 0), (around, around), (around, around), (0, 0)), mode="reflect")
        x = windows(wide).reshape(n * H * W, -1).astype(np.float32)
        x -= x.mean(axis=1, keepdims=True)
        x /= np.sqrt(np.einsum("ij,ij->i", x, x) / x.shape[1] + np.float32(self.norm_bias))[:, None]
        z = x @ self.whitening.basis.T.astype(np.float32) + self.whitening.shift.astype(np.float32)
        length = lengths(z)
        answers = z @ self.words.T.astype(np.float32)
        answers /= length
        answers -= 1
        answers *= np.float32(self.sharpness)
        np.exp(answers, out=answers)
        answers *= length
        rows, columns = _averages(H), _averages(W)
        pooled = np.matmul(rows, answers.reshape(n, H, -1)).reshape(n * len(rows), W, -1)
        pooled = np.matmul(columns, pooled).reshape(-1, answers.shape[1])
        return (pooled @ self.mixing.astype(np.float32)).reshape(n, len(rows), len(columns), -1)

    def graph_maps(self, graph: FeatureGraph, images: str, shape: tuple[int, ...]) -> str:
        """Add the maps ``(N, m, H // 2, W // 2)`` of images ``(N, *shape)`` of uint8 to a graph."""
        (H, W, ch), around = shape, (0, PATCH // 2, PATCH // 2, 0)
        wide = graph.cast(graph.padded(graph.cast(images, "float32"), around, around, "reflect"), "uint8")
        grid = PatchGrid((H + 2 * around[1], W + 2 * around[1], ch), PATCH, 1)
        z = graph_shifted(
            graph, graph_codes(graph, wide, self.whitening, grid, self.norm_bias), self.whitening.shift
        )
        length = graph_lengths(graph, z)
        words = self.words.astype(np.float32)[:, :, None, None]
        cosines = graph.add("Div", graph.add("Conv", z, words, strides=(1, 1)), length)
        away = graph.add("Sub", cosines, np.array(1, np.float32))
        kernel = graph.add("Exp", graph.add("Mul", away, np.array(self.sharpness, np.float32)))
        answers = graph.add("Mul", kernel, length)
        pooled = graph.add("MatMul", graph.add("MatMul", _averages(H), answers), _averages(W).T)
        return graph.add("Conv", pooled, self.mixing.T.astype(np.float32)[:, :, None, None], strides=(1, 1))

    def mirrored_order(self) -> Array:
        """Return the permutation that mirrors a patch of the maps, ``(3, 3, m)`` as a row."""
        m = len(self.words)
        order = mirrored_order((PATCH, PATCH, m)).reshape(PATCH, PATCH, m)
        return np.roll(order, m // 2, axis=2).ravel()


def windows(images: Array) -> Array:
    """Return all patches of 3 x 3 of images ``(n, H, W, ch)``: ``(n, H - 2, W - 2, 9 * ch)``."""
    views = np.lib.stride_tricks.sliding_window_view(images, (PATCH, PATCH), axis=(1, 2))
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)


def unit(rows: Array) -> Array:
    """Return rows ``(n, d)`` divided by their lengths; a row of zeros stays one."""
    return np.asarray(rows / lengths(rows))


def lengths(rows: Array) -> Array:
    """Return the lengths of rows, ``(n, 1)``, 0 replaced by a small number."""
    squares = np.einsum("ij,ij->i", rows, rows)[:, None]
    return np.asarray(np.sqrt(np.maximum(squares, np.finfo(np.float32).tiny)))


def _averages(side: int) -> Array:
    """Return the weights ``(side // 2, side)`` of places of the map on the pixels of an axis; rows sum to 1."""
    m = side // _STEP
    middles = (np.arange(m) - (m - 1) / 2) * _STEP + (side - 1) / 2
    away = (np.arange(side) - middles[:, None]) / _SPREAD
    weights = np.where(np.abs(away) <= _REACH, np.exp(-np.square(away) / 2), 0)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
