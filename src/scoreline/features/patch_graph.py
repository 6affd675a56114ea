"""Patches of images, their codes, and cells of these in a graph: convolutions, means over blocks, and products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.features.graph import FeatureGraph
from scoreline.features.patch_whitening import PatchWhitening

__all__ = [
    "PatchGrid",
    "graph_codes",
    "graph_even",
    "graph_lengths",
    "graph_odd",
    "graph_pooled",
    "graph_rectified",
    "graph_responses",
    "graph_shifted",
]

#: Subtracted from every byte, so that sums stay small enough for float32 to hold them exactly.
_GREY = 128
#: Words whose responses are computed at a time: a product of matrices needs no more to be quick.
_TOGETHER = 64


class PatchGrid(NamedTuple):
    """Where the patches of an image of a shape ``(H, W, ch)`` lie: their side, and pixels from one to the next."""

    shape: tuple[int, ...]
    size: int
    stride: int

    @property
    def sides(self) -> tuple[int, int]:
        """How many patches there are, down and across."""
        down, across = ((side - self.size) // self.stride + 1 for side in self.shape[:2])
        return down, across


def graph_codes(
    graph: FeatureGraph, images: str, whitening: PatchWhitening, grid: PatchGrid, norm_bias: float
) -> str:
    """Add the codes ``(N, d, h, w)``, not shifted yet, of the patches of images ``(N, H, W, ch)`` of uint8.

    Parameters
    ----------
    graph : FeatureGraph
    images : str
    whitening : PatchWhitening
    grid : PatchGrid
    norm_bias : float
        See `normalized`.
    """
    p, ch = grid.size, grid.shape[2]
    centred = graph.add("Sub", graph.cast(images, "float32"), np.array(_GREY, np.float32))
    flat = graph.reshape(centred, 0, 0, -1)
    sums, squares = (
        graph.cast(_graph_box(graph, values, grid), "float64") for values in (flat, graph.add("Mul", flat, flat))
    )
    n = float(p * p * ch)
    # In float64: the variance of a flat patch is a small difference of large numbers.
    scaled = graph.add("Sub", graph.add("Mul", squares, np.array(n)), graph.add("Mul", sums, sums))
    biased = graph.add("Add", scaled, np.array(n * n * norm_bias))
    scale = graph.cast(graph.add("Div", np.array(n), graph.add("Sqrt", biased)), "float32")
    # The patch's mean is taken off the basis instead: their product is the same.
    kernel = _centred(whitening.basis).reshape(-1, p, p, ch).transpose(0, 3, 1, 2)
    pixels = graph.add("Transpose", centred, perm=(0, 3, 1, 2))
    projected = graph.add("Conv", pixels, kernel, strides=(grid.stride, grid.stride))
    # By a convolution, the same for all channels: runtimes then keep their own order of these.
    ones = np.ones((len(kernel), 1, 1, 1), np.float32)
    scales = graph.add("Conv", graph.reshape(scale, 0, 1, *grid.sides), ones, strides=(1, 1))
    return graph.add("Mul", projected, scales)


def _centred(basis: Array) -> Array:
    """Return rows of float32 that sum to 0, rounded too, so that patches of one colour have no codes.

    What rounding leaves is taken off the smallest number of a row, which is the most exact one.
    """
    rows = (basis - basis.mean(axis=1, keepdims=True)).astype(np.float32)
    each, smallest = np.arange(len(rows)), np.abs(rows).argmin(axis=1)
    rows[each, smallest] -= rows.sum(axis=1, dtype=np.float64)
    return rows


def _graph_box(graph: FeatureGraph, values: str, grid: PatchGrid) -> str:
    """Add the sums ``(N, h, w)`` of values ``(N, H, W * ch)`` over patches: across, and then down."""

    def inside(n: int, side: int) -> Array:
        after = np.arange(side) - grid.stride * np.arange(n)[:, None]
        return ((after >= 0) & (after < grid.size)).astype(np.float32)

    (down, across), (height, width, ch) = grid.sides, grid.shape
    in_rows = graph.add("MatMul", values, np.repeat(inside(across, width), ch, axis=1).T)
    return graph.add("MatMul", inside(down, height), in_rows)


def graph_shifted(graph: FeatureGraph, codes: str, shift: Array) -> str:
    """Add codes ``(N, d, h, w)`` with what whitening adds to them."""
    return graph.add("Add", codes, shift.astype(np.float32)[:, None, None])


def graph_rectified(graph: FeatureGraph, codes: str, weights: Array, bias: Array) -> list[str]:
    """Add the positive responses of words to codes ``(N, d, h, w)``: ``(N, ., h, w)`` of some words each.

    A cache then holds those of several images, where it would not hold all responses to one.
    """
    found = []
    for first in range(0, len(weights), _TOGETHER):
        some = slice(first, first + _TOGETHER)
        found.append(graph.add("Relu", graph_responses(graph, codes, weights[some], bias[some])))
    return found


def graph_responses(graph: FeatureGraph, codes: str, weights: Array, bias: Array) -> str:
    """Add the responses ``(N, m, h, w)`` of words to codes ``(N, d, h, w)``."""
    kernel = weights.astype(np.float32)[:, :, None, None]
    return graph.add("Conv", codes, kernel, bias.astype(np.float32), strides=(1, 1))


def graph_pooled(graph: FeatureGraph, features: Sequence[str], weights: Array) -> str:
    """Add weighted sums of features ``(N, ., h, w)`` over cells, ``(N, cells * m)``.

    Means over blocks whose places all cells weigh alike come first, which leave little to multiply.

    Parameters
    ----------
    graph : FeatureGraph
    features : sequence of str
        Those of some words each, m in all.
    weights : array (cells, h, w)
    """
    (tall, top, bottom), (wide, left, right) = _blocks(weights, 1), _blocks(weights, 2)
    if tall * wide > 1:
        settings = {"kernel_shape": (tall, wide), "strides": (tall, wide), "pads": (top, left, bottom, right)}
        means = [graph.add("AveragePool", one, count_include_pad=1, **settings) for one in features]
        features = [_side_by_side(graph, means)]
        weights = np.pad(weights, ((0, 0), (top, bottom), (left, right)), mode="edge")
        weights = weights[:, ::tall, ::wide] * (tall * wide)
    shares = weights.reshape(len(weights), -1).T.astype(np.float32)
    cells = [graph.add("MatMul", graph.reshape(one, 0, 0, -1), shares) for one in features]
    return graph.reshape(graph.add("Transpose", _side_by_side(graph, cells), perm=(0, 2, 1)), 0, -1)


def _side_by_side(graph: FeatureGraph, values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else graph.add("Concat", *values, axis=1)


def _blocks(weights: Array, axis: int) -> tuple[int, int, int]:
    """Return the length of the longest blocks of an axis in which weights are alike.

    With it come the places to put before and behind the axis so that it falls into such blocks.
    """
    n = weights.shape[axis]
    differ = np.any(np.diff(weights, axis=axis) != 0, axis=tuple({0, 1, 2} - {axis}))
    borders = 1 + np.flatnonzero(differ)
    found = []
    for length in range(1, n + 1):
        before = int(-borders[0] % length) if len(borders) else 0
        if not np.any((borders + before) % length):
            n_blocks = -(-(before + n) // length)
            found.append((n_blocks, length, before, n_blocks * length - before - n))
    return min(found)[1:]


def graph_lengths(graph: FeatureGraph, codes: str) -> str:
    """Add the lengths ``(N, 1, h, w)`` of codes ``(N, d, h, w)``, 0 replaced by a small number."""
    squares = graph.add("ReduceSum", graph.add("Mul", codes, codes), np.array([1]), keepdims=1)
    return graph.add("Sqrt", graph.add("Max", squares, np.array(np.finfo(np.float32).tiny)))


def graph_even(graph: FeatureGraph, own: str, mirrored: str) -> str:
    """Add the roots of the means of an image's and its mirror image's cells; see `take_roots`."""
    total = graph.add("Add", own, mirrored)
    return graph.add("Sqrt", graph.add("Mul", total, np.array(0.5, np.float32)))


def graph_odd(graph: FeatureGraph, own: str, mirrored: str) -> str:
    """Add half of the difference of the roots of an image's and its mirror image's cells; see `take_roots`."""
    difference = graph.add("Sub", graph.add("Sqrt", own), graph.add("Sqrt", mirrored))
    return graph.add("Mul", difference, np.array(0.5, np.float32))
