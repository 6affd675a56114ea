"""Encodings: the features of a patch for each word of a dictionary.

With z the whitened patch and c_k the words, every encoding here begins with responses ``w_k @ z + b_k``, which the
compiled code computes, turns into features and pools without keeping them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import Array
from scoreline.errors import MismatchError
from scoreline.features.graph import FeatureGraph
from scoreline.features.patch_graph import graph_rectified, graph_responses, graph_shifted
from scoreline.registry import Registry

if TYPE_CHECKING:
    from scoreline.features.kernels.panels import Words
    from scoreline.features.kernels.patch_codes import Lens, Places

__all__ = ["ENCODINGS", "LinearTriangle", "NearestWords", "PatchEncoding", "SoftThreshold", "Triangle"]


class PatchEncoding(ABC):
    """From the code z of a patch to one feature a response, averaged over cells."""

    @abstractmethod
    def answers(self, words: Array) -> tuple[Array, Array]:
        """Return weights ``(m, d)`` and biases ``(m,)`` of the responses of words ``(k, d)``."""

    @abstractmethod
    def pool(self, images: Array, places: Places, lens: Lens, words: Words, out: Array) -> None:
        """Write the features' means over the cells to `out`, ``(n, cells, m)`` float32."""

    def graph_features(
        self, graph: FeatureGraph, codes: str, shift: Array, words: tuple[Array, Array]
    ) -> list[str]:
        """Add the features ``(N, ., h, w)`` of codes ``(N, d, h, w)`` to a graph, those of some words each.

        Parameters
        ----------
        graph : FeatureGraph
        codes : str
        shift : array (d,)
            To be added to the codes, or to what is added to their products.
        words : (weights, bias)
            What `answers` returns, or that for mirror images.

        Raises
        ------
        MismatchError
            The encoding cannot be written as a graph.
        """
        del graph, codes, shift, words
        raise MismatchError(
            f"The encoding {type(self).__name__} cannot be written as a graph",
            allowed="encodings with graph_features: linear-triangle, soft-threshold and triangle",
            fix="export what follows the features, or train with another encoding",
        )


class _Rectified(PatchEncoding):
    """Encodings ``max(0, w_k @ z + b_k)``, which need one response at a time."""

    def pool(self, images: Array, places: Places, lens: Lens, words: Words, out: Array) -> None:
        from scoreline.features.kernels.pooling import pool_rectified

        pool_rectified(images, places, lens, words, out)

    def graph_features(
        self, graph: FeatureGraph, codes: str, shift: Array, words: tuple[Array, Array]
    ) -> list[str]:
        """Add the positive responses; see `PatchEncoding.graph_features`."""
        weights, bias = words
        return graph_rectified(graph, codes, weights, bias + weights @ shift)


@dataclass(frozen=True)
class LinearTriangle(_Rectified):
    """``max(0, z @ (c_k - mean c) - (|c_k|^2 - mean |c|^2) / 2)``, the triangle of squared distances.

    It is half of ``max(0, mean_j |z - c_j|^2 - |z - c_k|^2)``: the squared length of z cancels, so that no
    feature needs all distances. As accurate as the triangle of distances, at half its cost.

    References
    ----------
    Coates, Lee & Ng (2011), whose triangle takes distances that are not squared.
    """

    def answers(self, words: Array) -> tuple[Array, Array]:
        """Return the centred words, and half the deviation of their squared lengths from the mean."""
        half_squares = np.square(words).sum(axis=1) / 2
        return words - words.mean(axis=0), half_squares.mean() - half_squares


@dataclass(frozen=True)
class SoftThreshold(_Rectified):
    """``max(0, z @ c_k / |c_k| - threshold)``; two-sided, also ``max(0, -z @ c_k / |c_k| - threshold)``.

    Parameters
    ----------
    threshold : float
    two_sided : bool
        Whether each word has a second feature for patches that are its negative: m = 2 k.

    References
    ----------
    Coates, A. & Ng, A. Y. (2011). The importance of encoding versus training with sparse coding and vector
    quantization, section 3.2.
    """

    threshold: float = 0.5
    two_sided: bool = False

    def __post_init__(self) -> None:
        check_field(self, "threshold", 0)

    def answers(self, words: Array) -> tuple[Array, Array]:
        """Return the words with length 1, then their negatives, and minus the threshold."""
        lengths = np.linalg.norm(words, axis=1, keepdims=True)
        weights = words / np.maximum(lengths, np.finfo(float).tiny)
        if self.two_sided:
            weights = np.concatenate([weights, -weights])
        return weights, np.full(len(weights), -self.threshold)


def _nearness(words: Array) -> tuple[Array, Array]:
    """Return the weights and biases of ``z @ c_k - |c_k|^2 / 2 = (|z|^2 - |z - c_k|^2) / 2``."""
    return words, -np.square(words).sum(axis=1) / 2


@dataclass(frozen=True)
class Triangle(PatchEncoding):
    """``max(0, mean_j |z - c_j| - |z - c_k|)``: positive for about half of the words, the nearer ones.

    References
    ----------
    Coates, Lee & Ng (2011), section 3.2.1: "K-means (triangle)".
    """

    def answers(self, words: Array) -> tuple[Array, Array]:
        """Return the linear part of the squared distances, which the length of the code completes."""
        return _nearness(words)

    def pool(self, images: Array, places: Places, lens: Lens, words: Words, out: Array) -> None:
        """Write the means of the triangles."""
        from scoreline.features.kernels.pooling import pool_triangle

        pool_triangle(images, places, lens, words, out)

    def graph_features(
        self, graph: FeatureGraph, codes: str, shift: Array, words: tuple[Array, Array]
    ) -> list[str]:
        """Add the triangles of distances; see `PatchEncoding.graph_features`."""
        codes = graph_shifted(graph, codes, shift)
        responses = graph_responses(graph, codes, *words)
        squares = graph.add("ReduceSum", graph.add("Mul", codes, codes), np.array([1]), keepdims=1)
        apart = graph.add("Sub", squares, graph.add("Mul", responses, np.array(2, np.float32)))
        distances = graph.add("Sqrt", graph.add("Relu", apart))
        mean = graph.add("ReduceMean", distances, axes=(1,), keepdims=1)
        return [graph.add("Relu", graph.add("Sub", mean, distances))]


@dataclass(frozen=True)
class NearestWords(PatchEncoding):
    """1 for the words that are among the nearest of a patch, 0 for the others.

    Parameters
    ----------
    share : float
        Which share of the words counts as near; at least one word does.

    References
    ----------
    Thiry, L., Arbel, M., Belilovsky, E. & Oyallon, E. (2021). The unreasonable effectiveness of patches in deep
    convolutional kernels methods.
    """

    share: float = 0.4

    def __post_init__(self) -> None:
        check_field(self, "share", 0, 1, above=True)

    def answers(self, words: Array) -> tuple[Array, Array]:
        """Return a decreasing function of the distance of a word."""
        return _nearness(words)

    def pool(self, images: Array, places: Places, lens: Lens, words: Words, out: Array) -> None:
        """Write the shares of patches that have a word among their nearest."""
        from scoreline.features.kernels.pooling import pool_nearest

        pool_nearest(images, places, lens, words, max(1, round(self.share * out.shape[2])), out)


#: All encodings by the names that `PatchDictionary` takes.
ENCODINGS: Registry[PatchEncoding] = Registry(
    "encoding",
    {
        "linear-triangle": LinearTriangle,
        "soft-threshold": SoftThreshold,
        "triangle": Triangle,
        "nearest-words": NearestWords,
    },
)
