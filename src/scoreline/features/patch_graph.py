"""Patches of images, their codes, and cells of these in a graph: convolutions and a product."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array
from scoreline.features.graph import FeatureGraph
from scoreline.features.patch_whitening import PatchWhitening

__all__ = ["graph_codes", "graph_even", "graph_pooled"]

#: Subtracted from every byte, so that sums stay small enough for float32 to hold them exactly.
_GREY = 128


def graph_codes(
    graph: FeatureGraph, images: str, whitening: PatchWhitening, patch: tuple[int, int, int], norm_bias: float
) -> str:
    """Add the codes ``(N, d, h, w)`` of the patches of images ``(N, H, W, ch)`` of uint8.

    Parameters
    ----------
    graph : FeatureGraph
    images : str
    whitening : PatchWhitening
    patch : (p, ch, stride)
        Side and channels of a patch, and pixels from one to the next.
    norm_bias : float
        See `normalized`.
    """
    p, ch, stride = patch
    strides = (stride, stride)
    centred = graph.add("Sub", graph.cast(images, "float32"), np.array(_GREY, np.float32))
    pixels = graph.add("Transpose", centred, perm=(0, 3, 1, 2))
    box = np.ones((1, ch, p, p), np.float32)
    squares = graph.add("Conv", graph.add("Mul", pixels, pixels), box, strides=strides)
    sums, squares = (
        graph.cast(value, "float64") for value in (graph.add("Conv", pixels, box, strides=strides), squares)
    )
    n = float(p * p * ch)
    # In float64: the variance of a flat patch is a small difference of large numbers.
    scaled = graph.add("Sub", graph.add("Mul", squares, np.array(n)), graph.add("Mul", sums, sums))
    variance = graph.add("Add", graph.add("Div", scaled, np.array(n * n)), np.array(float(norm_bias)))
    scale = graph.cast(graph.add("Div", np.array(1.0), graph.add("Sqrt", variance)), "float32")
    # The patch's mean is taken off the basis instead: their product is the same.
    basis = whitening.basis - whitening.basis.mean(axis=1, keepdims=True)
    kernel = basis.reshape(-1, p, p, ch).transpose(0, 3, 1, 2).astype(np.float32)
    projected = graph.add("Conv", pixels, kernel, strides=strides)
    shift = whitening.shift.astype(np.float32)[:, None, None]
    return graph.add("Add", graph.add("Mul", projected, scale), shift)


def graph_pooled(graph: FeatureGraph, features: str, m: int, weights: Array) -> str:
    """Add weighted sums of features ``(N, m, h, w)`` over cells, ``(N, cells * m)``.

    Parameters
    ----------
    graph : FeatureGraph
    features : str
    m : int
    weights : array (cells, h * w)
    """
    flat = graph.reshape(features, 0, m, -1)
    cells = graph.add("MatMul", flat, np.ascontiguousarray(weights.T, np.float32))
    return graph.reshape(graph.add("Transpose", cells, perm=(0, 2, 1)), 0, -1)


def graph_even(graph: FeatureGraph, own: str, mirrored: str) -> str:
    """Add the roots of the means of an image's and its mirror image's cells; see `take_roots`."""
    total = graph.add("Add", own, mirrored)
    return graph.add("Sqrt", graph.add("Mul", total, np.array(0.5, np.float32)))
